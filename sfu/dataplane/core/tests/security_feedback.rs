//! Feedback from somebody who is in the room and wants the others to pay for it: bounded work, and only the liar is hurt.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::arrivals::Arrivals;
use folkmoot_core::bandwidth::{LEAST, MOST};
use folkmoot_core::drop::DropReason;
use folkmoot_core::id::Ssrc;
use folkmoot_core::rtcp::{ReportBlock, bye, fir, remb};
use folkmoot_core::spec::Kind;
use folkmoot_core::stats::ConsumerStatistics;
use support::media::{Frame, Track};
use support::room::{by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const MALLORY: u16 = 1003;
/// Of the transport-wide number, as consumers have it.
const STAMP_ID: u8 = 8;

/// Alice's camera, seen by Bob (SSRC 20, repairs on 21) and by Mallory (30, 31); half a second of it has flowed.
fn room() -> (Network, Track) {
    let mut network = Network::new(4);
    for port in [ALICE, BOB, MALLORY] {
        network.connect(port);
    }
    let camera = producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]);
    network.produce(ALICE, 1, camera).unwrap();
    for (port, consumer, ssrc) in [(BOB, 2, 20), (MALLORY, 3, 30)] {
        let spec = consumer_spec(Kind::Video, ssrc, Some(ssrc + 1));
        network.consume(port, consumer, 1, spec).unwrap();
    }
    let mut track = Track::video(10);
    track.size = 1_000;
    for number in 0..15 {
        shoot(&mut network, &mut track, number == 0);
    }
    (network, track)
}

fn shoot(network: &mut Network, track: &mut Track, key: bool) {
    let frame = Frame {
        key,
        temporal: 0,
        packets: 3,
    };
    for packet in track.frame(network.peer(ALICE), frame) {
        network.inject(tuple(ALICE), packet);
    }
    network.step(millis(33));
}

fn sent_to_mallory(network: &mut Network) -> (u64, u64) {
    let statistics = network.statistics();
    let of = statistics
        .transports
        .iter()
        .find(|(id, _)| u32::from(MALLORY) == id.0);
    let sent = &of.unwrap().1.sent;
    (sent.packets, sent.bytes)
}

fn from_mallory(network: &mut Network, packet: &[u8]) {
    let sealed = network.peer(MALLORY).seal_rtcp(packet);
    network.inject(tuple(MALLORY), sealed);
}

/// A packet of `kind` with as many words as `body` has.
fn packet(count: u8, kind: u8, body: &[u32]) -> Vec<u8> {
    let mut out = vec![0x80 | count, kind];
    out.extend((body.len() as u16).to_be_bytes());
    out.extend(body.iter().flat_map(|word| word.to_be_bytes()));
    out
}

#[test]
fn case_31_the_largest_compounds_are_answered_with_little() {
    let (mut network, _) = room();
    let nack_of_everything = [vec![1, 30], vec![u32::MAX; 350]].concat();
    let remb_for_many = [vec![1, 0, 0x5245_4d42, 0xff00_ffff], vec![30; 255]].concat();
    let compounds = [
        packet(1, 202, &vec![0x0101_6161; 370]),
        packet(1, 205, &nack_of_everything),
        packet(15, 206, &remb_for_many),
        packet(15, 205, &[1, 30, 0x0000_ffff, 0, 0x3fff_3fff, 0x3fff_3fff]),
        packet(31, 201, &vec![30; 1 + 31 * 6]),
    ];
    let (before, _) = sent_to_mallory(&mut network);
    for compound in compounds {
        from_mallory(&mut network, &compound);
    }
    let (after, _) = sent_to_mallory(&mut network);
    assert!(after - before <= 60, "{} packets", after - before);
}

/// What Mallory claims of packets that all arrived.
#[derive(Clone, Copy)]
struct Claim {
    /// In receiver reports, in 1/256.
    reported: u8,
    /// Transport-wide feedback leaves out one packet in so many; `None`: there is no feedback.
    lost: Option<u16>,
}

