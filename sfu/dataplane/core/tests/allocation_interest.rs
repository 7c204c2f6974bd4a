//! What is asked of senders: layers that nobody watches stop, and are there again when somebody does.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::id::{ConsumerId, ProducerId};
use folkmoot_core::io::{Command, CommandError, Event};
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;
use support::media::{Frame, MID_ID, RID_ID, Track};
use support::room::{by_rid, by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const CAROL: u16 = 1003;
const RIDS: [&str; 3] = ["q", "h", "f"];
const FRAME_MS: u64 = 33;

/// Alice sends three encodings and does as she is told; whoever watches is there, and watches nothing yet.
struct Meeting {
    network: Network,
    tracks: [Track; 3],
    told: u8,
    sent_before: u8,
    history: Vec<(Time, u8)>,
}

impl Meeting {
    fn new(viewers: &[u16]) -> Self {
        let mut network = Network::new(9);
        network.up.delay_ms = 40;
        network.down.delay_ms = 40;
        network.connect(ALICE);
        network
            .produce(
                ALICE,
                1,
                producer_spec(Kind::Video, "0", RIDS.map(by_rid).to_vec()),
            )
            .unwrap();
        for port in viewers {
            network.connect(*port);
        }
        let track = |index: u32| {
            Track::video(10 + index)
                .with(MID_ID, b"0")
                .with(RID_ID, RIDS[index as usize].as_bytes())
        };
        Self {
            network,
            tracks: [track(0), track(1), track(2)],
            told: 0b111,
            sent_before: 0,
            history: Vec::new(),
        }
    }

    fn watch(&mut self, port: u16) -> ConsumerId {
        let consumer = ConsumerId(port.into());
        self.network
            .consume(
                port,
                port.into(),
                1,
                consumer_spec(Kind::Video, 20, Some(21)),
            )
            .unwrap();
        consumer
    }

    fn command(&mut self, command: Command) {
        self.network.execute(command).unwrap();
    }

    fn show(&mut self, consumer: ConsumerId, width: u16, height: u16) {
        self.command(Command::SetConsumerSize {
            consumer,
            width,
            height,
        });
    }

    /// Let time pass while Alice sends what she was told to; a key frame where one was asked for or an encoding begins.
    fn run(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms / FRAME_MS {
            for (index, track) in self.tracks.iter_mut().enumerate() {
                if self.told & 1 << index == 0 {
                    continue;
                }
                let alice = self.network.peer(ALICE);
                let asked = alice.heard.plis.iter().any(|(ssrc, _)| *ssrc == track.ssrc);
                alice.heard.plis.retain(|(ssrc, _)| *ssrc != track.ssrc);
                let frame = Frame {
                    key: asked || self.sent_before & 1 << index == 0,
                    temporal: 0,
                    packets: 1 + 2 * index,
                };
                for packet in track.frame(alice, frame) {
                    self.network.send(tuple(ALICE), packet);
                }
            }
            self.sent_before = self.told;
            self.network.step(millis(FRAME_MS));
            self.listen();
        }
    }

    fn listen(&mut self) {
        let now = self.network.now;
        for event in &self.network.events {
            if let Event::LayersWanted {
                producer, spatial, ..
            } = event
            {
                assert_eq!(*producer, ProducerId(1));
                self.told = *spatial;
                self.history.push((now, *spatial));
            }
        }
        self.network.events.clear();
    }

    /// Which encoding a viewer got last, and when.
    fn seen(&mut self, port: u16) -> Option<(u32, Time)> {
        let got = self.network.peer(port).got.last()?;
        let payload = &got.payload;
        let ssrc = u32::from_be_bytes(payload[12..16].try_into().unwrap());
        Some((ssrc - 10, got.at))
    }

    /// How long until a viewer gets its first packet of an encoding, from now on.
    fn wait_for(&mut self, port: u16, encoding: u32) -> u64 {
        let began = self.network.now;
        while self
            .seen(port)
            .is_none_or(|(layer, at)| layer != encoding || at <= began)
        {
            self.run(FRAME_MS);
            assert!(
                self.network.now.since(began) < millis(5_000),
                "it never came"
            );
        }
        self.network.now.since(began).as_millis() as u64
    }
}

#[test]
fn a_producer_nobody_watches_is_told_to_stop() {
    let mut meeting = Meeting::new(&[]);
    meeting.run(2_500);
    assert!(meeting.history.is_empty(), "not yet");
    meeting.run(1_500);
    assert_eq!(meeting.told, 0);
    meeting.run(10_000);
    assert_eq!(meeting.history.len(), 1, "told once");
}

#[test]
fn whoever_begins_to_watch_has_a_picture_within_a_second() {
    let mut meeting = Meeting::new(&[BOB]);
    meeting.run(5_000);
    assert_eq!(meeting.told, 0);
    meeting.watch(BOB);
    let waited = meeting.wait_for(BOB, 2);
    assert!(waited < 1_000, "{waited} ms");
}

#[test]
fn the_layers_between_what_is_watched_stop_and_the_lowest_stays_to_fall_back_to() {
    let mut meeting = Meeting::new(&[BOB, CAROL]);
    let bob = meeting.watch(BOB);
    meeting.run(6_000);
    assert_eq!(meeting.told, 0b101);
    let carol = meeting.watch(CAROL);
    meeting.show(carol, 640, 360);
    meeting.run(1_000);
    assert_eq!(meeting.told, 0b111);
    meeting.show(bob, 320, 180);
    meeting.run(6_000);
    assert_eq!(meeting.told, 0b011);
    assert_eq!(meeting.seen(BOB).unwrap().0, 0);
    assert_eq!(meeting.seen(CAROL).unwrap().0, 1);
}

#[test]
fn a_layer_wanted_again_is_back_within_a_second_and_nothing_freezes_meanwhile() {
    let mut meeting = Meeting::new(&[BOB]);
    let bob = meeting.watch(BOB);
    meeting.show(bob, 200, 112);
    meeting.run(6_000);
    assert_eq!(meeting.told, 0b001);
    let before = meeting.network.peer(BOB).got.len();
    meeting.show(bob, 1280, 720);
    let waited = meeting.wait_for(BOB, 2);
    assert!(waited < 1_000, "{waited} ms");
    assert_eq!(meeting.told, 0b101, "and not the one between");
    meeting.run(2_000);
    let got = &meeting.network.peer(BOB).got[before.saturating_sub(1)..];
    let gap = got
        .windows(2)
        .map(|pair| pair[1].at.since(pair[0].at))
        .max()
        .unwrap();
    assert!(gap < millis(200), "a freeze of {gap:?}");
}

#[test]
fn a_paused_consumer_wants_nothing_and_resumed_wants_at_once() {
    let mut meeting = Meeting::new(&[BOB]);
    let bob = meeting.watch(BOB);
    meeting.run(1_000);
    meeting.command(Command::PauseConsumer(bob));
    meeting.run(4_000);
    assert_eq!(meeting.told, 0);
    meeting.command(Command::ResumeConsumer(bob));
    let waited = meeting.wait_for(BOB, 2);
    assert!(waited < 1_000, "{waited} ms");
    meeting.command(Command::RemoveConsumer(bob));
    meeting.run(4_000);
    assert_eq!(meeting.told, 0);
}

#[test]
fn a_sender_that_is_asked_for_the_top_layer_and_cannot_send_it_is_not_asked_to_stop_what_is_seen() {
    let mut meeting = Meeting::new(&[BOB]);
    meeting.watch(BOB);
    meeting.run(3_000);
    // Its own way up is narrow: the top encoding does not come whatever is wanted.
    for _ in 0..600 {
        meeting.told &= 0b011;
        meeting.run(FRAME_MS);
    }
    assert_eq!(
        meeting.history.last().unwrap().1,
        0b111,
        "wanted, and what is seen meanwhile"
    );
    assert_eq!(meeting.seen(BOB).unwrap().0, 1);
    assert!(meeting.history.len() <= 3, "{:?}", meeting.history);
}

#[test]
fn the_layer_below_one_that_does_not_come_is_woken() {
    let mut meeting = Meeting::new(&[BOB]);
    meeting.watch(BOB);
    meeting.run(6_000);
    assert_eq!(meeting.told, 0b101, "the one between sleeps");
    for _ in 0..200 {
        meeting.told &= 0b011;
        meeting.run(FRAME_MS);
    }
    assert_eq!(meeting.history.last().unwrap().1, 0b111);
    assert_eq!(meeting.seen(BOB).unwrap().0, 1);
}

#[test]
fn sound_is_never_asked_to_stop() {
    let mut network = Network::new(9);
    network.connect(ALICE);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]),
        )
        .unwrap();
    network.step(millis(20_000));
    let told = |event: &Event| matches!(event, Event::LayersWanted { .. });
    assert!(!network.events.iter().any(told));
}

#[test]
fn sizes_and_priorities_that_make_no_sense_are_refused() {
    let mut meeting = Meeting::new(&[BOB]);
    let consumer = meeting.watch(BOB);
    let mut refused = |command| {
        meeting
            .network
            .execute(command)
            .map_err(|error: CommandError| error.code())
            .unwrap_err()
    };
    let (width, height) = (0, 10);
    assert_eq!(
        refused(Command::SetConsumerSize {
            consumer,
            width,
            height
        }),
        "VALIDATION"
    );
    assert_eq!(
        refused(Command::SetConsumerPriority {
            consumer,
            priority: 0
        }),
        "VALIDATION"
    );
    let consumer = ConsumerId(99);
    assert_eq!(
        refused(Command::SetConsumerPriority {
            consumer,
            priority: 1
        }),
        "NOT_FOUND"
    );
    let producer = ProducerId(99);
    assert_eq!(
        refused(Command::SetProducerPriority {
            producer,
            priority: 1
        }),
        "NOT_FOUND"
    );
}
