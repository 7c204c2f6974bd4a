//! A packet's way from one browser to another.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::id::{ConsumerId, ProducerId, TransportId};
use folkmoot_core::io::Command;
use folkmoot_core::spec::Kind;
use support::media::{Frame, LEVEL_ID, MID_ID, Track, read_vp8};
use support::room::{
    OUT_LEVEL_ID, OUT_MID_ID, OUT_OPUS, OUT_VP8, by_ssrc, consumer_spec, producer_spec,
};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const CAROL: u16 = 1003;
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

/// Alice's camera (SSRC 10, RTX 11) goes to Bob (SSRC 20, RTX 21).
fn camera() -> (Network, Track) {
    let mut network = Network::new(1);
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

fn send(network: &mut Network, track: &mut Track, frame: Frame) {
    for packet in track.frame(network.peer(ALICE), frame) {
        network.send(tuple(ALICE), packet);
    }
    network.step(millis(33));
}

#[test]
fn a_microphone_is_heard_by_the_others() {
    let mut network = Network::new(1);
    network.connect(ALICE);
    network.connect(BOB);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]),
        )
        .unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    let mut track = Track::audio(10).with(MID_ID, b"0").with(LEVEL_ID, &[0x85]);
    for _ in 0..50 {
        network.send_by(ALICE, |peer| track.sound(peer));
        network.step(millis(20));
    }
    let got = network.peer(BOB).got_of(20);
    assert_eq!(got.len(), 50);
    for pair in got.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(960));
    }
    assert_eq!(got[0].payload_type, OUT_OPUS);
    assert!(
        network.peer(ALICE).heard.plis.is_empty(),
        "sound has no key frames to ask for"
    );
    let got = network.peer(BOB).got_of(20);
    assert_eq!(
        got[0].elements,
        vec![(OUT_MID_ID, b"out".to_vec()), (OUT_LEVEL_ID, vec![0x85])],
        "extensions go by meaning, under the consumer's ids"
    );
}

#[test]
fn a_camera_is_seen_from_its_key_frame_on() {
    let (mut network, mut track) = camera();
    send(&mut network, &mut track, DELTA);
    assert!(
        network.peer(BOB).got.is_empty(),
        "a decoder can do nothing with it"
    );
    send(&mut network, &mut track, KEY);
    send(&mut network, &mut track, DELTA);
    let got = network.peer(BOB).got_of(20);
    assert_eq!(got.len(), 5);
    assert_eq!(got[0].payload_type, OUT_VP8);
    assert!(read_vp8(&got[0].payload).3, "the first is a key frame");
    assert!(got[2].marker && got[4].marker);
}

#[test]
fn a_late_joiner_gets_a_key_frame_asked_for_at_once_and_others_do_not_notice() {
    let (mut network, mut track) = camera();
    send(&mut network, &mut track, KEY);
    network.step(millis(2000));
    send(&mut network, &mut track, DELTA);
    let asked = network.peer(ALICE).heard.plis.len();
    network.connect(CAROL);
    network
        .consume(CAROL, 2, 1, consumer_spec(Kind::Video, 20, None))
        .unwrap();
    let joined = network.now;
    network.step(millis(20));
    let plis = &network.peer(ALICE).heard.plis;
    assert_eq!(plis.len(), asked + 1);
    assert!(
        plis[asked].1.since(joined) <= millis(1),
        "the first request is not delayed"
    );
    send(&mut network, &mut track, KEY);
    assert_eq!(network.peer(CAROL).got.len(), 3);
    let sequences: Vec<_> = network
        .peer(BOB)
        .got_of(20)
        .iter()
        .map(|got| got.sequence)
        .collect();
    assert!(
        sequences
            .windows(2)
            .all(|pair| pair[1] == pair[0].wrapping_add(1))
    );
}

#[test]
fn key_frames_are_asked_for_once_a_second_however_many_want_them() {
    let (mut network, mut track) = camera();
    send(&mut network, &mut track, KEY);
    network.step(millis(1500));
    send(&mut network, &mut track, DELTA);
    network.peer(ALICE).heard.plis.clear();
    for _ in 0..300 {
        network.send_by(BOB, |peer| peer.pli(20));
        network.step(millis(10));
    }
    let plis = network.peer(ALICE).heard.plis.clone();
    assert!(
        (3..=4).contains(&plis.len()),
        "{} requests in three seconds",
        plis.len()
    );
    for pair in plis.windows(2) {
        assert!(pair[1].1.since(pair[0].1) >= millis(1000));
    }
}

