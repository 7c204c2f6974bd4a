//! Transport-wide feedback: fixtures by hand, round trips, the caps.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::id::Ssrc;
use folkmoot_core::rtcp::twcc::{Feedback, MAX_STATUSES, Status, Twcc, write};
use folkmoot_core::rtcp::{Compound, Packet, RtcpError};
use folkmoot_core::time::Time;
use proptest::prelude::*;

const HEAD: Feedback = Feedback {
    sender: Ssrc(1),
    media: Ssrc(2),
    base: 100,
    count: 7,
};

fn parse(bytes: &[u8]) -> Result<Twcc<'_>, RtcpError> {
    let mut packets = Compound::parse(bytes)?;
    match packets.next().unwrap()? {
        Packet::Twcc(twcc) => Ok(twcc),
        other => panic!("{other:?}"),
    }
}

/// A feedback made of its raw parts; `tail` is chunks and deltas.
fn feedback(status_count: u16, reference: u32, tail: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x8f\xcd\0\0\0\0\0\x01\0\0\0\x02\0\x64".to_vec();
    bytes.extend_from_slice(&status_count.to_be_bytes());
    bytes.extend_from_slice(&(reference << 8 | 7).to_be_bytes());
    bytes.extend_from_slice(tail);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let words = (bytes.len() / 4 - 1) as u16;
    bytes[2..4].copy_from_slice(&words.to_be_bytes());
    bytes
}

fn arrivals(twcc: &Twcc<'_>) -> Vec<Option<i64>> {
    twcc.statuses().map(|status| status.arrival).collect()
}

fn chunks_of(arrivals: &[Option<Time>]) -> Vec<u16> {
    let mut bytes = Vec::new();
    write(&mut bytes, &HEAD, arrivals);
    let twcc = parse(&bytes).unwrap();
    let received = arrivals.iter().flatten().count();
    assert_eq!(
        twcc.statuses()
            .filter(|status| status.arrival.is_some())
            .count(),
        received
    );
    let pairs = bytes[20..].as_chunks::<2>().0.iter();
    let mut left = arrivals.len() as i32;
    let mut chunks = Vec::new();
    for pair in pairs {
        if left <= 0 {
            break;
        }
        let chunk = u16::from_be_bytes(*pair);
        left -= match chunk >> 14 {
            0 | 1 => i32::from(chunk & 0x1fff),
            2 => 14,
            _ => 7,
        };
        chunks.push(chunk);
    }
    chunks
}

fn at(millis: u64) -> Option<Time> {
    Some(Time::from_millis(millis))
}

#[test]
fn a_run_a_one_bit_and_a_two_bit_vector_are_read_in_turn() {
    // Three small deltas in a run; 1, 0, 1 and nothing in a vector of one bit; large and small in one of two bits.
    let tail = b"\x20\x03\xa8\0\xe4\0\x04\x08\x0c\x10\x14\xff\xf0\x01";
    let bytes = feedback(3 + 14 + 2, 2, tail);
    let twcc = parse(&bytes).unwrap();
    assert_eq!(
        (twcc.sender, twcc.media, twcc.base),
        (Ssrc(1), Ssrc(2), 100)
    );
    assert_eq!((twcc.feedback_count, twcc.reference), (7, 2));
    let mut expected = vec![
        Some(129_000),
        Some(131_000),
        Some(134_000),
        Some(138_000),
        None,
        Some(143_000),
    ];
    expected.resize(17, None);
    expected.extend([Some(139_000), Some(139_250)]);
    assert_eq!(arrivals(&twcc), expected);
}

#[test]
fn it_is_never_taken_for_a_nack() {
    let bytes = feedback(1, 0, b"\x20\x01\x04\0");
    let packet = Compound::parse(&bytes).unwrap().next().unwrap().unwrap();
    assert!(matches!(packet, Packet::Twcc(_)), "{packet:?}");
}

#[test]
fn sequence_numbers_and_signed_reference_times_wrap() {
    let mut bytes = feedback(3, 0xff_ffff, b"\x20\x03\0\0\0\0");
    bytes[12..14].copy_from_slice(&[0xff, 0xff]);
    let twcc = parse(&bytes).unwrap();
    let statuses: Vec<_> = twcc.statuses().collect();
    let expected = [0xffff, 0, 1].map(|sequence| Status {
        sequence,
        arrival: Some(-64_000),
    });
    assert_eq!(statuses, expected);
}

#[test]
fn missing_chunks_or_deltas_are_refused() {
    for (count, tail) in [
        (1, &b""[..]),
        (15, b"\xbf\xff\0\0"),
        (5, b"\x20\x05\0\0"),
        (3, b"\x40\x03\0\0"),
    ] {
        let bytes = feedback(count, 0, tail);
        assert_eq!(parse(&bytes).unwrap_err(), RtcpError::TooShort, "{tail:x?}");
    }
}

