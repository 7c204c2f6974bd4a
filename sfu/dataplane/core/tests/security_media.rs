//! Media from somebody who is in the room and lies: about whose packets they are, how many there are and how fast.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::id::{PayloadType, Ssrc};
use folkmoot_core::rtp::Fields;
use folkmoot_core::spec::{Encoding, Kind};
use support::media::{Frame, MID_ID, OPUS, RID_ID, Track, VP8};
use support::room::{by_rid, by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const MALLORY: u16 = 1003;
const KEY: Frame = Frame {
    key: true,
    temporal: 0,
    packets: 2,
};

/// Alice talks (SSRC 10) and shows herself (12), and so does Mallory (30, 32); Bob gets all of it (20, 22, 24, 26).
fn room() -> Network {
    let mut network = Network::new(4);
    for port in [ALICE, BOB, MALLORY] {
        network.connect(port);
    }
    for (index, (port, ssrc)) in [(ALICE, 10), (MALLORY, 30)].into_iter().enumerate() {
        let (first, shown) = (index as u32 * 2 + 1, 20 + index as u32 * 4);
        let voice = producer_spec(Kind::Audio, "0", vec![by_ssrc(ssrc, None)]);
        let camera = producer_spec(Kind::Video, "1", vec![by_ssrc(ssrc + 2, None)]);
        network.produce(port, first, voice).unwrap();
        network.produce(port, first + 1, camera).unwrap();
        let heard = consumer_spec(Kind::Audio, shown, None);
        let seen = consumer_spec(Kind::Video, shown + 2, None);
        network.consume(BOB, first, first, heard).unwrap();
        network.consume(BOB, first + 1, first + 1, seen).unwrap();
    }
    network
}

fn speak(network: &mut Network, port: u16, track: &mut Track) {
    network.send_by(port, |peer| track.sound(peer));
    network.step(millis(20));
}

fn heard(network: &mut Network, ssrc: u32) -> usize {
    network.peer(BOB).got_of(ssrc).len()
}

fn dropped(network: &mut Network, reason: DropReason) -> u64 {
    network.statistics().drops.get(reason)
}

#[test]
fn case_26_an_ssrc_of_somebody_else_is_unknown_on_ones_own_transport() {
    let mut network = room();
    let mut stolen = Track::audio(10);
    for _ in 0..50 {
        speak(&mut network, MALLORY, &mut stolen);
    }
    assert_eq!(heard(&mut network, 20), 0, "nothing under Alice's name");
    assert_eq!(dropped(&mut network, DropReason::RtpUnknownStream), 50);
    speak(&mut network, ALICE, &mut Track::audio(10));
    assert_eq!(heard(&mut network, 20), 1, "Alice herself is heard");
}

#[test]
fn case_26_two_people_with_the_same_ssrc_by_chance_are_both_heard() {
    let mut network = room();
    let spec = producer_spec(Kind::Audio, "2", vec![by_ssrc(10, None)]);
    network.produce(MALLORY, 9, spec).unwrap();
    network
        .consume(BOB, 9, 9, consumer_spec(Kind::Audio, 28, None))
        .unwrap();
    speak(&mut network, ALICE, &mut Track::audio(10));
    let mut twin = Track::audio(10);
    for _ in 0..3 {
        speak(&mut network, MALLORY, &mut twin);
    }
    assert_eq!((heard(&mut network, 20), heard(&mut network, 28)), (1, 3));
}

#[test]
fn case_27_a_payload_on_the_ssrc_of_ones_other_track_goes_nowhere() {
    let mut network = room();
    let mut video_as_sound = Track {
        payload_type: VP8,
        ..Track::audio(30)
    };
    let mut sound_as_video = Track {
        payload_type: OPUS,
        ..Track::video(32)
    };
    for _ in 0..5 {
        speak(&mut network, MALLORY, &mut video_as_sound);
        speak(&mut network, MALLORY, &mut sound_as_video);
    }
    assert_eq!((heard(&mut network, 24), heard(&mut network, 26)), (0, 0));
    assert_eq!(dropped(&mut network, DropReason::RtpPayloadType), 10);
}

#[test]
fn case_28_a_mid_of_another_participant_means_nothing() {
    let mut network = room();
    let spec = producer_spec(Kind::Audio, "alice", vec![Encoding::default()]);
    network.produce(ALICE, 9, spec).unwrap();
    network
        .consume(BOB, 9, 9, consumer_spec(Kind::Audio, 28, None))
        .unwrap();
    for _ in 0..5 {
        speak(
            &mut network,
            MALLORY,
            &mut Track::audio(77).with(MID_ID, b"alice"),
        );
    }
    assert_eq!(heard(&mut network, 28), 0);
    speak(
        &mut network,
        ALICE,
        &mut Track::audio(78).with(MID_ID, b"alice"),
    );
    assert_eq!(heard(&mut network, 28), 1);
}

#[test]
fn case_28_a_rid_that_was_not_announced_is_dropped_whatever_it_says() {
    let mut network = room();
    let spec = producer_spec(Kind::Video, "2", vec![by_rid("lo"), by_rid("hi")]);
    network.produce(MALLORY, 9, spec).unwrap();
    network
        .consume(BOB, 9, 9, consumer_spec(Kind::Video, 28, None))
        .unwrap();
    let long = [b'a'; 255];
    let rids: [&[u8]; 6] = [b"mid", b"../../x", b"lo\0", b"lo\r\n", b"", &long];
    for (index, rid) in rids.into_iter().enumerate() {
        let track = Track::video(300 + index as u32).with(MID_ID, b"2");
        let mut track = track.with(RID_ID, rid);
        for packet in track.frame(network.peer(MALLORY), KEY) {
            network.inject(tuple(MALLORY), packet);
        }
    }
    assert_eq!(heard(&mut network, 28), 0);
    assert_eq!(dropped(&mut network, DropReason::RtpUnknownStream), 12);
}

#[test]
fn case_29_a_flood_of_ssrcs_fills_no_table_and_keeps_nobody_out() {
    let mut network = room();
    for ssrc in 0..10_000 {
        let sealed = Track::audio(100_000 + ssrc).sound(network.peer(MALLORY));
        network.inject(tuple(MALLORY), sealed);
    }
    let statistics = network.statistics();
    let ssrcs = statistics.transports.iter().map(|(_, of)| of.ssrcs);
    assert_eq!(ssrcs.max(), Some(2), "only what was announced is bound");
    let refused = statistics.drops.get(DropReason::SsrcTableFull)
        + statistics.drops.get(DropReason::RtpUnknownStream);
    assert_eq!(refused, 10_000);
    speak(&mut network, ALICE, &mut Track::audio(10));
    assert_eq!(heard(&mut network, 20), 1);
}

#[test]
fn case_36_jumps_of_numbers_and_times_do_not_stop_what_follows() {
    let mut network = room();
    let mut track = Track::audio(30);
    // Beyond half a cycle the rollover counter of RFC 3711 cannot be told: such a sender falls silent by itself.
    for jump in [0, 3, 400, 9_000, 30_000, 1, 30_000, 30_000] {
        track.sequence += jump;
        track.timestamp = track.timestamp.wrapping_add(jump as u32 * 77_777);
        let before = heard(&mut network, 24);
        for _ in 0..50 {
            speak(&mut network, MALLORY, &mut track);
        }
        let came = heard(&mut network, 24) - before;
        assert!(came >= 45, "{came} of 50 after a jump of {jump}");
    }
}

#[test]
fn case_36_numbers_that_wrap_amid_losses_are_followed() {
    let mut network = room();
    let mut track = Track {
        sequence: 65_000,
        ..Track::audio(30)
    };
    for number in 0..1_200 {
        let sealed = track.sound(network.peer(MALLORY));
        if number % 5 != 0 && !(500..560).contains(&number) {
            network.send(tuple(MALLORY), sealed);
        }
        network.step(millis(20));
    }
    assert_eq!(
        heard(&mut network, 24),
        912,
        "every packet that came in is heard"
    );
}

#[test]
fn case_37_a_payload_type_that_was_not_negotiated_is_dropped() {
    let mut network = room();
    for payload_type in [0, 35, 98, 127] {
        let mut track = Track {
            payload_type,
            ..Track::video(32)
        };
        track.sequence += u64::from(payload_type);
        speak(&mut network, MALLORY, &mut track);
    }
    assert_eq!(heard(&mut network, 26), 0);
    assert_eq!(dropped(&mut network, DropReason::RtpPayloadType), 4);
}

#[test]
fn case_38_datagrams_of_any_length_are_dropped_or_carried_whole() {
    let mut network = room();
    for length in [1, 2, 11, 12, 13, 1_500, 2_048, 65_507] {
        network.inject(tuple(MALLORY), vec![0x80; length]);
    }
    let fields = Fields {
        marker: false,
        payload_type: PayloadType(OPUS),
        sequence: 9,
        timestamp: 0,
        ssrc: Ssrc(30),
    };
    let mut packet = Vec::new();
    fields.write(&mut packet, false);
    packet.resize(1_500, 0x42);
    let sealed = network.peer(MALLORY).seal_rtp(&packet, 9);
    network.inject(tuple(MALLORY), sealed);
    network.step(millis(5));
    let got = network.peer(BOB).got_of(24);
    assert!(got.iter().all(|got| got.payload.len() == 1_488), "cut");
    speak(&mut network, ALICE, &mut Track::audio(10));
    assert_eq!(heard(&mut network, 20), 1);
}

/// Bits Bob got of Mallory's camera in each second, when it sends `rate` bits a second under an announced `ceiling`.
fn flood(ceiling: Option<u64>, rate: u64, seconds: u64) -> (Network, Vec<u64>) {
    let mut network = room();
    let encoding = Encoding {
        max_bitrate: ceiling,
        ..by_ssrc(50, None)
    };
    let spec = producer_spec(Kind::Video, "9", vec![encoding]);
    network.produce(MALLORY, 9, spec).unwrap();
    network
        .consume(BOB, 9, 9, consumer_spec(Kind::Video, 28, None))
        .unwrap();
    let mut track = Track::video(50);
    track.size = 1_000;
    let per_tick = usize::try_from(rate / 8 / 1_000 / 20).unwrap();
    let mut second = |number| {
        let before = heard(&mut network, 28);
        for tick in 0..20 {
            let frame = Frame {
                key: number == 0 && tick == 0,
                temporal: 0,
                packets: per_tick,
            };
            for packet in track.frame(network.peer(MALLORY), frame) {
                network.inject(tuple(MALLORY), packet);
            }
            network.step(millis(50));
        }
        (heard(&mut network, 28) - before) as u64 * 8_000
    };
    let bits = (0..seconds).map(&mut second).collect();
    (network, bits)
}

#[test]
fn case_39_a_stream_ten_times_as_fast_as_announced_is_cut_down_to_twice_within_a_second() {
    let (mut network, bits) = flood(Some(500_000), 5_000_000, 4);
    for second in &bits[1..] {
        assert!((800_000..=1_100_000).contains(second), "{bits:?}");
    }
    assert!(dropped(&mut network, DropReason::Policed) > 1_000);
    speak(&mut network, ALICE, &mut Track::audio(10));
    assert_eq!(heard(&mut network, 20), 1);
}

#[test]
fn case_39_a_stream_at_the_rate_it_announced_is_not_touched() {
    let (mut network, bits) = flood(Some(2_000_000), 2_000_000, 4);
    assert!(bits.iter().all(|bits| *bits >= 1_900_000), "{bits:?}");
    assert_eq!(dropped(&mut network, DropReason::Policed), 0);
}
