//! Whatever the network and the control plane do, what a consumer gets stays one continuous stream.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::collections::BTreeMap;

use folkmoot_core::id::{ConsumerId, ProducerId};
use folkmoot_core::io::Command;
use folkmoot_core::spec::Kind;
use proptest::prelude::*;
use support::media::{Frame, MID_ID, RID_ID, Track, VP8_RTX, read_vp8};
use support::peer::Got;
use support::room::{by_rid, consumer_spec, producer_spec};
use support::{Link, Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const RIDS: [&str; 3] = ["q", "h", "f"];

#[derive(Clone, Copy, Debug)]
enum Act {
    Layers(u8, u8),
    PauseConsumer,
    ResumeConsumer,
    PauseProducer,
    ResumeProducer,
    RequestKeyframe,
    /// Encodings that are sent from now on, as bits.
    Send(u8),
    /// The receiver asks for its last packets again.
    Nack(u16),
    /// The receiver's path is gone for a moment.
    Report,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u8..3, 0u8..3).prop_map(|(spatial, temporal)| Act::Layers(spatial, temporal)),
        1 => Just(Act::PauseConsumer),
        2 => Just(Act::ResumeConsumer),
        1 => Just(Act::PauseProducer),
        2 => Just(Act::ResumeProducer),
        1 => Just(Act::RequestKeyframe),
        2 => (1u8..8).prop_map(Act::Send),
        3 => (1u16..30).prop_map(Act::Nack),
        1 => Just(Act::Report),
    ]
}

struct Stage {
    network: Network,
    tracks: Vec<Track>,
    sending: u8,
    frames: usize,
}

impl Stage {
    fn new(seed: u64, up: Link, rtx: bool) -> Self {
        let mut network = Network::new(seed);
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
            .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, rtx.then_some(21)))
            .unwrap();
        network.up = up;
        let track = |(index, rid): (u32, &str)| {
            network
                .peer(ALICE)
                .rtx
                .insert(10 + index, (30 + index, VP8_RTX));
            Track::video(10 + index)
                .with(MID_ID, b"0")
                .with(RID_ID, rid.as_bytes())
        };
        let tracks = (0..).zip(RIDS).map(track).collect();
        Self {
            network,
            tracks,
            sending: 7,
            frames: 0,
        }
    }

    /// A third of a second of video, with key frames where they were asked for.
    fn play(&mut self) {
        for _ in 0..10 {
            let temporal = [0, 2, 1, 2][self.frames % 4];
            self.frames += 1;
            for (index, track) in self.tracks.iter_mut().enumerate() {
                if self.sending & 1 << index == 0 {
                    continue;
                }
                let peer = self.network.peer(ALICE);
                let asked = peer.heard.plis.iter().any(|(ssrc, _)| *ssrc == track.ssrc);
                peer.heard.plis.retain(|(ssrc, _)| *ssrc != track.ssrc);
                let temporal = if asked { 0 } else { temporal };
                let frame = Frame {
                    key: asked,
                    temporal,
                    packets: 1 + index,
                };
                for packet in track.frame(peer, frame) {
                    self.network.send(tuple(ALICE), packet);
                }
            }
            self.network.step(millis(33));
        }
    }

    fn act(&mut self, act: Act) {
        let (consumer, producer) = (ConsumerId(1), ProducerId(1));
        let command = match act {
            Act::Layers(spatial, temporal) => Command::SetLayers {
                consumer,
                spatial,
                temporal,
            },
            Act::PauseConsumer => Command::PauseConsumer(consumer),
            Act::ResumeConsumer => Command::ResumeConsumer(consumer),
            Act::PauseProducer => Command::PauseProducer(producer),
            Act::ResumeProducer => Command::ResumeProducer(producer),
            Act::RequestKeyframe => Command::RequestKeyframe(consumer),
            Act::Send(bits) => return self.sending = bits,
            Act::Nack(count) => return self.nack(count),
            Act::Report => return self.report(),
        };
        self.network.execute(command).unwrap();
    }

    fn nack(&mut self, count: u16) {
        let Some(last) = self
            .network
            .peer(BOB)
            .got_of(20)
            .iter()
            .map(|got| got.sequence)
            .next_back()
        else {
            return;
        };
        let sequences: Vec<_> = (0..count)
            .rev()
            .map(|back| last.wrapping_sub(back))
            .collect();
        self.network.send_by(BOB, |peer| peer.nack(20, &sequences));
    }

    fn report(&mut self) {
        for index in 0..self.tracks.len() {
            let (ssrc, timestamp) = (self.tracks[index].ssrc, self.tracks[index].timestamp);
            let ntp = folkmoot_core::time::Ntp::from_unix(
                self.network.now.since(folkmoot_core::time::Time::ZERO),
            );
            self.network
                .send_by(ALICE, |peer| peer.sender_report(ssrc, ntp, timestamp));
        }
    }

    /// What the consumer was sent first under each number, in order of the numbers; lost ones asked for at the end.
    fn stream(&mut self) -> BTreeMap<i64, Got> {
        let mut stream = BTreeMap::new();
        let mut highest: Option<i64> = None;
        for got in self.network.peer(BOB).got_of(20) {
            let extended = match highest {
                None => i64::from(got.sequence),
                Some(highest) => {
                    highest + i64::from(got.sequence.wrapping_sub(highest as u16) as i16)
                }
            };
            highest = highest.max(Some(extended));
            let before = stream.insert(extended, got.clone());
            assert!(before.is_none(), "number {extended} was used twice");
        }
        stream
    }
}