#[test]
fn a_status_that_is_not_defined_is_refused() {
    assert_eq!(
        parse(&feedback(1, 0, b"\x60\x01\0\0")).unwrap_err(),
        RtcpError::Invalid
    );
    assert_eq!(
        parse(&feedback(7, 0, b"\xc0\x03\0\0")).unwrap_err(),
        RtcpError::Invalid
    );
}

#[test]
fn empty_runs_are_stepped_over() {
    let bytes = feedback(1, 0, b"\0\0\0\0\x20\x01\x04");
    assert_eq!(arrivals(&parse(&bytes).unwrap()), [Some(1_000)]);
}

#[test]
fn few_bytes_that_claim_many_statuses_are_read_up_to_the_cap() {
    let bytes = feedback(u16::MAX, 0, &[0x1f, 0xff].repeat(9));
    assert_eq!(parse(&bytes).unwrap().statuses().count(), MAX_STATUSES);
}

#[test]
fn equal_statuses_are_written_as_a_run() {
    let regular: Vec<_> = (0..100).map(|index| at(1_000 + index)).collect();
    assert_eq!(chunks_of(&regular), [0x2000 | 100]);
}

#[test]
fn losses_among_small_deltas_are_written_as_one_bit_vectors() {
    let mut mixed: Vec<_> = (0..20).map(|index| at(1_000 + index)).collect();
    mixed[3] = None;
    assert_eq!(chunks_of(&mixed), [0xbbff, 0x2006]);
}

#[test]
fn large_deltas_among_small_ones_are_written_as_two_bit_vectors() {
    let times = [1_000, 1_001, 1_100, 1_050, 1_051, 1_052, 1_053, 1_054];
    let chunks = chunks_of(&times.map(at));
    assert_eq!(chunks, [0b11_01_01_10_10_01_01_01, 0x2001]);
}

#[test]
fn arrivals_too_far_apart_are_left_for_the_next_feedback() {
    let mut bytes = Vec::new();
    let arrivals = [at(1_000), None, at(20_000), at(20_001)];
    assert_eq!(write(&mut bytes, &HEAD, &arrivals), 2);
    bytes.clear();
    assert_eq!(write(&mut bytes, &HEAD, &arrivals[2..]), 2);
}

#[test]
fn more_arrivals_than_the_cap_are_left_for_the_next_feedback() {
    let mut bytes = Vec::new();
    let arrivals = vec![at(5); MAX_STATUSES + 10];
    assert_eq!(write(&mut bytes, &HEAD, &arrivals), MAX_STATUSES);
    assert_eq!(parse(&bytes).unwrap().statuses().count(), MAX_STATUSES);
}

#[test]
fn nothing_is_written_when_nothing_arrived() {
    let mut bytes = Vec::new();
    assert_eq!(write(&mut bytes, &HEAD, &[None; 20]), 0);
    assert!(bytes.is_empty());
}

/// Arrivals in bursts, with losses, pauses and some that overtake others.
fn traffic() -> impl Strategy<Value = Vec<Option<Time>>> {
    let step = prop_oneof![
        8 => (0i64..2_000).prop_map(Some),
        2 => (-5_000i64..100_000).prop_map(Some),
        1 => (-1_000_000i64..4_000_000).prop_map(Some),
        3 => Just(None),
    ];
    let runs = proptest::collection::vec((step, 1usize..30), 1..60);
    (0u64..1 << 38, runs).prop_map(|(start, runs)| {
        let steps = runs
            .into_iter()
            .flat_map(|(step, times)| std::iter::repeat_n(step, times));
        let mut clock = start;
        steps
            .map(|step| {
                clock = clock.saturating_add_signed(step?);
                Some(Time::from_micros(clock))
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn arrivals_are_read_as_written_to_a_quarter_millisecond(traffic in traffic(), base: u16) {
        let mut rest = &traffic[..];
        let mut next = base;
        while rest.iter().any(Option::is_some) {
            let mut bytes = Vec::new();
            let covered = write(&mut bytes, &Feedback { base: next, ..HEAD }, rest);
            prop_assert!(covered > 0);
            let twcc = parse(&bytes).unwrap();
            let expected = rest[..covered].iter().zip(0..).map(|(arrival, index): (_, u16)| Status {
                sequence: next.wrapping_add(index),
                arrival: arrival.map(|time| time.as_micros() as i64 / 250 * 250),
            });
            prop_assert!(twcc.statuses().eq(expected));
            next = next.wrapping_add(covered as u16);
            rest = &rest[covered..];
        }
    }
}