/// Twenty seconds in which Mallory asks for the last second again with every picture.
fn ask_for_everything(network: &mut Network, track: &mut Track, claim: Claim) {
    let (mut arrivals, mut seen) = (Arrivals::default(), 0);
    for number in 0..600 {
        shoot(network, track, false);
        let got = &network.peer(MALLORY).got;
        let new = got.get(seen..).unwrap_or_default().to_vec();
        let recent = got.iter().rev().filter(|got| got.ssrc == 30).take(90);
        let mut recent: Vec<_> = recent.map(|got| got.sequence).collect();
        recent.reverse();
        seen = got.len();
        network.send_by(MALLORY, |peer| peer.nack(30, &recent));
        let block = ReportBlock {
            ssrc: Ssrc(30),
            fraction_lost: claim.reported,
            ..ReportBlock::default()
        };
        network.send_by(MALLORY, |peer| peer.receiver_report(block));
        for got in new {
            let value = got.elements.iter().find(|(id, _)| *id == STAMP_ID);
            let sequence = value.map(|(_, value)| u16::from_be_bytes([value[0], value[1]]));
            let told =
                sequence.filter(|sequence| claim.lost.is_some_and(|lost| sequence % lost != 0));
            if let Some(sequence) = told {
                arrivals.note(sequence, Ssrc(30), got.at);
            }
        }
        if number % 3 == 0 {
            let (mut out, now) = (Vec::new(), network.now);
            arrivals.write(&mut out, Ssrc(1), now);
            if !out.is_empty() {
                from_mallory(network, &out);
            }
        }
    }
}

fn consumer(network: &mut Network, id: u32) -> ConsumerStatistics {
    let statistics = network.statistics();
    let found = statistics.consumers.iter().find(|(of, _)| of.0 == id);
    found.unwrap().1.clone()
}

/// A fifth, with the longer headers of repairs, and once the burst that is saved up at first.
fn assert_a_fifth_again(network: &mut Network) {
    let of = consumer(network, 3);
    let (media, again) = (of.sent.bytes, of.resent.bytes);
    assert!(
        again <= media * 22 / 100 + 140_000,
        "{again} of {media} bytes again"
    );
    assert!(network.statistics().drops.get(DropReason::NackBudget) > 0);
}

/// Whatever Mallory claims and asks for.
fn assert_bob_is_served(network: &mut Network) {
    assert_eq!(
        consumer(network, 2).resent.packets,
        0,
        "nobody else is sent anything again"
    );
    assert_eq!(network.peer(BOB).got_of(20).len(), 615 * 3);
}

#[test]
fn case_32_who_asks_for_everything_again_for_ever_gets_a_fifth_of_what_is_sent() {
    let (mut network, mut track) = room();
    let (_, start) = sent_to_mallory(&mut network);
    let claim = Claim {
        reported: 0,
        lost: None,
    };
    ask_for_everything(&mut network, &mut track, claim);
    let (_, end) = sent_to_mallory(&mut network);
    let media = consumer(&mut network, 3).sent.bytes;
    assert!(end - start < media + media / 5 + 300_000);
    assert_a_fifth_again(&mut network);
    assert_bob_is_served(&mut network);
}

#[test]
fn case_32_a_loss_that_is_only_reported_earns_no_more() {
    for lost in [None, Some(u16::MAX)] {
        let (mut network, mut track) = room();
        let claim = Claim {
            reported: 255,
            lost,
        };
        ask_for_everything(&mut network, &mut track, claim);
        assert_a_fifth_again(&mut network);
        assert_bob_is_served(&mut network);
    }
}