#[test]
fn a_request_is_repeated_until_the_key_frame_comes() {
    let (mut network, mut track) = camera();
    for _ in 0..100 {
        send(&mut network, &mut track, DELTA);
    }
    let before = network.peer(ALICE).heard.plis.len();
    assert!(
        (3..=5).contains(&before),
        "{before} requests in 3.3 seconds"
    );
    send(&mut network, &mut track, KEY);
    for _ in 0..60 {
        send(&mut network, &mut track, DELTA);
    }
    assert_eq!(network.peer(ALICE).heard.plis.len(), before);
}

#[test]
fn a_pause_leaves_no_hole_in_the_numbers_and_ends_with_a_key_frame() {
    let (mut network, mut track) = camera();
    send(&mut network, &mut track, KEY);
    let commands = [
        (
            Command::PauseConsumer(ConsumerId(1)),
            Command::ResumeConsumer(ConsumerId(1)),
        ),
        (
            Command::PauseProducer(ProducerId(1)),
            Command::ResumeProducer(ProducerId(1)),
        ),
    ];
    for (pause, resume) in commands {
        network.execute(pause).unwrap();
        let before = network.peer(BOB).got.len();
        for _ in 0..60 {
            send(&mut network, &mut track, DELTA);
        }
        assert_eq!(network.peer(BOB).got.len(), before);
        let asked = network.peer(ALICE).heard.plis.len();
        network.execute(resume).unwrap();
        network.step(millis(5));
        assert_eq!(network.peer(ALICE).heard.plis.len(), asked + 1);
        send(&mut network, &mut track, DELTA);
        assert_eq!(
            network.peer(BOB).got.len(),
            before,
            "still nothing to start from"
        );
        send(&mut network, &mut track, KEY);
        assert_eq!(network.peer(BOB).got.len(), before + 3);
    }
    let got = network.peer(BOB).got_of(20);
    for pair in got.windows(2) {
        let (before, after) = (read_vp8(&pair[0].payload), read_vp8(&pair[1].payload));
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert!(
            (after.0.wrapping_sub(before.0) & 0x7fff) <= 1,
            "picture ids go on"
        );
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) < 90_000 * 10);
    }
}

#[test]
fn reports_tell_receivers_the_senders_clock_and_names() {
    let (mut network, mut track) = camera();
    send(&mut network, &mut track, KEY);
    let ntp = folkmoot_core::time::Ntp::from_unix(millis(5_000_000));
    let (timestamp, sent_at) = (track.timestamp, network.now);
    network.send_by(ALICE, |peer| peer.sender_report(10, ntp, timestamp));
    for _ in 0..60 {
        send(&mut network, &mut track, DELTA);
    }
    let got = network.peer(BOB).got_of(20)[0]
        .timestamp
        .wrapping_sub(timestamp);
    let heard = network.peer(BOB).heard.clone();
    let report = heard.sender_reports.last().expect("a sender report");
    assert_eq!(report.ssrc.0, 20);
    let elapsed = report.ntp.since(ntp);
    assert!(elapsed > millis(900) && elapsed <= network.now.since(sent_at));
    let advance = report.timestamp.wrapping_sub(got).wrapping_sub(timestamp);
    assert!(
        u64::from(advance).abs_diff(elapsed.as_millis() as u64 * 90) <= 180,
        "both clocks agree"
    );
    assert!(heard.cnames.contains(&(20, b"person".to_vec())));
    let blocks = &network.peer(ALICE).heard.report_blocks;
    assert!(
        blocks
            .iter()
            .any(|block| block.ssrc.0 == 10 && block.last_sender_report == ntp.compact())
    );
}

