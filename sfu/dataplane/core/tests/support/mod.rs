//! A virtual network and clock around one engine: what happens depends on the seed alone.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a module of several tests, each of which uses a part of it"
)]

pub mod bad_road;
pub mod camera;
pub mod lane;
pub mod media;
pub mod pair;
pub mod peer;
pub mod room;
pub mod svc;
pub mod viewer;
pub mod voice;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use folkmoot_core::bandwidth::Limits;
use folkmoot_core::engine::Engine;
use folkmoot_core::io::{Command, CommandError, Config, Event, Reply, Tuple};
use folkmoot_core::random::Random;
use folkmoot_core::stats::Statistics;
use folkmoot_core::time::{Ntp, Time};

use lane::Lane;
use peer::Peer;

/// What a way through the network does to datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    pub delay_ms: u64,
    pub jitter_ms: u64,
    pub loss_percent: u64,
    pub duplicate_percent: u64,
}

struct Flight {
    at: Time,
    number: u64,
    to_engine: bool,
    tuple: Tuple,
    bytes: Vec<u8>,
}

/// One engine and its peers.
pub struct Network {
    pub engine: Engine,
    pub now: Time,
    pub up: Link,
    pub down: Link,
    pub events: Vec<Event>,
    pub peers: HashMap<Tuple, Peer>,
    /// What was sent to somebody who is no peer, for the test to carry on.
    pub elsewhere: Vec<(Tuple, Vec<u8>)>,
    /// Ways that are worse than `up` and `down`: towards the engine or from it, of one peer.
    pub lanes: HashMap<(bool, Tuple), Lane>,
    random: Random,
    flights: Vec<Flight>,
    number: u64,
}

pub fn tuple(port: u16) -> Tuple {
    Tuple::udp(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port)))
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Network {
    pub fn new(seed: u64) -> Self {
        let now = Time::from_millis(1_000);
        let epoch = Ntp::from_unix(Duration::from_secs(1_700_000_000));
        Self {
            engine: Engine::new(
                Config {
                    seed,
                    epoch,
                    limits: Limits::default(),
                },
                now,
            ),
            now,
            up: Link::default(),
            down: Link::default(),
            events: Vec::new(),
            peers: HashMap::new(),
            elsewhere: Vec::new(),
            lanes: HashMap::new(),
            random: Random::new(seed ^ 0x5eed),
            flights: Vec::new(),
            number: 0,
        }
    }

    pub fn execute(&mut self, command: Command) -> Result<Reply, CommandError> {
        let reply = self.engine.execute(command, self.now);
        self.drain();
        reply
    }

    pub fn statistics(&mut self) -> Statistics {
        match self.execute(Command::Statistics) {
            Ok(Reply::Statistics(statistics)) => *statistics,
            other => panic!("statistics were answered {other:?}"),
        }
    }

    /// A datagram from `tuple` to the engine, through the link.
    pub fn send(&mut self, tuple: Tuple, bytes: Vec<u8>) {
        self.launch(true, tuple, bytes);
    }

    /// A datagram straight into the engine.
    pub fn inject(&mut self, tuple: Tuple, mut bytes: Vec<u8>) {
        self.engine.datagram(tuple, &mut bytes, self.now);
        self.drain();
    }

    fn launch(&mut self, to_engine: bool, tuple: Tuple, bytes: Vec<u8>) {
        if let Some(lane) = self.lanes.get_mut(&(to_engine, tuple)) {
            for at in lane.arrivals(bytes.len(), &mut self.random, self.now) {
                self.fly(at, to_engine, tuple, bytes.clone());
            }
            return;
        }
        let link = if to_engine { self.up } else { self.down };
        let media = bytes.first().is_some_and(|first| *first >= 128);
        if media && self.random.next() % 100 < link.loss_percent {
            return;
        }
        let copies = 1 + u64::from(media && self.random.next() % 100 < link.duplicate_percent);
        for _ in 0..copies {
            let jitter = if link.jitter_ms == 0 {
                0
            } else {
                self.random.next() % (link.jitter_ms * 1000)
            };
            let at = self.now + millis(link.delay_ms) + Duration::from_micros(jitter);
            self.fly(at, to_engine, tuple, bytes.clone());
        }
    }

    fn fly(&mut self, at: Time, to_engine: bool, tuple: Tuple, bytes: Vec<u8>) {
        self.number += 1;
        self.flights.push(Flight {
            at,
            number: self.number,
            to_engine,
            tuple,
            bytes,
        });
    }

    fn drain(&mut self) {
        let sent: Vec<_> = self
            .engine
            .transmits()
            .iter()
            .map(|(tuple, bytes)| (tuple, bytes.to_vec()))
            .collect();
        self.engine.transmits().clear();
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
        for (tuple, bytes) in sent {
            if let Some(peer) = self.peers.get_mut(&tuple) {
                peer.note_sent_to(&bytes);
                self.launch(false, tuple, bytes);
            } else {
                self.elsewhere.push((tuple, bytes));
            }
        }
    }

    /// Let `duration` pass.
    pub fn step(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let flight = self
                .flights
                .iter()
                .enumerate()
                .min_by_key(|(_, flight)| (flight.at, flight.number));
            let arrival = flight.map_or(Time::FAR, |(_, flight)| flight.at);
            let due = self.engine.next_timeout().max(self.now);
            if arrival.min(due) > end {
                break;
            }
            if due <= arrival {
                self.now = due;
                self.engine.timeout(due);
            } else if let Some((index, _)) = flight {
                self.now = arrival;
                let flight = self.flights.swap_remove(index);
                self.deliver(flight);
            }
            self.drain();
        }
        self.now = end;
    }

    fn deliver(&mut self, mut flight: Flight) {
        if flight.to_engine {
            self.engine
                .datagram(flight.tuple, &mut flight.bytes, self.now);
        } else if let Some(peer) = self.peers.get_mut(&flight.tuple) {
            for answer in peer.receive(flight.bytes, self.now) {
                let tuple = flight.tuple;
                self.launch(true, tuple, answer);
            }
        }
    }

    pub fn peer(&mut self, port: u16) -> &mut Peer {
        self.peers
            .get_mut(&tuple(port))
            .expect("a peer of that port")
    }

    /// Let the peer at `port` make a datagram, and send it.
    pub fn send_by(&mut self, port: u16, make: impl FnOnce(&mut Peer) -> Vec<u8>) {
        let bytes = make(self.peer(port));
        self.send(tuple(port), bytes);
    }
}
