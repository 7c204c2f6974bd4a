//! One meeting over one bad road: a camera on a fair network, a viewer behind a lane, and a trace of what happens.

use std::fmt::Write as _;
use std::time::Duration;

use folkmoot_core::id::TransportId;
use folkmoot_core::io::{Command, Event};
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;

use super::camera::{Camera, FRAMES};
use super::lane::{Lane, Weather};
use super::room::{by_ssrc, consumer_spec, password, producer_spec, ufrag};
use super::viewer::Viewer;
use super::voice::Voice;
use super::{Network, tuple};

pub const SENDER: u16 = 5000;
pub const RECEIVER: u16 = 6000;
const TWCC_ID: u8 = 8;
const STEP: Duration = Duration::from_millis(5);
const SAMPLE: Duration = Duration::from_millis(100);

/// A moment of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub at: Time,
    pub link: u64,
    pub estimate: u64,
    /// Bits per second put on the lane since the moment before.
    pub sent: u64,
    pub queue_ms: u64,
    /// Spatial and temporal layer of the first consumer; -1 for none.
    pub layers: (i8, i8),
}

/// The meeting.
pub struct BadRoad {
    pub network: Network,
    pub trace: Vec<Moment>,
    pub viewer: Viewer,
    pub began: Time,
    cameras: Vec<(u16, Camera)>,
    voice: Option<Voice>,
    next_frame: Time,
    next_sample: Time,
    sent_before: u64,
    layers: (i8, i8),
    events_seen: usize,
}

impl BadRoad {
    /// `cameras` people with three encodings each, watched by one.
    pub fn new(seed: u64, cameras: u32, rates: [u64; 3], weather: Weather) -> Self {
        let mut network = Network::new(seed);
        network.connect(RECEIVER);
        let back = Weather { rate: 0, ..weather };
        network
            .lanes
            .insert((false, tuple(RECEIVER)), Lane::new(weather));
        network
            .lanes
            .insert((true, tuple(RECEIVER)), Lane::new(back));
        let mut streams = Vec::new();
        let mut sources = Vec::new();
        for number in 0..cameras {
            let port = SENDER + number as u16;
            network.connect(port);
            let ssrc = 1000 + number * 10;
            let encodings = (0..3).map(|index| by_ssrc(ssrc + index, Some(ssrc + 5 + index)));
            let spec = producer_spec(Kind::Video, &format!("m{number}"), encodings.collect());
            network.produce(port, 1 + number, spec).unwrap();
            let out = (50_000 + number * 10, 50_001 + number * 10);
            let mut spec = consumer_spec(Kind::Video, out.0, Some(out.1));
            spec.codec.twcc = true;
            network
                .consume(RECEIVER, 100 + number, 1 + number, spec)
                .unwrap();
            streams.push(out);
            let rates: Vec<_> = (0..3)
                .map(|index| (ssrc + index, rates[index as usize]))
                .collect();
            sources.push((port, Camera::new(&rates)));
        }
        let now = network.now;
        Self {
            network,
            trace: Vec::new(),
            viewer: Viewer::new(TWCC_ID, &streams),
            began: now,
            cameras: sources,
            voice: None,
            next_frame: now,
            next_sample: now,
            sent_before: 0,
            layers: (-1, -1),
            events_seen: 0,
        }
    }

    /// From now on the first person speaks.
    pub fn speak(&mut self) {
        let (ssrc, heard_as) = (900, 49_000);
        let spec = producer_spec(Kind::Audio, "voice", vec![by_ssrc(ssrc, None)]);
        self.network.produce(SENDER, 90, spec).unwrap();
        let spec = consumer_spec(Kind::Audio, heard_as, None);
        self.network.consume(RECEIVER, 190, 90, spec).unwrap();
        self.voice = Some(Voice::new(ssrc, heard_as, self.network.now));
    }

    /// How long the voice took from `from` to `to` seconds after the beginning, shortest first, and how many packets of it
    /// were said.
    pub fn heard(&mut self, from: u64, to: u64) -> (Vec<Duration>, usize) {
        let at = |seconds| self.began + Duration::from_secs(seconds);
        let (from, to) = (at(from), at(to));
        let got = &self.network.peer(RECEIVER).got;
        let delays = self.voice.as_ref().unwrap().delays(got, from, to);
        (delays, Voice::packets(from, to))
    }