#[test]
fn case_32_a_loss_claimed_in_both_ways_lowers_ones_own_estimate_and_earns_a_half_at_most() {
    for (lost, percent) in [(2, 10), (3, 50), (4, 50)] {
        let (mut network, mut track) = room();
        let claim = Claim {
            reported: 255,
            lost: Some(lost),
        };
        ask_for_everything(&mut network, &mut track, claim);
        let of = consumer(&mut network, 3);
        let (media, again) = (of.sent.bytes, of.resent.bytes);
        // The burst that is saved up may be gone before the estimate has fallen.
        assert!(
            again <= media * percent / 100 + 140_000,
            "{again} of {media} bytes again"
        );
        assert_bob_is_served(&mut network);
    }
}

#[test]
fn case_33_key_frames_are_asked_for_once_a_second_however_many_ask_and_how() {
    let (mut network, mut track) = room();
    network.peer(ALICE).heard.plis.clear();
    for _ in 0..100 {
        for _ in 0..33 {
            network.send_by(MALLORY, |peer| peer.pli(30));
            network.send_by(BOB, |peer| peer.pli(20));
        }
        shoot(&mut network, &mut track, false);
    }
    let plis = network.peer(ALICE).heard.plis.clone();
    assert!((3..=5).contains(&plis.len()), "{}", plis.len());
    assert!(
        plis.windows(2)
            .all(|pair| pair[1].1.since(pair[0].1) >= millis(1_000))
    );
}

#[test]
fn case_33_a_request_about_somebody_elses_ssrc_is_ignored() {
    let (mut network, _) = room();
    network.step(millis(1_500));
    network.peer(ALICE).heard.plis.clear();
    for ssrc in [10, 11, 20, 21, 99] {
        let mut out = Vec::new();
        let entry = fir::Entry {
            ssrc: Ssrc(ssrc),
            sequence: 1,
        };
        fir::write(&mut out, Ssrc(1), entry);
        from_mallory(&mut network, &out);
    }
    network.step(millis(1_500));
    assert!(network.peer(ALICE).heard.plis.is_empty());
    assert_eq!(
        network.statistics().drops.get(DropReason::RtcpUnknownSsrc),
        5
    );
}

#[test]
fn case_34_an_estimate_is_clamped_whatever_the_receiver_claims_and_is_its_own_alone() {
    let (mut network, _) = room();
    let estimate = |network: &mut Network, port: u16| {
        let statistics = network.statistics();
        let found = statistics
            .transports
            .iter()
            .find(|(id, _)| u32::from(port) == id.0);
        found.unwrap().1.estimate
    };
    let others = estimate(&mut network, BOB);
    for claim in [0, 1, 10_000_000_000, u64::MAX] {
        let mut out = Vec::new();
        remb::write(&mut out, Ssrc(1), claim, &[Ssrc(30)]);
        from_mallory(&mut network, &out);
        if let Some(estimate) = estimate(&mut network, MALLORY) {
            assert!((LEAST..=MOST).contains(&estimate), "{estimate}");
        }
        assert_eq!(estimate(&mut network, BOB), others);
    }
}

#[test]
fn case_35_a_goodbye_in_anothers_name_changes_nothing() {
    let (mut network, mut track) = room();
    let mut out = Vec::new();
    bye::write(&mut out, &[Ssrc(10), Ssrc(20), Ssrc(30)]);
    from_mallory(&mut network, &out);
    shoot(&mut network, &mut track, false);
    assert_eq!(network.peer(BOB).got_of(20).len(), 16 * 3);
    assert_eq!(network.peer(MALLORY).got_of(30).len(), 16 * 3);
}

#[test]
fn case_25_feedback_that_is_replayed_is_dropped() {
    let (mut network, mut track) = room();
    network.step(millis(1_500));
    let pli = network.peer(BOB).pli(20);
    for _ in 0..5 {
        network.inject(tuple(BOB), pli.clone());
        network.step(millis(1_100));
        shoot(&mut network, &mut track, true);
    }
    let statistics = network.statistics();
    assert_eq!(statistics.consumers[0].1.keyframe_requests, 1);
    assert_eq!(statistics.drops.get(DropReason::SrtpReplayed), 4);
}
