//! Lost packets: asked for upstream, sent again downstream.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::spec::Kind;
use support::media::{Frame, Track, VP8_RTX, read_vp8};
use support::room::{OUT_RTX, by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const KEY: Frame = Frame {
    key: true,
    temporal: 0,
    packets: 3,
};
const DELTA: Frame = Frame {
    key: false,
    temporal: 0,
    packets: 2,
};

fn camera(rtx: Option<u32>) -> (Network, Track) {
    let mut network = Network::new(2);
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
        .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, rtx))
        .unwrap();
    network.peer(ALICE).rtx.insert(10, (11, VP8_RTX));
    (network, Track::video(10))
}

fn packets(network: &mut Network, track: &mut Track, frame: Frame) -> Vec<Vec<u8>> {
    track.frame(network.peer(ALICE), frame)
}

fn send(network: &mut Network, track: &mut Track, frame: Frame) {
    for packet in packets(network, track, frame) {
        network.send(tuple(ALICE), packet);
    }
    network.step(millis(33));
}

#[test]
fn a_nack_is_answered_by_rtx_where_it_was_negotiated() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    let original = network.peer(BOB).got_of(20)[1].clone();
    network.send_by(BOB, |peer| peer.nack(20, &[original.sequence]));
    network.step(millis(5));
    let repair = network.peer(BOB).got_of(21)[0].clone();
    assert_eq!(repair.payload_type, OUT_RTX);
    assert_eq!(repair.payload[..2], original.sequence.to_be_bytes());
    assert_eq!(repair.payload[2..], original.payload);
    assert_eq!(repair.timestamp, original.timestamp);
}

#[test]
fn without_rtx_the_same_bytes_are_sent_again() {
    let (mut network, mut track) = camera(None);
    send(&mut network, &mut track, KEY);
    let sequence = network.peer(BOB).got_of(20)[1].sequence;
    network.send_by(BOB, |peer| peer.nack(20, &[sequence]));
    network.step(millis(5));
    let sealed = &network.peer(BOB).sealed[&(20, sequence)];
    assert_eq!(sealed.len(), 2);
    assert_eq!(sealed[0], sealed[1]);
}

#[test]
fn one_packet_is_not_sent_again_twice_in_a_moment() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    let sequence = network.peer(BOB).got_of(20)[1].sequence;
    for _ in 0..3 {
        network.send_by(BOB, |peer| peer.nack(20, &[sequence]));
        network.step(millis(10));
    }
    assert_eq!(network.peer(BOB).got_of(21).len(), 1);
    network.step(millis(60));
    network.send_by(BOB, |peer| peer.nack(20, &[sequence]));
    network.step(millis(5));
    // It was lost twice by then: two at once make sure of it.
    assert_eq!(network.peer(BOB).got_of(21).len(), 3);
    assert_eq!(network.statistics().drops.get(DropReason::NackRepeated), 2);
}

#[test]
fn retransmissions_have_a_budget() {
    let (mut network, mut track) = camera(Some(21));
    for number in 0..300 {
        send(
            &mut network,
            &mut track,
            if number % 30 == 0 { KEY } else { DELTA },
        );
    }
    let all: Vec<_> = network
        .peer(BOB)
        .got_of(20)
        .iter()
        .map(|got| got.sequence)
        .collect();
    let sequences = &all[all.len() - 500..];
    for _ in 0..100 {
        network.send_by(BOB, |peer| peer.nack(20, sequences));
        network.step(millis(60));
    }
    let statistics = network.statistics();
    assert!(statistics.drops.get(DropReason::NackBudget) > 0);
    let consumer = &statistics.consumers[0].1;
    assert!(
        consumer.resent.packets < 20_000,
        "{} packets sent again",
        consumer.resent.packets
    );
    assert_eq!(consumer.nacked, 50_000);
}

/// How many key frames Alice is asked for when Bob asks for `count` packets that are not kept any more.
fn key_frames_for(count: usize) -> usize {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    for _ in 0..600 {
        send(&mut network, &mut track, DELTA);
    }
    network.peer(ALICE).heard.plis.clear();
    let got = network.peer(BOB).got_of(20);
    let oldest: Vec<_> = got.iter().take(count).map(|got| got.sequence).collect();
    network.send_by(BOB, |peer| peer.nack(20, &oldest));
    network.step(millis(5));
    network.send_by(BOB, |peer| peer.nack(20, &oldest));
    network.step(millis(50));
    assert!(network.peer(BOB).got_of(21).is_empty());
    network.peer(ALICE).heard.plis.len()
}