    /// Change the way to the viewer.
    pub fn weather(&mut self, weather: Weather) {
        let back = Weather { rate: 0, ..weather };
        let lanes = &mut self.network.lanes;
        lanes.get_mut(&(false, tuple(RECEIVER))).unwrap().weather = weather;
        lanes.get_mut(&(true, tuple(RECEIVER))).unwrap().weather = back;
    }

    /// Let the meeting go on.
    pub fn run(&mut self, seconds: u64) {
        self.run_for(Duration::from_secs(seconds));
    }

    /// The same for less than a second.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.network.now + time;
        while self.network.now < end {
            if self.network.now >= self.next_frame {
                self.next_frame += Duration::from_micros(1_000_000 / FRAMES);
                self.shoot();
            }
            if let Some(voice) = &mut self.voice {
                let now = self.network.now;
                let said = voice.speak(self.network.peer(SENDER), now);
                if let Some(packet) = said {
                    self.network.send(tuple(SENDER), packet);
                }
            }
            self.network.step(STEP);
            self.watch();
            if self.network.now >= self.next_sample {
                self.next_sample += SAMPLE;
                self.sample();
            }
        }
    }

    fn shoot(&mut self) {
        let now = self.network.now;
        for (port, camera) in &mut self.cameras {
            let packets = camera.shoot(self.network.peer(*port), now);
            for packet in packets {
                self.network.send(tuple(*port), packet);
            }
        }
    }

    fn watch(&mut self) {
        let now = self.network.now;
        let answers = self.viewer.poll(self.network.peer(RECEIVER), now);
        for answer in answers {
            self.network.send(tuple(RECEIVER), answer);
        }
        for event in self
            .network
            .events
            .get(self.events_seen..)
            .unwrap_or_default()
        {
            if let Event::LayersChanged {
                consumer,
                spatial,
                temporal,
                ..
            } = event
                && consumer.0 == 100
            {
                self.layers = (*spatial, *temporal);
            }
        }
        self.events_seen = self.network.events.len();
        if now.since(self.began).as_millis() % 2500 < 5 {
            // Consent is kept.
            let senders = self.cameras.iter().map(|(port, _)| *port);
            for port in senders.chain([RECEIVER]) {
                let (ufrag, password) = (ufrag(port), password(port));
                self.network
                    .send_by(port, |peer| peer.check(&ufrag, &password, true));
            }
        }
    }

    fn sample(&mut self) {
        let now = self.network.now;
        let statistics = self.network.statistics();
        let (_, transport) = statistics
            .transports
            .iter()
            .find(|(id, _)| *id == TransportId(RECEIVER.into()))
            .unwrap();
        let sent = transport.sent.bytes;
        let lane = &self.network.lanes[&(false, tuple(RECEIVER))];
        self.trace.push(Moment {
            at: now,
            link: lane.weather.rate,
            estimate: transport.estimate.unwrap_or(0),
            sent: (sent - self.sent_before) * 8 * 10,
            queue_ms: lane.queue(now).as_millis() as u64,
            layers: self.layers,
        });
        self.sent_before = sent;
    }

    /// Moments from `from` to `to` seconds after the beginning.
    pub fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Moment> {
        let began = self.began;
        self.trace.iter().filter(move |moment| {
            let at = moment.at.since(began).as_secs_f64();
            at >= from && at < to
        })
    }

    /// Write the trace where the environment says, for the pictures in the documentation.
    pub fn save(&self, name: &str) {
        let Ok(folder) = std::env::var("FOLKMOOT_TRACES") else {
            return;
        };
        let mut csv = "seconds,link,estimate,sent,queue_ms,spatial,temporal\n".to_owned();
        for moment in &self.trace {
            let _ = writeln!(
                csv,
                "{:.1},{},{},{},{},{},{}",
                moment.at.since(self.began).as_secs_f64(),
                moment.link,
                moment.estimate,
                moment.sent,
                moment.queue_ms,
                moment.layers.0,
                moment.layers.1
            );
        }
        std::fs::write(format!("{folder}/{name}.csv"), csv).expect("a folder to write to");
    }

    /// Share of the time from `from` to `to` seconds without a moving picture of the first camera, in percent.
    pub fn frozen(&self, from: u64, to: u64) -> f64 {
        let at = |seconds| self.began + Duration::from_secs(seconds);
        let eye = &self.viewer.eyes[&50_000];
        eye.frozen(at(from), at(to)).as_secs_f64() * 100.0 / (to - from) as f64
    }

    /// Ask for a command to be carried out.
    pub fn execute(&mut self, command: Command) {
        self.network.execute(command).unwrap();
    }
}
