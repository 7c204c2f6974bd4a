//! Nothing that comes from the network, authenticated or not, can stop a live session.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::demux::{Class, classify};
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;
use proptest::prelude::*;
use support::media::{Frame, Track};
use support::room::{by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const ELSEWHERE: u16 = 2001;

/// A live session: the strategies below meet a transport with path, keys, a camera and its receiver.
fn live() -> (Network, Track) {
    let mut network = Network::new(4);
    network.connect(ALICE);
    network.connect(BOB);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]),
        )
        .unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, Some(21)))
        .unwrap();
    (network, Track::video(10))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_can_stop_a_live_session(
        datagrams in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 0..40),
        first in prop::sample::select(vec![0u8, 22, 128, 144, 160, 176]),
    ) {
        let (mut network, mut track) = live();
        for (validated, mut bytes) in datagrams {
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            network.inject(tuple(if validated { ALICE } else { ELSEWHERE }), bytes);
            network.step(millis(7));
        }
        still_works(&mut network, &mut track);
    }

    #[test]
    fn no_authenticated_rtp_can_stop_a_live_session(
        packets in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..60), any::<[u8; 2]>()), 0..40),
        from_alice in any::<bool>(),
    ) {
        let (mut network, mut track) = live();
        let port = if from_alice { ALICE } else { BOB };
        for (index, (body, [flags, kind])) in packets.into_iter().enumerate() {
            // SSRC 11 is the retransmission stream: its packets reach the unwrapping.
            let sequence = track.sequence + index as u64;
            let ssrc = 10 + u32::from(flags & 1);
            let payload_type = if kind & 3 == 0 { kind >> 1 } else { 96 + (flags & 1) };
            let mut packet = vec![0x80 | flags & 0x30, payload_type];
            packet.extend_from_slice(&(sequence as u16).to_be_bytes());
            packet.extend_from_slice(&[0, 0, 1, kind]);
            packet.extend_from_slice(&ssrc.to_be_bytes());
            packet.extend_from_slice(&body);
            if folkmoot_core::rtp::Header::parse(&packet).is_ok() {
                let sealed = network.peer(port).seal_rtp(&packet, sequence);
                network.inject(tuple(port), sealed);
            }
        }
        network.step(millis(3_000));
        track.sequence += 50;
        still_works(&mut network, &mut track);
    }

    #[test]
    fn no_authenticated_rtcp_can_stop_a_live_session(
        packets in prop::collection::vec((192u8..224, 0u8..32, prop::collection::vec(any::<[u8; 4]>(), 1..20)), 0..40),
        ssrcs in any::<bool>(),
    ) {
        let (mut network, mut track) = live();
        still_works(&mut network, &mut track);
        for (kind, count, mut words) in packets {
            if ssrcs {
                for word in words.iter_mut().take(3) {
                    *word = [0, 0, 0, 20];
                }
            }
            let mut packet = vec![0x80 | count, kind, 0, words.len() as u8];
            packet.extend(words.into_iter().flatten());
            prop_assert_eq!(classify(&packet), Class::Rtcp);
            let sealed = network.peer(BOB).seal_rtcp(&packet);
            network.inject(tuple(BOB), sealed);
            network.step(millis(3));
        }
        still_works(&mut network, &mut track);
    }
}

fn still_works(network: &mut Network, track: &mut Track) {
    let before = network.peer(BOB).got_of(20).len();
    let key = Frame {
        key: true,
        temporal: 0,
        packets: 2,
    };
    for packet in track.frame(network.peer(ALICE), key) {
        network.inject(tuple(ALICE), packet);
    }
    network.step(millis(5));
    assert_eq!(network.peer(BOB).got_of(20).len(), before + 2);
    assert_ne!(network.engine.next_timeout(), Time::FAR);
}