#[test]
fn a_round_trip_is_measured_from_the_receivers_report() {
    let (mut network, mut track) = camera();
    network.down.delay_ms = 30;
    network.up.delay_ms = 20;
    send(&mut network, &mut track, KEY);
    let ntp = folkmoot_core::time::Ntp::from_unix(millis(5_000_000));
    let timestamp = track.timestamp;
    network.send_by(ALICE, |peer| peer.sender_report(10, ntp, timestamp));
    let mut answered = false;
    for _ in 0..60 {
        send(&mut network, &mut track, DELTA);
        let report = network.peer(BOB).heard.sender_reports.pop();
        if let Some(report) = report.filter(|_| !answered) {
            answered = true;
            let block = folkmoot_core::rtcp::ReportBlock {
                ssrc: folkmoot_core::id::Ssrc(20),
                last_sender_report: report.ntp.compact(),
                fraction_lost: 25,
                ..Default::default()
            };
            network.send_by(BOB, |peer| peer.receiver_report(block));
        }
    }
    let statistics = network.statistics();
    let consumer = &statistics.consumers[0].1;
    let round_trip = consumer.round_trip.expect("measured");
    assert!(
        round_trip >= millis(50) && round_trip <= millis(90),
        "{round_trip:?}"
    );
    assert_eq!(consumer.fraction_lost, 25);
}

#[test]
fn a_sender_with_transport_wide_feedback_gets_it_and_one_without_gets_an_estimate() {
    for twcc in [true, false] {
        let mut network = Network::new(1);
        network.connect(ALICE);
        let mut spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]);
        (spec.codec.twcc, spec.codec.remb) = (twcc, true);
        network.produce(ALICE, 1, spec).unwrap();
        let mut track = Track::video(10).with(support::media::TWCC_ID, &[0, 0]);
        for number in 0..60u16 {
            track.extensions[0].1 = number.to_be_bytes().to_vec();
            let frame = Frame {
                packets: 1,
                ..DELTA
            };
            send(&mut network, &mut track, frame);
        }
        let heard = &network.peer(ALICE).heard;
        if twcc {
            assert!(
                (15..=21).contains(&heard.twccs),
                "{} feedbacks in two seconds",
                heard.twccs
            );
            assert!(heard.rembs.is_empty());
        } else {
            assert!((3..=5).contains(&heard.rembs.len()));
            assert!(
                heard.rembs.iter().all(|bitrate| *bitrate >= 5_000_000),
                "room for all layers"
            );
            assert_eq!(heard.twccs, 0);
        }
    }
}

#[test]
fn removal_in_any_order_leaves_nothing_behind() {
    let removals = [
        Command::RemoveConsumer(ConsumerId(1)),
        Command::RemoveProducer(ProducerId(1)),
        Command::RemoveTransport(TransportId(ALICE.into())),
        Command::RemoveTransport(TransportId(BOB.into())),
    ];
    for first in 0..4 {
        for second in 0..4 {
            let (mut network, mut track) = camera();
            send(&mut network, &mut track, KEY);
            let order = [first, second, 0, 1, 2, 3].map(|index: usize| removals[index].clone());
            for command in order {
                // What went with something else is not found any more.
                let _ = network.execute(command);
                send(&mut network, &mut track, DELTA);
            }
            let statistics = network.statistics();
            assert!(statistics.transports.is_empty());
            assert!(statistics.producers.is_empty() && statistics.consumers.is_empty());
            assert!(network.engine.is_empty(), "no table has a trace");
            network.step(millis(60_000));
            assert_eq!(
                network.engine.next_timeout(),
                folkmoot_core::time::Time::FAR
            );
        }
    }
}

#[test]
fn what_is_not_forwarded_is_counted_under_its_name() {
    let (mut network, mut track) = camera();
    network.inject(tuple(ALICE), Vec::new());
    network.inject(tuple(ALICE), vec![200; 40]);
    network.inject(tuple(9), vec![0x80; 40]);
    send(&mut network, &mut track, DELTA);
    let mut stranger = Track::video(99);
    send(&mut network, &mut stranger, KEY);
    track.payload_type = 55;
    send(&mut network, &mut track, KEY);
    let drops = network.statistics().drops;
    assert_eq!(drops.get(DropReason::Unknown), 2);
    assert_eq!(drops.get(DropReason::TupleNotValidated), 1);
    assert_eq!(drops.get(DropReason::AwaitingKeyframe), 2);
    assert_eq!(drops.get(DropReason::RtpUnknownStream), 3);
    assert_eq!(drops.get(DropReason::RtpPayloadType), 3);
}
