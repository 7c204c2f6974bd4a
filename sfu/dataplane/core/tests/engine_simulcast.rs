//! Finding a producer's encodings, choosing among them, switching between them.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::id::{ConsumerId, Mid};
use folkmoot_core::io::{Command, Event, LayerReason};
use folkmoot_core::spec::{Encoding, Kind};
use folkmoot_core::time::Ntp;
use support::media::{Frame, MID_ID, RID_ID, RRID_ID, Track, VP8_RTX, read_vp8};
use support::room::{by_rid, by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const KEY: Frame = Frame {
    key: true,
    temporal: 0,
    packets: 2,
};
const DELTA: Frame = Frame {
    key: false,
    temporal: 0,
    packets: 2,
};
const RIDS: [&str; 3] = ["q", "h", "f"];

/// Alice sends three encodings, known by RID alone; Bob prefers the highest.
fn simulcast() -> (Network, [Track; 3]) {
    let mut network = Network::new(3);
    network.connect(ALICE);
    network.connect(BOB);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Video, "0", RIDS.map(by_rid).to_vec()),
        )
        .unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, Some(21)))
        .unwrap();
    let track = |index: u32| {
        Track::video(10 + index)
            .with(MID_ID, b"0")
            .with(RID_ID, RIDS[index as usize].as_bytes())
    };
    (network, [track(0), track(1), track(2)])
}

/// One frame of some encodings; a key frame where one was asked for.
fn send(network: &mut Network, tracks: &mut [Track], which: &[usize]) {
    for index in which {
        let track = &mut tracks[*index];
        let asked = network
            .peer(ALICE)
            .heard
            .plis
            .iter()
            .any(|(ssrc, _)| *ssrc == track.ssrc);
        network
            .peer(ALICE)
            .heard
            .plis
            .retain(|(ssrc, _)| *ssrc != track.ssrc);
        for packet in track.frame(network.peer(ALICE), if asked { KEY } else { DELTA }) {
            network.send(tuple(ALICE), packet);
        }
    }
    network.step(millis(33));
}

fn layers(network: &mut Network) -> Vec<(i8, LayerReason)> {
    let changes = network.events.drain(..).filter_map(|event| match event {
        Event::LayersChanged {
            spatial, reason, ..
        } => Some((spatial, reason)),
        _ => None,
    });
    changes.collect()
}

fn source(network: &mut Network) -> u32 {
    read_vp8(&network.peer(BOB).got_of(20).last().unwrap().payload)
        .4
        .0
}

fn assert_continuous(network: &mut Network) {
    let got = network.peer(BOB).got_of(20);
    assert!(!got.is_empty());
    for pair in got.windows(2) {
        let (before, after) = (read_vp8(&pair[0].payload), read_vp8(&pair[1].payload));
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step == 0 || (step as i32) > 0, "timestamps only grow");
        assert_eq!(step == 0, after.0 == before.0, "one timestamp to a picture");
        assert!((after.0.wrapping_sub(before.0) & 0x7fff) <= 1);
        assert!(after.1.wrapping_sub(before.1) <= 1);
    }
}

#[test]
fn encodings_are_found_by_mid_and_rid_and_kept_without() {
    let (mut network, mut tracks) = simulcast();
    send(&mut network, &mut tracks, &[0, 1, 2]);
    for track in &mut tracks {
        track.extensions.clear();
    }
    for _ in 0..5 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    let statistics = network.statistics();
    let streams = &statistics.producers[0].1.streams;
    let found: Vec<_> = streams
        .iter()
        .map(|stream| (stream.ssrc, stream.received.packets))
        .collect();
    assert_eq!(found, vec![(Some(10), 12), (Some(11), 12), (Some(12), 12)]);
}

#[test]
fn a_retransmission_may_be_the_first_that_is_seen_of_an_encoding() {
    let (mut network, mut tracks) = simulcast();
    tracks[1].frame(network.peer(ALICE), KEY);
    let lost = tracks[1].sequence as u16 - 1;
    network.peer(ALICE).rtx.insert(11, (31, VP8_RTX));
    let first = network
        .peer(ALICE)
        .history
        .get(&(11, lost))
        .unwrap()
        .clone();
    let mut renamed = first.clone();
    // The repaired RID stands where the RID stood.
    let at = renamed
        .windows(2)
        .position(|pair| pair == [RID_ID << 4, b'h'])
        .unwrap();
    renamed[at] = RRID_ID << 4;
    network.peer(ALICE).history.insert((11, lost), renamed);
    let repair = network.peer(ALICE).retransmit(11, lost).unwrap();
    network.send(tuple(ALICE), repair);
    send(&mut network, &mut tracks, &[1]);
    network.peer(ALICE).history.insert((11, lost), first);
    send(&mut network, &mut tracks, &[1]);
    assert_eq!(
        network
            .statistics()
            .transports
            .iter()
            .map(|(_, each)| each.ssrcs)
            .max(),
        Some(2)
    );
}

#[test]
fn a_consumer_starts_with_what_there_is_and_climbs() {
    let (mut network, mut tracks) = simulcast();
    for _ in 0..30 {
        send(&mut network, &mut tracks, &[0]);
    }
    assert_eq!(layers(&mut network), vec![(0, LayerReason::Available)]);
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1]);
    }
    assert_eq!(layers(&mut network), vec![(1, LayerReason::Available)]);
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(layers(&mut network), vec![(2, LayerReason::Available)]);
    assert_eq!(source(&mut network), 12);
    assert_continuous(&mut network);
}