#[test]
fn a_hole_that_repairs_do_not_close_asks_for_a_key_frame_by_itself() {
    assert_eq!(key_frames_for(31), 0);
    assert_eq!(key_frames_for(32), 1, "once, however often it is asked for");
}

#[test]
fn a_nack_for_what_was_never_sent_is_not_answered() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    let next = network.peer(BOB).got_of(20)[2].sequence.wrapping_add(1);
    network.send_by(BOB, |peer| peer.nack(20, &[next, next.wrapping_add(500)]));
    network.send_by(BOB, |peer| peer.nack(999, &[1]));
    network.step(millis(5));
    assert!(network.peer(BOB).got_of(21).is_empty());
    let drops = network.statistics().drops;
    assert_eq!(
        (
            drops.get(DropReason::NackUnknown),
            drops.get(DropReason::RtcpUnknownSsrc)
        ),
        (2, 1)
    );
}

#[test]
fn what_is_lost_on_the_way_in_is_asked_for_and_put_in_its_place() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    let lost = packets(&mut network, &mut track, DELTA);
    network.send(tuple(ALICE), lost[1].clone());
    for _ in 0..5 {
        send(&mut network, &mut track, DELTA);
    }
    let asked = network.peer(ALICE).heard.nacks.clone();
    assert_eq!(
        asked,
        vec![(10, vec![(track.sequence - 12) as u16])],
        "asked for once, and answered"
    );
    let mut got: Vec<_> = network
        .peer(BOB)
        .got_of(20)
        .iter()
        .map(|got| got.sequence)
        .collect();
    got.sort_unstable();
    assert_eq!(got.len(), 15);
    assert!(got.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn packets_that_are_only_reordered_are_not_asked_for() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    network.up.jitter_ms = 18;
    for _ in 0..50 {
        send(&mut network, &mut track, DELTA);
    }
    network.step(millis(50));
    assert!(network.peer(ALICE).heard.nacks.is_empty());
    assert_eq!(network.peer(BOB).got_of(20).len(), 103);
}

#[test]
fn a_packet_that_never_comes_is_given_up() {
    let (mut network, mut track) = camera(Some(21));
    network.peer(ALICE).rtx.clear();
    send(&mut network, &mut track, KEY);
    packets(
        &mut network,
        &mut track,
        Frame {
            packets: 1,
            ..DELTA
        },
    );
    for _ in 0..150 {
        send(&mut network, &mut track, DELTA);
    }
    let asked = network.peer(ALICE).heard.nacks.len();
    assert!((5..=10).contains(&asked), "asked {asked} times");
}

#[test]
fn a_gap_too_large_to_repair_asks_for_a_key_frame() {
    let (mut network, mut track) = camera(Some(21));
    send(&mut network, &mut track, KEY);
    network.step(millis(1100));
    network.peer(ALICE).heard.plis.clear();
    packets(
        &mut network,
        &mut track,
        Frame {
            packets: 300,
            ..DELTA
        },
    );
    send(&mut network, &mut track, DELTA);
    assert!(network.peer(ALICE).heard.nacks.is_empty());
    assert_eq!(network.peer(ALICE).heard.plis.len(), 1);
}

#[test]
fn duplicates_reach_nobody() {
    let (mut network, mut track) = camera(Some(21));
    network.up.duplicate_percent = 50;
    for number in 0..60 {
        send(
            &mut network,
            &mut track,
            if number == 0 { KEY } else { DELTA },
        );
    }
    let again = track.sequence as u16 - 3;
    let repeated = network.peer(ALICE).retransmit(10, again).unwrap();
    network.send(tuple(ALICE), repeated);
    network.step(millis(5));
    let names: Vec<_> = network
        .peer(BOB)
        .got_of(20)
        .iter()
        .map(|got| read_vp8(&got.payload).4)
        .collect();
    assert_eq!(names.len(), 121);
    let drops = network.statistics().drops;
    assert!(drops.get(DropReason::SrtpReplayed) > 20);
    assert_eq!(drops.get(DropReason::Duplicate), 1);
}
