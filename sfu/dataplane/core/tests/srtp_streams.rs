//! What a context accepts, refuses and remembers, for every profile.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use folkmoot_core::srtp::{Inbound, MAX_STREAMS, Outbound, Profile, ReplayWindow, SrtpError};
use proptest::prelude::*;
use std::collections::HashSet;

const SSRC: u32 = 0x1122_3344;

fn pair(profile: Profile) -> (Outbound, Inbound) {
    let master: Vec<u8> = (0..profile.master_length())
        .map(|byte| byte as u8)
        .collect();
    (
        Outbound::new(profile, &master).unwrap(),
        Inbound::new(profile, &master).unwrap(),
    )
}

fn rtp(ssrc: u32, ext_seq: u64, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend((ext_seq as u16).to_be_bytes());
    packet.extend(7u32.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet
}

fn protect(outbound: &mut Outbound, packet: &[u8], ext_seq: u64) -> Vec<u8> {
    let mut buffer = [packet, &[0; Profile::MAX_OVERHEAD]].concat();
    let length = outbound
        .protect_rtp(&mut buffer, packet.len(), ext_seq)
        .unwrap();
    buffer.truncate(length);
    buffer
}

fn protect_rtcp(outbound: &mut Outbound, packet: &[u8]) -> Vec<u8> {
    let mut buffer = [packet, &[0; Profile::MAX_OVERHEAD]].concat();
    let length = outbound.protect_rtcp(&mut buffer, packet.len()).unwrap();
    buffer.truncate(length);
    buffer
}

fn send(
    outbound: &mut Outbound,
    inbound: &mut Inbound,
    ssrc: u32,
    ext_seq: u64,
) -> Result<(), SrtpError> {
    let plain = rtp(ssrc, ext_seq, b"payload");
    let mut packet = protect(outbound, &plain, ext_seq);
    let length = inbound.unprotect_rtp(&mut packet)?;
    assert_eq!(packet[..length], plain);
    Ok(())
}

#[test]
fn a_second_copy_of_a_packet_is_a_replay() {
    for profile in Profile::ALL {
        let (mut outbound, mut inbound) = pair(profile);
        let packet = protect(&mut outbound, &rtp(SSRC, 5, b"once"), 5);
        assert!(inbound.unprotect_rtp(&mut packet.clone()).is_ok());
        assert_eq!(
            inbound.unprotect_rtp(&mut packet.clone()),
            Err(SrtpError::Replay)
        );
        let packet = protect_rtcp(&mut outbound, &rtcp(SSRC));
        assert!(inbound.unprotect_rtcp(&mut packet.clone()).is_ok());
        assert_eq!(
            inbound.unprotect_rtcp(&mut packet.clone()),
            Err(SrtpError::Replay)
        );
    }
}

#[test]
fn the_window_takes_late_packets_up_to_its_size_and_none_behind() {
    let (mut outbound, mut inbound) = pair(Profile::Aead128Gcm);
    let top = 5000;
    send(&mut outbound, &mut inbound, SSRC, top).unwrap();
    send(
        &mut outbound,
        &mut inbound,
        SSRC,
        top - ReplayWindow::SIZE + 1,
    )
    .unwrap();
    assert_eq!(
        send(&mut outbound, &mut inbound, SSRC, top - ReplayWindow::SIZE),
        Err(SrtpError::TooOld)
    );
}

#[test]
fn the_rollover_counter_follows_through_loss_and_reordering_at_the_wrap() {
    for profile in Profile::ALL {
        let (mut outbound, mut inbound) = pair(profile);
        send(&mut outbound, &mut inbound, SSRC, 0x7f00).unwrap();
        send(&mut outbound, &mut inbound, SSRC, 0xfff0).unwrap();
        for ext_seq in [
            0x1_0003, 0xffff, 0x1_0000, 0xfffe, 0x1_7000, 0x1_e000, 0x2_0001, 0x1_ffff,
        ] {
            send(&mut outbound, &mut inbound, SSRC, ext_seq).unwrap();
        }
    }
}

#[test]
fn a_forged_packet_leaves_no_trace() {
    for profile in Profile::ALL {
        let (mut outbound, mut inbound) = pair(profile);
        for ssrc in 0..2 * MAX_STREAMS as u32 {
            let mut forged = rtp(ssrc, 40_000, &[0; 40]);
            assert_eq!(
                inbound.unprotect_rtp(&mut forged),
                Err(SrtpError::Authentication)
            );
        }
        send(&mut outbound, &mut inbound, SSRC, 1).unwrap();
        let mut forged = rtp(SSRC, 30_000, &[0; 40]);
        assert_eq!(
            inbound.unprotect_rtp(&mut forged),
            Err(SrtpError::Authentication)
        );
        send(&mut outbound, &mut inbound, SSRC, 2).unwrap();
    }
}

#[test]
fn a_transport_holds_a_bounded_number_of_sources_and_forgets_those_that_ended() {
    let (mut outbound, mut inbound) = pair(Profile::Aead128Gcm);
    for ssrc in 0..MAX_STREAMS as u32 {
        send(&mut outbound, &mut inbound, ssrc, 1).unwrap();
    }
    assert_eq!(
        send(&mut outbound, &mut inbound, SSRC, 1),
        Err(SrtpError::TooManySsrcs)
    );
    inbound.forget(3);
    send(&mut outbound, &mut inbound, SSRC, 1).unwrap();
    send(&mut outbound, &mut inbound, 4, 2).unwrap();
    assert_eq!(
        send(&mut outbound, &mut inbound, 4, 1),
        Err(SrtpError::Replay)
    );
}

#[test]
fn rtcp_without_encryption_is_refused() {
    for profile in Profile::ALL {
        let (mut outbound, mut inbound) = pair(profile);
        let mut packet = protect_rtcp(&mut outbound, &rtcp(SSRC));
        let word = if profile == Profile::Aes128CmSha1_80 {
            rtcp(SSRC).len()
        } else {
            packet.len() - 4
        };
        packet[word] &= 0x7f;
        assert_eq!(
            inbound.unprotect_rtcp(&mut packet),
            Err(SrtpError::Unencrypted)
        );
    }
}

#[test]
fn protecting_without_room_or_without_a_packet_is_refused() {
    for profile in Profile::ALL {
        let (mut outbound, _) = pair(profile);
        let mut buffer = rtp(SSRC, 1, b"x");
        let length = buffer.len();
        assert_eq!(
            outbound.protect_rtp(&mut buffer, length, 1),
            Err(SrtpError::NoRoom)
        );
        assert_eq!(
            outbound.protect_rtcp(&mut buffer, length),
            Err(SrtpError::NoRoom)
        );
        assert_eq!(
            outbound.protect_rtp(&mut [0x80; 40], 11, 0x8080),
            Err(SrtpError::TooShort)
        );
        assert_eq!(
            outbound.protect_rtp(&mut [0; 40], 12, 0),
            Err(SrtpError::Malformed)
        );
        assert_eq!(
            outbound.protect_rtp(&mut buffer, 12, 1 << 48),
            Err(SrtpError::KeyExhausted)
        );
    }
}

#[test]
fn a_byte_identical_retransmission_is_allowed() {
    let (mut outbound, _) = pair(Profile::Aead256Gcm);
    let packet = rtp(SSRC, 9, b"same");
    assert_eq!(
        protect(&mut outbound, &packet, 9),
        protect(&mut outbound, &packet, 9)
    );
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "two different packets")]
fn one_index_for_two_different_packets_is_caught_in_debug_builds() {
    let (mut outbound, _) = pair(Profile::Aead256Gcm);
    protect(&mut outbound, &rtp(SSRC, 9, b"one"), 9);
    protect(&mut outbound, &rtp(SSRC, 9, b"two"), 9);
}

