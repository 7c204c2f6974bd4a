//! A receiver whose path narrows and widens in a running meeting: who is given what, and what is seen meanwhile.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use folkmoot_core::id::{ConsumerId, ProducerId, Ssrc};
use folkmoot_core::io::{Command, Event, LayerReason};
use folkmoot_core::rtcp::remb;
use folkmoot_core::spec::{Content, Kind};
use folkmoot_core::stats::ConsumerStatistics;
use folkmoot_core::time::Time;
use support::media::{Frame, MID_ID, RID_ID, Track, read_vp8};
use support::room::{by_rid, by_ssrc, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const BOB: u16 = 5000;
const VOICE: u32 = 900;
const RIDS: [&str; 3] = ["q", "h", "f"];
/// Frames of 100 ms: with 1,200 bytes a packet about 100, 300 and 900 kbit/s.
const FRAME_MS: u64 = 100;
const PACKETS: [usize; 3] = [1, 3, 9];
const TEMPORAL: [u8; 4] = [0, 2, 1, 2];

struct Sender {
    port: u16,
    tracks: Vec<Track>,
    told: u8,
    sent_before: u8,
    /// It hears neither who asks for key frames nor which layers are wanted.
    deaf: bool,
}

/// Some cameras, one voice, and Bob who watches all of it; his browser tells what its path carries.
struct Meeting {
    network: Network,
    senders: Vec<Sender>,
    voice: Track,
    path: Option<u64>,
    frame: usize,
    /// Switches by consumer: when, to which spatial layer, why.
    switches: BTreeMap<u32, Vec<(Time, i8, LayerReason)>>,
}

impl Meeting {
    fn new(people: u16, content: Content) -> Self {
        let mut network = Network::new(17);
        network.up.delay_ms = 20;
        network.down.delay_ms = 20;
        network.connect(BOB);
        let senders = (1..=people)
            .map(|number| camera(&mut network, number, content))
            .collect();
        network
            .produce(
                1001,
                VOICE,
                producer_spec(Kind::Audio, "a", vec![by_ssrc(VOICE, None)]),
            )
            .unwrap();
        network
            .consume(BOB, VOICE, VOICE, consumer_spec(Kind::Audio, VOICE, None))
            .unwrap();
        Self {
            network,
            senders,
            voice: Track::audio(VOICE),
            path: None,
            frame: 0,
            switches: BTreeMap::new(),
        }
    }

    fn run(&mut self, seconds: u64) {
        self.run_ms(seconds * 1_000);
    }

    fn run_ms(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms / FRAME_MS {
            self.frame += 1;
            if self.frame.is_multiple_of(100) {
                self.refresh_consent();
            }
            if let (Some(path), true) = (self.path, self.frame.is_multiple_of(3)) {
                self.network.send_by(BOB, |peer| {
                    let mut out = Vec::new();
                    remb::write(&mut out, Ssrc(1), path, &[Ssrc(VOICE)]);
                    peer.seal_rtcp(&out)
                });
            }
            for sender in &mut self.senders {
                sender.send(&mut self.network, TEMPORAL[self.frame % 4]);
            }
            for _ in 0..FRAME_MS / 20 {
                let voice = self.voice.sound(self.network.peer(1001));
                self.network.send(tuple(1001), voice);
                self.network.step(millis(20));
            }
            self.listen();
        }
    }

    fn refresh_consent(&mut self) {
        let ports = self.senders.iter().map(|sender| sender.port);
        for port in ports.chain([BOB]).collect::<Vec<_>>() {
            let (ufrag, password) = (ufrag(port), password(port));
            self.network
                .send_by(port, |peer| peer.check(&ufrag, &password, true));
        }
    }

    fn listen(&mut self) {
        let now = self.network.now;
        for event in std::mem::take(&mut self.network.events) {
            match event {
                Event::LayersWanted {
                    producer, spatial, ..
                } => self.senders[producer.0 as usize - 1].told = spatial,
                Event::LayersChanged {
                    consumer,
                    spatial,
                    reason,
                    ..
                } => {
                    let switches = self.switches.entry(consumer.0).or_default();
                    switches.push((now, spatial, reason));
                }
                _ => {}
            }
        }
    }

    fn consumers(&mut self) -> BTreeMap<u32, ConsumerStatistics> {
        let all = self.network.statistics().consumers;
        all.into_iter().map(|(id, each)| (id.0, each)).collect()
    }

    /// The spatial layer of each camera's consumer, -1 for one that is suspended.
    fn layers(&mut self) -> Vec<i8> {
        let people = self.senders.len() as u32;
        let consumers = self.consumers();
        (1..=people)
            .map(|id| consumers[&id].spatial_layer)
            .collect()
    }

    /// Bits per second that Bob was sent of pictures during the last seconds.
    fn picture_rate(&mut self, seconds: u64) -> u64 {
        let since = self.network.now - Duration::from_secs(seconds);
        let got = self.network.peer(BOB).got.iter();
        let late = got.filter(|got| got.at > since && got.ssrc < VOICE);
        late.map(|got| got.payload.len() as u64 * 8).sum::<u64>() / seconds
    }

    /// The longest time without a packet of one SSRC after `since`, until now.
    fn longest_gap(&mut self, ssrc: u32, since: Time) -> Duration {
        let now = self.network.now;
        let got = self.network.peer(BOB).got.iter();
        let late = got.filter(|got| got.ssrc == ssrc && got.at > since);
        let times: Vec<_> = [since]
            .into_iter()
            .chain(late.map(|got| got.at))
            .chain([now])
            .collect();
        times
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .max()
            .unwrap()
    }
}

/// Somebody with a camera, watched by Bob.
fn camera(network: &mut Network, number: u16, content: Content) -> Sender {
    let port = 1000 + number;
    network.connect(port);
    let mut spec = producer_spec(Kind::Video, "0", RIDS.map(by_rid).to_vec());
    spec.content = content;
    network.produce(port, number.into(), spec).unwrap();
    let ssrc = u32::from(number) * 10;
    network
        .consume(
            BOB,
            number.into(),
            number.into(),
            consumer_spec(Kind::Video, ssrc, Some(ssrc + 1)),
        )
        .unwrap();
    let track = |index: usize| Track {
        size: 1_200,
        ..Track::video(ssrc + index as u32)
            .with(MID_ID, b"0")
            .with(RID_ID, RIDS[index].as_bytes())
    };
    Sender {
        port,
        tracks: (0..3).map(track).collect(),
        told: 0b111,
        sent_before: 0,
        deaf: false,
    }
}

impl Sender {
    fn send(&mut self, network: &mut Network, temporal: u8) {
        let told = if self.deaf {
            self.sent_before
        } else {
            self.told
        };
        for (index, track) in self.tracks.iter_mut().enumerate() {
            if told & 1 << index == 0 {
                continue;
            }
            let peer = network.peer(self.port);
            let asked = peer.heard.plis.iter().any(|(ssrc, _)| *ssrc == track.ssrc);
            if !self.deaf {
                peer.heard.plis.retain(|(ssrc, _)| *ssrc != track.ssrc);
            }
            let key = (asked && !self.deaf) || self.sent_before & 1 << index == 0;
            let frame = Frame {
                key,
                temporal: if key { 0 } else { temporal },
                packets: PACKETS[index],
            };
            for packet in track.frame(peer, frame) {
                network.send(tuple(self.port), packet);
            }
        }
        self.sent_before = told;
    }
}

#[test]
fn a_path_that_narrows_and_widens_takes_the_picture_down_at_once_and_up_again() {
    let mut meeting = Meeting::new(1, Content::Camera);
    meeting.path = Some(2_000_000);
    meeting.run(8);
    assert_eq!(meeting.layers(), vec![2]);
    meeting.path = Some(300_000);
    meeting.run(2);
    let narrowed = meeting.network.now;
    meeting.run(8);
    assert!(
        meeting.picture_rate(5) < 300_000,
        "within what the path carries"
    );
    assert!(meeting.layers()[0] < 2);
    meeting.path = Some(2_000_000);
    meeting.run(8);
    assert_eq!(meeting.layers(), vec![2]);
    let gap = meeting.longest_gap(10, narrowed);
    assert!(gap < millis(700), "no freeze: {gap:?}");
    let switches = &meeting.switches[&1];
    let down = |(_, _, reason): &(Time, i8, LayerReason)| *reason == LayerReason::Bandwidth;
    assert!(switches.iter().any(down), "{switches:?}");
    assert!(switches.len() <= 6, "one down, one up: {switches:?}");
}

#[test]
fn while_the_smaller_picture_is_awaited_the_base_alone_of_the_larger_one_flows() {
    let mut meeting = Meeting::new(1, Content::Camera);
    meeting.path = Some(2_000_000);
    meeting.run(8);
    assert_eq!(meeting.layers(), vec![2]);
    meeting.senders[0].deaf = true;
    meeting.path = Some(600_000);
    while meeting.consumers()[&1].allotted.unwrap().spatial == 2 {
        meeting.run_ms(FRAME_MS);
    }
    let decided = meeting.network.now + millis(20);
    let told = meeting.switches[&1].len();
    meeting.run(2);
    let seen = |meeting: &mut Meeting, since: Time| {
        let got = meeting.network.peer(BOB).got.iter();
        let late = got.filter(|got| got.ssrc == 10 && got.at > since);
        let read = late.map(|got| read_vp8(&got.payload));
        read.map(|picture| (picture.4.0, picture.2))
            .collect::<BTreeSet<_>>()
    };
    // The highest encoding still, at a quarter of its pictures.
    assert_eq!(seen(&mut meeting, decided), [(12, 0)].into());
    assert_eq!(
        meeting.switches[&1].len(),
        told,
        "nobody is told of what passes"
    );
    meeting.senders[0].deaf = false;
    meeting.run(3);
    let since = meeting.network.now;
    meeting.run(2);
    assert_eq!(
        seen(&mut meeting, since),
        [(11, 0), (11, 1), (11, 2)].into()
    );
}

#[test]
fn twenty_cameras_on_a_path_for_a_few_never_cost_the_voice_and_all_come_back() {
    let mut meeting = Meeting::new(20, Content::Camera);
    meeting.path = Some(2_000_000);
    meeting.run(10);
    assert!(
        meeting.layers().iter().all(|layer| *layer >= 0),
        "everybody is seen"
    );
    let began = meeting.network.now;
    meeting.path = Some(300_000);
    meeting.run(10);
    let seen = meeting.layers().iter().filter(|layer| **layer >= 0).count();
    assert!((2..=12).contains(&seen), "as many as fit: {seen}");
    assert!(meeting.picture_rate(5) < 300_000);
    meeting.path = Some(2_000_000);
    meeting.run(10);
    assert!(
        meeting.layers().iter().all(|layer| *layer >= 0),
        "everybody is back"
    );
    let gap = meeting.longest_gap(VOICE, began);
    assert!(gap < millis(60), "the voice goes on: {gap:?}");
    let suspended = meeting
        .switches
        .values()
        .flatten()
        .filter(|(_, spatial, _)| *spatial < 0);
    assert!(suspended.clone().count() >= 8);
    assert!(
        suspended
            .into_iter()
            .all(|(_, _, reason)| *reason == LayerReason::Bandwidth)
    );
}

#[test]
fn whoever_speaks_and_whoever_is_pinned_is_served_first() {
    let mut meeting = Meeting::new(4, Content::Camera);
    meeting.path = Some(1_300_000);
    let pin = ConsumerId(2);
    meeting
        .network
        .execute(Command::SetConsumerPriority {
            consumer: pin,
            priority: 200,
        })
        .unwrap();
    meeting.run(6);
    assert_eq!(meeting.layers()[1], 2, "{:?}", meeting.layers());
    meeting
        .network
        .execute(Command::SetConsumerPriority {
            consumer: pin,
            priority: 100,
        })
        .unwrap();
    let speaker = ProducerId(4);
    meeting
        .network
        .execute(Command::SetProducerPriority {
            producer: speaker,
            priority: 40,
        })
        .unwrap();
    meeting.run(6);
    let layers = meeting.layers();
    assert_eq!(layers[3], 2, "{layers:?}");
    assert!(
        layers.iter().all(|layer| *layer >= 0),
        "and nobody is left out: {layers:?}"
    );
}

#[test]
fn a_screen_keeps_its_resolution_and_gives_up_frames() {
    let mut meeting = Meeting::new(1, Content::Screen);
    meeting.path = Some(2_000_000);
    meeting.run(6);
    let consumers = meeting.consumers();
    assert_eq!(
        (consumers[&1].spatial_layer, consumers[&1].temporal_layer),
        (2, 2)
    );
    meeting.path = Some(600_000);
    meeting.run(6);
    let consumers = meeting.consumers();
    assert_eq!(consumers[&1].spatial_layer, 2, "as sharp as before");
    assert!(consumers[&1].temporal_layer < 2, "with fewer frames");
    assert!(consumers[&1].limited);
}

#[test]
fn the_same_meeting_twice_is_the_same_meeting() {
    let run = || {
        let mut meeting = Meeting::new(3, Content::Camera);
        for path in [900_000, 350_000, 1_200_000] {
            meeting.path = Some(path);
            meeting.run(3);
        }
        meeting.switches
    };
    assert_eq!(run(), run());
}
