//! An encoding of several that stops while the others go on: left within half a second, and never by mistake.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::time::Duration;

use folkmoot_core::io::{Event, LayerReason};
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;
use proptest::prelude::*;
use support::media::{Frame, MID_ID, RID_ID, Track, read_vp8};
use support::room::{by_rid, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const RIDS: [&str; 3] = ["q", "h", "f"];
const FRAME: Duration = Duration::from_millis(33);

/// Alice sends three encodings, Bob gets the highest.
struct Meeting {
    network: Network,
    tracks: [Track; 3],
    frame: usize,
    packets: usize,
}

impl Meeting {
    fn new(seed: u64, packets: usize) -> Self {
        let mut network = Network::new(seed);
        network.connect(ALICE);
        network.connect(BOB);
        let spec = producer_spec(Kind::Video, "0", RIDS.map(by_rid).to_vec());
        network.produce(ALICE, 1, spec).unwrap();
        let spec = consumer_spec(Kind::Video, 20, Some(21));
        network.consume(BOB, 1, 1, spec).unwrap();
        let track = |index: u32| {
            Track::video(10 + index)
                .with(MID_ID, b"0")
                .with(RID_ID, RIDS[index as usize].as_bytes())
        };
        let mut meeting = Self {
            network,
            tracks: [track(0), track(1), track(2)],
            frame: 0,
            packets,
        };
        meeting.run(60, |_, _| true);
        assert_eq!(meeting.source(), 12, "the highest flows");
        meeting.network.events.clear();
        meeting
    }

    /// So many frames, of the encodings that `sends` says are sent; key frames where one was asked for.
    fn run(&mut self, frames: usize, sends: impl Fn(usize, usize) -> bool) {
        for number in 0..frames {
            self.frame += 1;
            for (index, track) in self.tracks.iter_mut().enumerate() {
                if !sends(number, index) {
                    track.timestamp = track.timestamp.wrapping_add(3_000);
                    continue;
                }
                let peer = self.network.peer(ALICE);
                let key = peer.heard.plis.iter().any(|(ssrc, _)| *ssrc == track.ssrc);
                peer.heard.plis.retain(|(ssrc, _)| *ssrc != track.ssrc);
                let frame = Frame {
                    key,
                    temporal: 0,
                    packets: self.packets,
                };
                for packet in track.frame(peer, frame) {
                    self.network.send(tuple(ALICE), packet);
                }
            }
            if self.frame.is_multiple_of(60) {
                self.keep_consent();
            }
            self.network.step(FRAME);
        }
    }

    fn keep_consent(&mut self) {
        for port in [ALICE, BOB] {
            let (ufrag, password) = (ufrag(port), password(port));
            self.network
                .send_by(port, |peer| peer.check(&ufrag, &password, true));
        }
    }

    /// Which encoding Bob got last.
    fn source(&mut self) -> u32 {
        let got = self.network.peer(BOB).got_of(20);
        read_vp8(&got.last().unwrap().payload).4.0
    }

    fn longest_gap(&mut self, since: Time) -> Duration {
        let got = self.network.peer(BOB).got_of(20);
        let times: Vec<_> = got
            .iter()
            .map(|got| got.at)
            .filter(|at| *at >= since)
            .collect();
        let gaps = times.windows(2).map(|pair| pair[1].since(pair[0]));
        gaps.max().unwrap()
    }

    fn given_up(&self) -> usize {
        let lost = |event: &&Event| {
            matches!(
                event,
                Event::LayersChanged {
                    reason: LayerReason::Unavailable,
                    ..
                }
            )
        };
        self.network.events.iter().filter(lost).count()
    }
}

#[test]
fn a_picture_whose_encoding_stops_moves_again_within_half_a_second() {
    for stopped in [[2, 2], [1, 2]] {
        let mut meeting = Meeting::new(3, 2);
        (meeting.network.up.delay_ms, meeting.network.down.delay_ms) = (50, 50);
        meeting.run(30, |_, _| true);
        let since = meeting.network.now;
        meeting.run(60, |_, index| !stopped.contains(&index));
        let gap = meeting.longest_gap(since);
        assert!(gap < millis(500), "{gap:?}");
        assert_eq!(meeting.given_up(), 1);
        meeting.run(60, |_, _| true);
        assert_eq!(meeting.source(), 12, "taken up again");
    }
}

#[test]
fn encodings_that_pause_together_are_not_given_up() {
    let mut meeting = Meeting::new(4, 2);
    for _ in 0..5 {
        meeting.run(40, |number, _| number >= 36);
        assert_eq!(meeting.given_up(), 0);
    }
    assert_eq!(meeting.source(), 12);
}

#[test]
fn an_encoding_with_fewer_pictures_than_the_others_is_not_given_up() {
    let mut meeting = Meeting::new(5, 2);
    // Four pictures a second, while the others have thirty; first it is seen to have slowed down.
    for every in [2, 4, 6, 8] {
        meeting.run(96, |number, index| {
            index < 2 || number.is_multiple_of(every)
        });
        assert_eq!(meeting.given_up(), 0, "one picture in {every}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_fifth_of_all_packets_lost_makes_nobody_think_that_an_encoding_stopped(
        seed in 0u64..1_000,
        packets in 1usize..4,
        jitter_ms in 0u64..40,
    ) {
        let mut meeting = Meeting::new(seed, packets);
        meeting.network.up.loss_percent = 20;
        meeting.network.up.jitter_ms = jitter_ms;
        meeting.run(600, |_, _| true);
        prop_assert_eq!(meeting.given_up(), 0);
    }
}
