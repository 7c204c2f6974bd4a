//! Datagrams on a connection: found however the bytes are cut, sent whole or not at all; and who may connect.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may fail this way"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use folkmoot_core::admission::{
    Admission, MAX_CONNECTIONS, MAX_STRANGERS, MAX_STRANGERS_OF_ADDRESS, Refusal,
};
use folkmoot_core::framing::{BACKLOG_BYTES, Backlog, Deframer, Garbage, MAX_DATAGRAM};
use proptest::collection::vec;
use proptest::prelude::*;

fn framed(datagrams: &[Vec<u8>]) -> Vec<u8> {
    let mut backlog = Backlog::default();
    for datagram in datagrams {
        assert!(backlog.push(datagram));
    }
    let mut bytes = Vec::new();
    while !backlog.is_empty() {
        bytes.extend_from_slice(backlog.front());
        backlog.sent(backlog.front().len());
    }
    bytes
}

fn found(deframer: &mut Deframer, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Garbage> {
    let mut found = Vec::new();
    deframer.feed(&mut bytes.to_vec(), |datagram| {
        found.push(datagram.to_vec())
    })?;
    Ok(found)
}

proptest! {
    #[test]
    fn datagrams_are_found_however_the_bytes_are_cut(
        datagrams in vec(vec(any::<u8>(), 0..=MAX_DATAGRAM), 1..6),
        cuts in vec(1..3000usize, 1..40),
    ) {
        let bytes = framed(&datagrams);
        let mut deframer = Deframer::default();
        let mut all = Vec::new();
        let (mut rest, mut cuts) = (&bytes[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            all.extend(found(&mut deframer, piece).unwrap());
            rest = after;
        }
        prop_assert_eq!(all, datagrams);
    }

    #[test]
    fn no_bytes_at_all_are_too_strange(pieces in vec(vec(any::<u8>(), 0..400), 0..20)) {
        let mut deframer = Deframer::default();
        for piece in pieces {
            match found(&mut deframer, &piece) {
                Ok(datagrams) => prop_assert!(datagrams.iter().all(|datagram| datagram.len() <= MAX_DATAGRAM)),
                Err(Garbage) => break,
            }
        }
    }
}

#[test]
fn one_byte_at_a_time_is_enough() {
    let datagrams = vec![vec![1; 300], vec![], vec![2; 1]];
    let mut deframer = Deframer::default();
    let all: Vec<_> = framed(&datagrams)
        .iter()
        .flat_map(|byte| found(&mut deframer, &[*byte]).unwrap())
        .collect();
    assert_eq!(all, datagrams);
}

#[test]
fn a_length_no_datagram_of_ours_has_is_garbage_wherever_it_comes() {
    let too_long = u16::try_from(MAX_DATAGRAM + 1).unwrap().to_be_bytes();
    assert_eq!(found(&mut Deframer::default(), &too_long), Err(Garbage));
    assert_eq!(
        found(&mut Deframer::default(), b"GET / HTTP/1.1\r\n"),
        Err(Garbage)
    );
    let mut cut = Deframer::default();
    assert_eq!(found(&mut cut, &too_long[..1]), Ok(vec![]));
    assert_eq!(found(&mut cut, &too_long[1..]), Err(Garbage));
    let mut later = Deframer::default();
    assert_eq!(found(&mut later, &[0, 1, 7, 0xff, 0xff, 0]), Err(Garbage));
}

#[test]
fn a_peer_that_does_not_read_misses_whole_datagrams() {
    let mut backlog = Backlog::default();
    let datagram = [9; 1000];
    let taken = (0..1000).filter(|_| backlog.push(&datagram)).count();
    assert_eq!(taken, BACKLOG_BYTES / 1002);
    backlog.sent(300);
    assert!(
        !backlog.push(&datagram),
        "half a frame makes no room for one"
    );
    backlog.sent(702);
    assert!(backlog.push(&[7; 1000]));
    let mut rest = Vec::new();
    while !backlog.is_empty() {
        rest.extend_from_slice(backlog.front());
        backlog.sent(backlog.front().len());
    }
    let datagrams = found(&mut Deframer::default(), &rest).unwrap();
    assert_eq!(datagrams.len(), taken, "every frame is whole");
    assert_eq!(datagrams.last(), Some(&vec![7; 1000]));
    assert!(
        !backlog.push(&vec![0; 70_000]),
        "longer than a length can say"
    );
}

fn v4(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

#[test]
fn one_address_cannot_keep_others_out() {
    let mut admission = Admission::default();
    for _ in 0..MAX_STRANGERS_OF_ADDRESS {
        assert_eq!(admission.admit(v4(1)), Ok(()));
    }
    assert_eq!(admission.admit(v4(1)), Err(Refusal::Address));
    assert_eq!(admission.admit(v4(2)), Ok(()));
    admission.introduce(v4(1));
    assert_eq!(
        admission.admit(v4(1)),
        Ok(()),
        "who is known counts no more"
    );
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one_party() {
    let mut admission = Admission::default();
    let address = |low: u128| IpAddr::from(Ipv6Addr::from_bits((0x2001_0db8 << 96) | low));
    for low in 0..MAX_STRANGERS_OF_ADDRESS {
        assert_eq!(admission.admit(address(low as u128)), Ok(()));
    }
    assert_eq!(admission.admit(address(1 << 63)), Err(Refusal::Address));
    assert_eq!(admission.admit(address(1 << 64)), Ok(()));
}

#[test]
fn there_are_only_so_many_strangers_and_so_many_connections() {
    let mut admission = Admission::default();
    let addresses = || (0..=255u8).flat_map(|last| std::iter::repeat_n(v4(last), 8));
    let strangers = addresses().filter(|address| admission.admit(*address).is_ok());
    assert_eq!(strangers.count(), MAX_STRANGERS);
    assert_eq!(admission.admit(v4(255)), Err(Refusal::Full));
    for address in addresses().take(MAX_STRANGERS) {
        admission.introduce(address);
    }
    let mut known = MAX_STRANGERS;
    while admission.admit(v4(7)).is_ok() {
        admission.introduce(v4(7));
        known += 1;
    }
    assert_eq!(known, MAX_CONNECTIONS);
    for _ in 0..known {
        admission.leave();
    }
    assert!(
        admission.is_empty(),
        "nothing is remembered of who has left"
    );
}
