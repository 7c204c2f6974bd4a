//! The engine: what the driver calls. Every datagram, command and timeout enters here, and nowhere else.

use std::time::Duration;

use crate::allocation::run::Scratch;
use crate::bandwidth::Limits;
use crate::batch::Batch;
use crate::demux::{Class, classify};
use crate::drop::DropReason;
use crate::io::{Command, CommandError, Config, Event, Reply, Tuple};
use crate::output::Output;
use crate::random::Random;
use crate::stats::Traffic;
use crate::tables::{Hasher, Tables};
use crate::time::Time;

/// Work that is due is done together, at most this often; only what cannot wait sets an earlier deadline.
const TICK: Duration = Duration::from_millis(10);

/// The media plane of one worker, without socket, clock or thread.
#[derive(Debug)]
pub struct Engine {
    pub(crate) tables: Tables,
    pub(crate) out: Output,
    pub(crate) random: Random,
    pub(crate) hasher: Hasher,
    pub(crate) received: Traffic,
    media: u64,
    pub(crate) limits: Limits,
    wanted: Vec<u64>,
    scratch: Scratch,
}

impl Engine {
    /// An engine with nothing in it.
    pub fn new(config: Config, _now: Time) -> Self {
        let mut random = Random::new(config.seed);
        let hasher = Hasher::with_seed(random.next());
        Self {
            tables: Tables::new(&hasher),
            out: Output::default(),
            random,
            hasher,
            received: Traffic::default(),
            media: 0,
            limits: config.limits,
            wanted: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// A datagram came from `tuple`; it is decrypted in place.
    pub fn datagram(&mut self, tuple: Tuple, bytes: &mut [u8], now: Time) {
        self.received.count(bytes.len());
        let dropped = match classify(bytes) {
            Class::Unknown => Some((None, DropReason::Unknown)),
            Class::Stun => self.stun(tuple, bytes, now),
            class => self.validated(tuple, class, bytes, now),
        };
        if let Some((slot, reason)) = dropped {
            self.count(slot, reason);
        }
    }

    fn stun(
        &mut self,
        tuple: Tuple,
        bytes: &[u8],
        now: Time,
    ) -> Option<(Option<usize>, DropReason)> {
        match self.tables.receive_stun(tuple, bytes, &mut self.out, now) {
            Ok(slot) => {
                if let Some(transport) = self.tables.transports.get_mut(slot) {
                    transport.received.count(bytes.len());
                }
                None
            }
            Err(reason) => Some((None, reason)),
        }
    }

    /// Everything but STUN counts only from a path that a check has validated, and for the transport of that path.
    fn validated(
        &mut self,
        tuple: Tuple,
        class: Class,
        bytes: &mut [u8],
        now: Time,
    ) -> Option<(Option<usize>, DropReason)> {
        let Some(&slot) = self.tables.tuples.get(&tuple) else {
            return Some((None, DropReason::TupleNotValidated));
        };
        let transport = self.tables.transports.get_mut(slot)?;
        transport.received.count(bytes.len());
        if class == Class::Dtls {
            if transport.pipe.is_some() {
                return Some((Some(slot), DropReason::DtlsOnPipe));
            }
            let (transport, datagram) = (transport.id, bytes.to_vec());
            self.out.tell(Event::Dtls {
                transport,
                datagram,
            });
            return None;
        }
        if !transport.session.is_secured() {
            let kept = transport.session.keep_early(bytes);
            return kept.err().map(|reason| (Some(slot), reason));
        }
        let awaited = transport.ice.awaits_proof(tuple);
        let authentic = self.secured(slot, bytes, now);
        if awaited && authentic {
            self.tables.transports.get_mut(slot)?.ice.prove(tuple);
        }
        None
    }

    /// SRTP or SRTCP of a transport that has keys. Says whether it is of use, and so surely authentic.
    pub(crate) fn secured(&mut self, slot: usize, bytes: &mut [u8], now: Time) -> bool {
        let received = match classify(bytes) {
            Class::Rtcp => self.tables.receive_rtcp(slot, bytes, &mut self.out, now),
            _ => {
                self.media += 1;
                self.tables.receive_rtp(slot, bytes, &mut self.out, now)
            }
        };
        match received {
            Ok(_) => true,
            Err(reason) => {
                self.count(Some(slot), reason);
                false
            }
        }
    }

    fn count(&mut self, slot: Option<usize>, reason: DropReason) {
        self.out.drops.count(reason);
        if let Some(transport) = slot.and_then(|slot| self.tables.transports.get_mut(slot)) {
            transport.drops.count(reason);
        }
    }

    /// Whether a check has validated the path, and it is not forgotten.
    pub fn knows(&self, tuple: Tuple) -> bool {
        self.tables.tuples.contains_key(&tuple)
    }

    /// The connection `tuple` stands for has ended: nothing comes or goes there any more.
    pub fn disconnected(&mut self, tuple: Tuple, now: Time) {
        let slot = self.tables.tuples.remove(&tuple);
        let Some(transport) = slot.and_then(|slot| self.tables.transports.get_mut(slot)) else {
            return;
        };
        if let Some(tuple) = transport.ice.forget(tuple) {
            let transport = transport.id;
            self.out.schedule(now);
            self.out.tell(Event::IceConnected { transport, tuple });
        }
    }

    /// Carry out what the control plane asks.
    pub fn execute(&mut self, command: Command, now: Time) -> Result<Reply, CommandError> {
        self.carry_out(command, now)
    }

    /// [`next_timeout`](Self::next_timeout) has come; calling early does no harm.
    pub fn timeout(&mut self, now: Time) {
        if now < self.out.deadline {
            return;
        }
        (self.out.deadline, self.out.urgent) = (Time::FAR, Time::FAR);
        let mut next = Time::FAR;
        for slot in 0..self.tables.transports.capacity() {
            next = next.min(self.tables.poll_transport(slot, &mut self.out, now));
        }
        for slot in 0..self.tables.transports.capacity() {
            let due = self
                .tables
                .poll_allocation(slot, &mut self.scratch, &mut self.out, now);
            next = next.min(due);
        }
        for slot in 0..self.tables.producers.capacity() {
            next = next.min(self.tables.poll_interest(slot, &mut self.out, now));
            next = next.min(
                self.tables
                    .poll_producer(slot, &mut self.wanted, &mut self.out, now),
            );
        }
        self.out.heard = self
            .tables
            .poll_loudness(self.out.heard, &mut self.out, now);
        next = next.min(self.out.heard);
        self.out.deadline = next.max(now + TICK).min(self.out.urgent);
    }

    /// Whether every table is empty: nothing was added, or everything was removed without a trace.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// What is to be sent; the driver clears it once it has.
    pub fn transmits(&mut self) -> &mut Batch {
        &mut self.out.batch
    }

    /// Media packets that have come over secured paths since the engine began, of use or not.
    pub fn media(&self) -> u64 {
        self.media
    }

    /// The next thing to tell the control plane.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.take_event()
    }

    /// When to call [`timeout`](Self::timeout); [`Time::FAR`] when there is nothing to do.
    pub fn next_timeout(&self) -> Time {
        self.out.deadline
    }
}
