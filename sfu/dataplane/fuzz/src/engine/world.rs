//! An engine, the people around it, and what must hold after every call.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use folkmoot_core::bandwidth::Limits;
use folkmoot_core::demux::{Class, classify};
use folkmoot_core::engine::Engine;
use folkmoot_core::id::TransportId;
use folkmoot_core::io::{Command, Config, Tuple};
use folkmoot_core::time::{Ntp, Time};

use super::person::Person;

/// People, each with a transport of the same number; the last one is another worker, with a pipe.
pub const PEOPLE: u8 = 4;
/// One call may not send more than this: a few times all that one packet can set off.
const MOST_AT_ONCE: usize = 20_000;
/// A thread that was late catches up with a probe in many calls at one moment, each of which sends some of it.
const MOST_AGAIN: usize = 1_000;

pub struct World {
    pub engine: Engine,
    pub now: Time,
    pub people: Vec<Person>,
    /// Where a check with the right password came from, and where pipes lead.
    pub validated: HashSet<Tuple>,
    /// SSRCs of consumers, never the same twice.
    pub next_ssrc: u32,
}

/// Of the first person.
const PORT: u16 = 1000;

/// The address of a person: two by UDP, and one by TCP.
pub fn tuple(person: u8, way: u8) -> Tuple {
    let port = PORT + u16::from(person);
    match way % 3 {
        0 => Tuple::udp(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port))),
        1 => Tuple::udp(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 2), port))),
        _ => Tuple::tcp(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port))),
    }
}

impl World {
    pub fn new() -> Self {
        let now = Time::from_millis(1_000);
        let epoch = Ntp::from_unix(Duration::from_secs(1_700_000_000));
        let config = Config {
            seed: 7,
            epoch,
            limits: Limits::default(),
        };
        Self {
            engine: Engine::new(config, now),
            now,
            people: (0..PEOPLE).map(Person::new).collect(),
            validated: HashSet::new(),
            next_ssrc: 10_000,
        }
    }

    pub fn execute(&mut self, command: Command) -> bool {
        let done = self.engine.execute(command, self.now).is_ok();
        self.drain();
        done
    }

    pub fn datagram(&mut self, tuple: Tuple, mut bytes: Vec<u8>) {
        self.engine.datagram(tuple, &mut bytes, self.now);
        self.drain();
    }

    /// What the driver does after each call, with the promises it relies on.
    fn drain(&mut self) {
        assert!(self.engine.transmits().len() <= MOST_AT_ONCE);
        for (tuple, bytes) in self.engine.transmits().iter() {
            assert!(!bytes.is_empty());
            assert!(
                self.validated.contains(&tuple),
                "sent to {tuple:?}, which nothing validated"
            );
            let whose = usize::from(tuple.remote.port().wrapping_sub(PORT));
            if let (Some(person), Class::Rtp) = (self.people.get_mut(whose), classify(bytes)) {
                person.got(bytes, self.now);
            }
        }
        self.engine.transmits().clear();
        while self.engine.poll_event().is_some() {}
    }

    /// Let `duration` pass, calling the engine whenever it asks for it.
    pub fn step(&mut self, duration: Duration) {
        let end = self.now + duration;
        let mut again = 0;
        while self.engine.next_timeout() <= end {
            self.now = self.now.max(self.engine.next_timeout());
            self.engine.timeout(self.now);
            let sent = !self.engine.transmits().is_empty();
            again = if self.engine.next_timeout() > self.now {
                0
            } else {
                again + 1
            };
            assert!(
                again == 0 || (sent && again < MOST_AGAIN),
                "the deadline does not move"
            );
            self.drain();
        }
        self.now = end;
    }

    /// Remove every transport: nothing may stay behind.
    pub fn empty(&mut self) {
        for transport in 0..PEOPLE {
            self.execute(Command::RemoveTransport(TransportId(transport.into())));
        }
        assert!(self.engine.is_empty(), "something outlived its transport");
    }
}