/// Timestamps never go back and belong to one picture; picture ids advance by one, and by more only over a hole.
fn assert_continuous(stream: &BTreeMap<i64, Got>) {
    let mut names = BTreeMap::new();
    let mut before: Option<(i64, &Got)> = None;
    for (number, got) in stream {
        if got.payload.is_empty() {
            // A filler: the number of a frame that was left out, but came too late for its number to be closed.
            continue;
        }
        let (picture, tl0, _, _, name) = read_vp8(&got.payload);
        assert_eq!(
            names.insert(name, *number),
            None,
            "packet {name:?} was sent under two numbers"
        );
        if let Some((last_number, last)) = before {
            let (last_picture, last_tl0, ..) = read_vp8(&last.payload);
            let skipped = number - last_number - 1;
            let step = got.timestamp.wrapping_sub(last.timestamp) as i32;
            assert!(step >= 0, "the timestamp went back by {step} at {number}");
            let pictures = i64::from((picture.wrapping_sub(last_picture)) & 0x7fff);
            assert_eq!(
                step == 0,
                pictures == 0,
                "one timestamp to a picture, at {number}"
            );
            assert!(
                pictures <= 1 + skipped,
                "{pictures} pictures on at {number}, {skipped} numbers skipped"
            );
            assert!(i64::from(tl0.wrapping_sub(last_tl0)) <= 1 + skipped);
            let keys = i64::from((got.payload[5].wrapping_sub(last.payload[5])) & 0x1f);
            let begins_key = got.payload[6] & 1 == 0 && pictures != 0;
            assert!(
                keys == i64::from(begins_key) || (skipped > 0 && keys <= 1 + skipped),
                "KEYIDX advanced by {keys} at {number}"
            );
        }
        before = Some((*number, got));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_consumer_sees_one_stream_under_loss_reordering_and_switches(
        seed in any::<u64>(),
        loss_percent in 0u64..20,
        jitter_ms in 0u64..60,
        duplicate_percent in 0u64..10,
        rtx in any::<bool>(),
        acts in prop::collection::vec(act(), 1..20),
    ) {
        let up = Link { delay_ms: 10, jitter_ms, loss_percent, duplicate_percent };
        let mut stage = Stage::new(seed, up, rtx);
        for act in acts {
            stage.play();
            stage.act(act);
        }
        stage.play();
        stage.network.step(millis(500));
        assert_continuous(&stage.stream());
        assert_identical_under_one_number(&mut stage);
    }

    #[test]
    fn without_loss_the_numbers_have_no_hole(
        seed in any::<u64>(),
        duplicate_percent in 0u64..10,
        acts in prop::collection::vec(act(), 1..20),
    ) {
        let mut stage = Stage::new(seed, Link { duplicate_percent, ..Link::default() }, true);
        for act in acts {
            stage.play();
            stage.act(act);
        }
        stage.play();
        let stream = stage.stream();
        assert_continuous(&stream);
        let numbers: Vec<_> = stream.keys().copied().collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
        prop_assert!(stream.values().all(|got| !got.payload.is_empty()));
    }

    #[test]
    fn what_reordering_delays_the_receiver_can_ask_for(
        seed in any::<u64>(),
        jitter_ms in 0u64..60,
        acts in prop::collection::vec(act(), 1..12),
    ) {
        let mut stage = Stage::new(seed, Link { delay_ms: 5, jitter_ms, ..Link::default() }, true);
        for act in acts {
            stage.play();
            stage.act(act);
            ask_for_holes(&mut stage);
        }
        stage.network.step(millis(200));
        ask_for_holes(&mut stage);
        stage.network.step(millis(200));
        prop_assert!(holes(&mut stage).is_empty());
    }
}

/// Numbers neither sent nor repaired by RTX.
fn holes(stage: &mut Stage) -> Vec<u16> {
    let repaired: Vec<_> = stage
        .network
        .peer(BOB)
        .got_of(21)
        .iter()
        .map(|got| [got.payload[0], got.payload[1]])
        .collect();
    let stream = stage.stream();
    let (Some((first, _)), Some((last, _))) = (stream.first_key_value(), stream.last_key_value())
    else {
        return Vec::new();
    };
    let missing = (*first..*last)
        .filter(|number| !stream.contains_key(number))
        .map(|number| number as u16);
    missing
        .filter(|number| !repaired.contains(&number.to_be_bytes()))
        .collect()
}

fn ask_for_holes(stage: &mut Stage) {
    let holes = holes(stage);
    if !holes.is_empty() {
        stage.network.send_by(BOB, |peer| peer.nack(20, &holes));
    }
}

/// SRTP must never see two packets under one index; what is sealed twice must be the same to the last byte.
fn assert_identical_under_one_number(stage: &mut Stage) {
    for ((ssrc, number), sealed) in &stage.network.peer(BOB).sealed {
        assert!(
            sealed.windows(2).all(|pair| pair[0] == pair[1]),
            "two packets under {number} of {ssrc}"
        );
    }
}
