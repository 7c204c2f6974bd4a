//! Layers within one stream: whatever is asked for, and whenever, what a consumer gets can be decoded from start to end.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use folkmoot_core::codec::descriptor::{Descriptor, Structure};
use folkmoot_core::extension::Extension;
use folkmoot_core::id::{ConsumerId, PayloadType};
use folkmoot_core::io::Command;
use folkmoot_core::spec;
use proptest::prelude::*;
use support::media::Track;
use support::peer::Got;
use support::room::{by_ssrc, consumer_spec, extension, producer_spec};
use support::svc::{DESCRIPTOR_ID, Kind, Mode, OUT_DESCRIPTOR_ID, Part, SvcCamera, read, whole};
use support::{Link, Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const CAMERA: u32 = 10;
const OUT: u32 = 20;
const RTX: u32 = 21;
/// Long enough for two key frames to be asked for, a second apart: layers not measured yet may be allotted one by one. And
/// for the layers of one pattern to be seen.
const SETTLED: usize = 75;

#[derive(Clone, Copy, Debug)]
enum Act {
    Layers(u8, u8),
    Pause,
    Resume,
    Nack(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0u8..3, 0u8..3).prop_map(|(spatial, temporal)| Act::Layers(spatial, temporal)),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        2 => (1u16..30).prop_map(Act::Nack),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    (1u8..=3, 1u8..=3, any::<bool>()).prop_map(|(spatial, temporal, key)| Mode {
        spatial,
        temporal,
        key,
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Vp9), Just(Kind::Av1)]
}

struct Stage {
    network: Network,
    camera: SvcCamera,
    wanted: (u8, u8),
    paused: bool,
}

impl Stage {
    fn new(seed: u64, camera: SvcCamera, up: Link, rtx: bool) -> Self {
        let mut network = Network::new(seed);
        network.connect(ALICE);
        network.connect(BOB);
        let mime = match camera.kind {
            Kind::Vp9 => "video/vp9",
            Kind::Av1 => "video/av1",
        };
        let mut encoding = by_ssrc(CAMERA, None);
        (encoding.spatial_layers, encoding.temporal_layers) =
            (camera.mode.spatial, camera.mode.temporal);
        let mut produced = producer_spec(spec::Kind::Video, "0", vec![encoding]);
        mime.clone_into(&mut produced.codec.mime_type);
        produced.codec.rtx_payload_type = None;
        produced
            .header_extensions
            .push(extension(Extension::DependencyDescriptor, DESCRIPTOR_ID));
        network.produce(ALICE, 1, produced).unwrap();
        let mut consumed = consumer_spec(spec::Kind::Video, OUT, rtx.then_some(RTX));
        mime.clone_into(&mut consumed.codec.mime_type);
        consumed.codec.payload_type = PayloadType(98);
        consumed.header_extensions.push(extension(
            Extension::DependencyDescriptor,
            OUT_DESCRIPTOR_ID,
        ));
        network.consume(BOB, 1, 1, consumed).unwrap();
        network.up = up;
        Self {
            network,
            camera,
            wanted: (2, 2),
            paused: false,
        }
    }

    fn play(&mut self, pictures: usize) {
        for _ in 0..pictures {
            let peer = self.network.peer(ALICE);
            let key = !peer.heard.plis.is_empty();
            peer.heard.plis.clear();
            for packet in self.camera.shoot(peer, key) {
                self.network.send(tuple(ALICE), packet);
            }
            self.network.step(millis(33));
        }
    }

    fn act(&mut self, act: Act) {
        let consumer = ConsumerId(1);
        let command = match act {
            Act::Layers(spatial, temporal) => {
                self.wanted = (spatial, temporal);
                Command::SetLayers {
                    consumer,
                    spatial,
                    temporal,
                }
            }
            Act::Pause => {
                self.paused = true;
                Command::PauseConsumer(consumer)
            }
            Act::Resume => {
                self.paused = false;
                Command::ResumeConsumer(consumer)
            }
            Act::Nack(count) => return self.nack(count),
        };
        self.network.execute(command).unwrap();
    }

    fn nack(&mut self, count: u16) {
        if let Some(last) = self
            .network
            .peer(BOB)
            .got_of(OUT)
            .iter()
            .map(|got| got.sequence)
            .next_back()
        {
            let sequences: Vec<_> = (0..count)
                .rev()
                .map(|back| last.wrapping_sub(back))
                .collect();
            self.network.send_by(BOB, |peer| peer.nack(OUT, &sequences));
        }
    }

    /// Play, and let Bob ask after each picture for what he misses.
    fn play_and_mend(&mut self, pictures: usize) {
        for _ in 0..pictures {
            self.play(1);
            let missing = self.missing();
            if !missing.is_empty() {
                self.network.send_by(BOB, |peer| peer.nack(OUT, &missing));
            }
        }
    }

    /// Numbers between those that came.
    fn missing(&mut self) -> Vec<u16> {
        let stream = self.stream();
        let pairs = stream.iter().zip(stream.iter().skip(1));
        let gaps = pairs.flat_map(|(here, next)| {
            let gap = next.sequence.wrapping_sub(here.sequence);
            (1..gap).map(|step| here.sequence.wrapping_add(step))
        });
        gaps.collect()
    }

    /// In the order of the numbers, each once, with what came as a repair.
    fn stream(&mut self) -> Vec<Got> {
        let mut stream: BTreeMap<i64, Got> = BTreeMap::new();
        let mut highest: Option<i64> = None;
        let mended = self.network.peer(BOB).got.iter().filter_map(mended);
        for got in mended {
            let extended = highest.map_or(i64::from(got.sequence), |highest| {
                highest + i64::from(got.sequence.wrapping_sub(highest as u16) as i16)
            });
            highest = highest.max(Some(extended));
            stream.entry(extended).or_insert(got);
        }
        stream.into_values().collect()
    }

    fn highest(&self) -> (u8, u8) {
        let mode = self.camera.mode;
        (
            self.wanted.0.min(mode.spatial - 1),
            self.wanted.1.min(mode.temporal - 1),
        )
    }
}

/// A packet of the stream as it was, though it came as RTX (RFC 4588).
fn mended(got: &Got) -> Option<Got> {
    let mut got = got.clone();
    match got.ssrc {
        OUT => Some(got),
        RTX => {
            let number = got.payload.drain(..2).collect::<Vec<_>>();
            got.sequence = u16::from_be_bytes(number.try_into().ok()?);
            Some(got)
        }
        _ => None,
    }
}

/// Every frame that came whole has all it needs, or needs what is missing from before the first.
fn assert_decodable(stage: &SvcCamera, stream: &[Got]) {
    let frames = whole(stream);
    for frame in &frames {
        let missing: Vec<_> = stage.needs[frame].difference(&frames).collect();
        assert!(missing.is_empty(), "{frame:?} came without {missing:?}");
    }
}

fn assert_marked(stream: &[Got]) {
    let parts: Vec<(Part, &Got)> = stream
        .iter()
        .filter_map(|got| Some((read(got)?, got)))
        .collect();
    for (here, next) in parts.iter().zip(parts.iter().skip(1)) {
        let ends = here.0.picture != next.0.picture;
        assert_eq!(
            here.1.marker, ends,
            "the marker of {:?} before {:?}",
            here.0, next.0
        );
    }
}

fn assert_identical_under_one_number(network: &mut Network) {
    for ((ssrc, number), sealed) in &network.peer(BOB).sealed {
        assert!(
            sealed.windows(2).all(|pair| pair[0] == pair[1]),
            "two packets under {number} of {ssrc}"
        );
    }
}

/// The decode targets that a receiver takes for active after the stream.
fn believed(stream: &[Got]) -> Option<(u32, Structure)> {
    let mut structure: Option<Structure> = None;
    let mut active = 0;
    for got in stream {
        let value = got.elements.iter().find(|(id, _)| *id == OUT_DESCRIPTOR_ID);
        let Some((_, value)) = value else { continue };
        let read = Descriptor::parse(value, structure.as_ref()).unwrap();
        structure = read.structure.or(structure);
        active = read.active_targets.unwrap_or(active);
    }
    Some((active, structure?))
}

fn camera(kind: Kind, mode: Mode, packets: u8) -> SvcCamera {
    SvcCamera::new(kind, mode, Track::video(CAMERA), packets)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_asked_for_all_that_comes_can_be_decoded(
        seed in any::<u64>(),
        (kind, mode) in (kind(), mode()),
        packets in 1u8..4,
        rtx in any::<bool>(),
        acts in prop::collection::vec((act(), 1usize..12), 1..12),
    ) {
        let mut stage = Stage::new(seed, camera(kind, mode, packets), Link { delay_ms: 5, ..Link::default() }, rtx);
        stage.play(10);
        for (act, pictures) in acts {
            stage.act(act);
            stage.play(pictures);
        }
        if stage.paused {
            // Only then: going on begins with a key frame, which would hide what needs none.
            stage.act(Act::Resume);
        }
        stage.play(SETTLED);
        let stream = stage.stream();
        assert_decodable(&stage.camera, &stream);
        assert_marked(&stream);
        let numbers: Vec<_> = stream.iter().map(|got| got.sequence).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "a hole in the numbers");
        assert_identical_under_one_number(&mut stage.network);
        // In the end all that was asked for comes, and nothing else.
        let last: BTreeSet<_> = stream.iter().rev().filter_map(read).take_while(|part| {
            part.picture + 8 > stage.camera.temporal.len() as u64
        }).map(|part| (part.spatial, part.temporal)).collect();
        let (spatial, temporal) = stage.highest();
        let expected: BTreeSet<_> = (0..=spatial).flat_map(|s| (0..=temporal).map(move |t| (s, t))).collect();
        prop_assert_eq!(last, expected);
        if kind == Kind::Av1 {
            let (active, structure) = believed(&stream).unwrap();
            let within = (0..structure.targets()).filter(|target| {
                structure.target_layers(*target).is_some_and(|(s, t)| s <= spatial && t <= temporal)
            });
            prop_assert_eq!(active, within.fold(0, |set, target| set | 1u32 << target));
        }
    }

    #[test]
    fn reordering_on_the_way_in_never_makes_two_packets_of_one_number(
        seed in any::<u64>(),
        (kind, mode) in (kind(), mode()),
        jitter_ms in 1u64..60,
        duplicate_percent in 0u64..10,
        acts in prop::collection::vec((act(), 1usize..12), 1..12),
    ) {
        let up = Link { delay_ms: 5, jitter_ms, duplicate_percent, ..Link::default() };
        let mut stage = Stage::new(seed, camera(kind, mode, 2), up, false);
        stage.play(10);
        for (act, pictures) in acts {
            stage.act(act);
            stage.play(pictures);
        }
        stage.network.step(millis(500));
        stage.act(Act::Nack(200));
        stage.network.step(millis(500));
        assert_identical_under_one_number(&mut stage.network);
        let mut seen = BTreeSet::new();
        for part in stage.stream().iter().filter_map(read) {
            prop_assert!(seen.insert((part.picture, part.spatial, part.index)), "{:?} came under two numbers", part);
        }
    }

    #[test]
    fn what_a_bad_road_loses_is_mended_and_all_of_it_can_be_decoded(
        seed in any::<u64>(),
        (kind, mode) in (kind(), mode()),
        packets in 1u8..4,
        rtx in any::<bool>(),
        loss_percent in 1u64..25,
        acts in prop::collection::vec((act(), 1usize..12), 1..8),
    ) {
        let mut stage = Stage::new(seed, camera(kind, mode, packets), Link { delay_ms: 5, ..Link::default() }, rtx);
        stage.play(2);
        stage.network.down = Link { delay_ms: 5, loss_percent, ..Link::default() };
        for (act, pictures) in acts {
            stage.act(act);
            stage.play_and_mend(pictures);
        }
        if stage.paused {
            stage.act(Act::Resume);
        }
        stage.play_and_mend(SETTLED);
        stage.network.down.loss_percent = 0;
        // What was lost last shows by what comes after it, and nothing may come until a lost request for a key frame
        // is repeated.
        stage.play_and_mend(SETTLED);
        let stream = stage.stream();
        let sent = stage.network.peer(BOB).sealed.keys().filter(|(ssrc, _)| *ssrc == OUT).count();
        prop_assert_eq!(stream.len(), sent, "all that was sent came, sooner or later");
        prop_assert!(stage.missing().is_empty());
        assert_decodable(&stage.camera, &stream);
        assert_marked(&stream);
        assert_identical_under_one_number(&mut stage.network);
    }
}