fn profiles() -> impl Strategy<Value = Profile> {
    prop::sample::select(Profile::ALL.to_vec())
}

proptest! {
    #[test]
    fn what_is_protected_comes_back(
        profile in profiles(),
        ssrc: u32,
        ext_seq in 0u64..1 << 15,
        payload in prop::collection::vec(any::<u8>(), 0..1400),
        csrcs in 0u8..16,
        extension in prop::option::of(0u8..5),
    ) {
        let (mut outbound, mut inbound) = pair(profile);
        let mut plain = rtp(ssrc, ext_seq, &vec![0xcc; usize::from(csrcs) * 4]);
        plain[0] |= csrcs;
        if let Some(words) = extension {
            plain[0] |= 0x10;
            plain.extend([0xbe, 0xde, 0, words]);
            plain.extend(vec![0; usize::from(words) * 4]);
        }
        let header = plain.len();
        plain.extend(&payload);
        let mut packet = protect(&mut outbound, &plain, ext_seq);
        prop_assert_eq!(&packet[..header], &plain[..header]);
        prop_assert_eq!(packet.len(), plain.len() + profile.rtp_overhead());
        let length = inbound.unprotect_rtp(&mut packet).unwrap();
        prop_assert_eq!(&packet[..length], &plain[..]);
    }

    #[test]
    fn one_flipped_bit_anywhere_is_noticed(profile in profiles(), at: prop::sample::Index, bit in 0u8..8) {
        let (mut outbound, mut inbound) = pair(profile);
        let mut packet = protect(&mut outbound, &rtp(SSRC, 77, &[1; 50]), 77);
        let at = at.index(packet.len());
        packet[at] ^= 1 << bit;
        prop_assert!(inbound.unprotect_rtp(&mut packet).is_err());
        let mut packet = protect_rtcp(&mut outbound, &[rtcp(SSRC), vec![1; 40]].concat());
        let at = at % packet.len();
        packet[at] ^= 1 << bit;
        prop_assert!(inbound.unprotect_rtcp(&mut packet).is_err());
    }

    #[test]
    fn any_bytes_at_all_are_refused_without_panic(
        profile in profiles(),
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (_, mut inbound) = pair(profile);
        prop_assert!(inbound.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(inbound.unprotect_rtcp(&mut bytes).is_err());
    }

    #[test]
    fn the_window_answers_as_a_set_of_everything_seen_would(steps in prop::collection::vec(0u64..6000, 1..200)) {
        let first = 3000;
        let mut window = ReplayWindow::starting_at(first);
        let mut seen = HashSet::from([first]);
        let mut highest = first;
        for index in steps {
            let expected = if index + ReplayWindow::SIZE <= highest {
                Err(SrtpError::TooOld)
            } else if seen.contains(&index) {
                Err(SrtpError::Replay)
            } else {
                Ok(())
            };
            prop_assert_eq!(window.check(index), expected);
            if expected.is_ok() {
                window.accept(index);
                seen.insert(index);
                highest = highest.max(index);
            }
        }
    }

    #[test]
    fn reordered_lossy_streams_decrypt_across_wraps(profile in profiles(), jumps in prop::collection::vec(1i64..9000, 20)) {
        let (mut outbound, mut inbound) = pair(profile);
        let mut top = 100i64;
        send(&mut outbound, &mut inbound, SSRC, top as u64).unwrap();
        for jump in jumps {
            top += jump;
            send(&mut outbound, &mut inbound, SSRC, top as u64).unwrap();
            let late = top - jump.min(ReplayWindow::SIZE as i64) / 2;
            if late != top && late != top - jump {
                send(&mut outbound, &mut inbound, SSRC, late as u64).unwrap();
            }
        }
    }
}
