//! One who only receives learns its round trip from us.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::time::Duration;

use folkmoot_core::id::Ssrc;
use folkmoot_core::references::{CAPACITY, References};
use folkmoot_core::rtcp::xr;
use folkmoot_core::spec::Kind;
use folkmoot_core::time::{Ntp, Time, from_compact, round_trip};
use support::media::{Frame, Track};
use support::room::{by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;

fn clock(now: Time) -> Ntp {
    Ntp::from_unix(Duration::from_secs(1_234) + now.since(Time::ZERO))
}

fn tell_time(network: &mut Network) {
    let told = clock(network.now);
    network.send_by(BOB, |peer| {
        let mut out = Vec::new();
        xr::write_reference(&mut out, Ssrc(1), told);
        peer.seal_rtcp(&out)
    });
}

/// Alice sends a camera, Bob receives it `delay` away.
fn meeting(delay: u64) -> (Network, Track) {
    let mut network = Network::new(9);
    (network.up.delay_ms, network.down.delay_ms) = (delay, delay);
    network.connect(ALICE);
    network.connect(BOB);
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, None)]);
    network.produce(ALICE, 1, spec).unwrap();
    let spec = consumer_spec(Kind::Video, 20, Some(21));
    network.consume(BOB, 1, 1, spec).unwrap();
    network.step(millis(delay + 1));
    (network, Track::video(10))
}

fn shoot(network: &mut Network, track: &mut Track, seconds: u64) {
    for number in 0..seconds * 10 {
        let frame = Frame {
            key: number == 0,
            temporal: 0,
            packets: 1,
        };
        for packet in track.frame(network.peer(ALICE), frame) {
            network.send(tuple(ALICE), packet);
        }
        let (ntp, timestamp) = (clock(network.now), track.timestamp);
        network.send_by(ALICE, |peer| peer.sender_report(10, ntp, timestamp));
        network.step(millis(100));
    }
}

#[test]
fn a_receiver_that_tells_its_time_hears_it_again_and_knows_its_round_trip() {
    for delay in [5, 60, 250] {
        let (mut network, mut track) = meeting(delay);
        shoot(&mut network, &mut track, 1);
        assert!(network.peer(BOB).heard.answers.is_empty(), "not asked");
        tell_time(&mut network);
        shoot(&mut network, &mut track, 3);
        let answers = network.peer(BOB).heard.answers.clone();
        assert!(answers.len() >= 2, "{answers:?}");
        for (sender, answer, at) in answers {
            assert_eq!((sender, answer.receiver), (Ssrc(20), Ssrc(1)));
            let found = round_trip(clock(at), answer.last_reference, answer.delay).unwrap();
            let wrong = found.abs_diff(millis(2 * delay));
            assert!(wrong < millis(2), "{found:?} of {delay} ms each way");
        }
    }
}

#[test]
fn the_receivers_that_told_their_time_last_are_answered_and_no_more() {
    let mut references = References::default();
    for number in 0..CAPACITY as u32 + 2 {
        let now = Time::from_millis(u64::from(number) * 10);
        references.note(Ssrc(number), clock(now), now);
    }
    // One that is known renews its own place.
    let now = Time::from_millis(500);
    references.note(Ssrc(3), clock(now), now);
    let now = Time::from_millis(600);
    let mut answers: Vec<_> = references.answers(now).collect();
    answers.sort_by_key(|answer| answer.receiver.0);
    let receivers: Vec<_> = answers.iter().map(|answer| answer.receiver.0).collect();
    assert_eq!(receivers, (2..CAPACITY as u32 + 2).collect::<Vec<_>>());
    let renewed = from_compact(answers[1].delay);
    assert!(renewed.abs_diff(millis(100)) < millis(1), "{renewed:?}");
}