#[test]
fn preferred_layers_are_followed_down_and_up_at_key_frames() {
    let (mut network, mut tracks) = simulcast();
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    layers(&mut network);
    for (spatial, ssrc) in [(0, 10), (2, 12), (1, 11)] {
        network
            .execute(Command::SetLayers {
                consumer: ConsumerId(1),
                spatial,
                temporal: 2,
            })
            .unwrap();
        for _ in 0..40 {
            send(&mut network, &mut tracks, &[0, 1, 2]);
        }
        assert_eq!(source(&mut network), ssrc);
        assert_eq!(
            layers(&mut network),
            vec![(spatial as i8, LayerReason::Requested)]
        );
    }
    assert_continuous(&mut network);
}

#[test]
fn an_encoding_that_falls_silent_is_left_and_taken_up_again() {
    let (mut network, mut tracks) = simulcast();
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    layers(&mut network);
    for _ in 0..80 {
        send(&mut network, &mut tracks, &[0, 1]);
    }
    assert_eq!(layers(&mut network), vec![(1, LayerReason::Unavailable)]);
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(layers(&mut network), vec![(2, LayerReason::Available)]);
    assert_continuous(&mut network);
}

#[test]
fn a_switch_keeps_to_the_senders_clock() {
    let (mut network, mut tracks) = simulcast();
    network
        .execute(Command::SetLayers {
            consumer: ConsumerId(1),
            spatial: 0,
            temporal: 2,
        })
        .unwrap();
    for round in 0..120u64 {
        if round == 60 {
            network
                .execute(Command::SetLayers {
                    consumer: ConsumerId(1),
                    spatial: 2,
                    temporal: 2,
                })
                .unwrap();
            // A pause before the switch arrives late, all at once: only the sender's clock knows the true distance.
            network.up.delay_ms = 90;
        }
        if round % 20 == 5 {
            for track in &tracks {
                let (ssrc, timestamp) = (track.ssrc, track.timestamp);
                let ntp = Ntp::from_unix(millis(1_000_000))
                    + std::time::Duration::from_nanos(round * 33_333_333);
                network.send_by(ALICE, |peer| peer.sender_report(ssrc, ntp, timestamp));
            }
        }
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut network), 12);
    let mut steps: Vec<_> = network
        .peer(BOB)
        .got_of(20)
        .windows(2)
        .map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp))
        .filter(|step| *step != 0)
        .collect();
    steps.sort_unstable();
    assert!(
        *steps.last().unwrap() <= 6010,
        "no jump over the switch: {steps:?}"
    );
    assert_continuous(&mut network);
}

#[test]
fn temporal_layers_above_the_preferred_are_left_out_and_the_numbers_close() {
    let mut network = Network::new(3);
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
    let mut track = Track::video(10);
    let run = |network: &mut Network, track: &mut Track, first: bool| {
        for number in 0..16 {
            let temporal = [0, 2, 1, 2][number % 4];
            let frame = Frame {
                key: first && number == 0,
                temporal,
                packets: 2,
            };
            for packet in track.frame(network.peer(ALICE), frame) {
                network.send(tuple(ALICE), packet);
            }
            network.step(millis(33));
        }
        let got = std::mem::take(&mut network.peer(BOB).got);
        let layers: Vec<_> = got.iter().map(|got| read_vp8(&got.payload).2).collect();
        let all = [0, 1, 2].map(|layer| layers.iter().filter(|each| **each == layer).count());
        (got, all)
    };
    let mut everything = Vec::new();
    for (temporal, expected) in [
        (2, [8, 8, 16]),
        (1, [8, 8, 0]),
        (0, [8, 0, 0]),
        (2, [8, 8, 16]),
    ] {
        let first = everything.is_empty();
        network
            .execute(Command::SetLayers {
                consumer: ConsumerId(1),
                spatial: 0,
                temporal,
            })
            .unwrap();
        let (got, counts) = run(&mut network, &mut track, first);
        assert_eq!(counts, expected, "up to layer {temporal}");
        everything.extend(got);
    }
    network.peer(BOB).got = everything;
    assert_continuous(&mut network);
}

#[test]
fn an_encoding_that_comes_back_under_another_ssrc_goes_on() {
    let (mut network, mut tracks) = simulcast();
    for _ in 0..40 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    tracks[2] = Track {
        ssrc: 77,
        extensions: tracks[2].extensions.clone(),
        ..Track::video(77)
    };
    for _ in 0..60 {
        send(&mut network, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut network), 77);
    assert_continuous(&mut network);
}

#[test]
fn ambiguous_producers_are_refused() {
    let (mut network, _) = simulcast();
    let same_mid = producer_spec(Kind::Video, "0", vec![by_ssrc(50, None)]);
    assert_eq!(
        network.produce(ALICE, 2, same_mid).unwrap_err().code(),
        "CONFLICT"
    );
    let same_rid = producer_spec(Kind::Video, "1", vec![by_rid("a"), by_rid("a")]);
    assert_eq!(
        network.produce(ALICE, 2, same_rid).unwrap_err().code(),
        "CONFLICT"
    );
    let mut nameless = producer_spec(
        Kind::Video,
        "1",
        vec![Encoding::default(), by_ssrc(60, None)],
    );
    assert_eq!(
        network
            .produce(ALICE, 2, nameless.clone())
            .unwrap_err()
            .code(),
        "VALIDATION"
    );
    nameless.encodings.clear();
    assert_eq!(
        network.produce(ALICE, 2, nameless).unwrap_err().code(),
        "VALIDATION"
    );
    let mut other = consumer_spec(Kind::Audio, 90, None);
    other.mid = Mid::new("z").unwrap();
    assert_eq!(
        network.consume(BOB, 2, 1, other).unwrap_err().code(),
        "VALIDATION"
    );
}
