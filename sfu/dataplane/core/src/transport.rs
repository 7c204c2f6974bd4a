//! ICE, DTLS path and SRTP with one browser, and the tables of what travels there.

use std::collections::{HashMap, HashSet};

use crate::allocation::run::Pace;
use crate::arrivals::Arrivals;
use crate::bandwidth::Limits;
use crate::drop::{DropReason, Drops};
use crate::ice::Ice;
use crate::id::{Ssrc, TransportId};
use crate::output::Output;
use crate::pipe::{self, Pipe};
use crate::references::References;
use crate::sending::Sending;
use crate::session::Session;
use crate::stats::{Traffic, TransportStatistics};
use crate::stream::Way;
use crate::tables::Hasher;
use crate::time::Time;

/// SSRCs that may come in on a transport, retransmissions counted apart.
pub const MAX_SSRCS: usize = 64;
/// Producers of a transport.
pub const MAX_PRODUCERS: usize = 32;
/// Consumers of a transport.
pub const MAX_CONSUMERS: usize = 1024;

/// SSRCs that may be sent from during the life of a transport.
pub const MAX_USED: usize = 65_536;

/// What an SSRC that comes in on a transport is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Slot of the producer.
    pub producer: usize,
    /// Index of its stream.
    pub stream: usize,
    /// The stream itself or its retransmissions.
    pub way: Way,
}

/// One browser's transport. An SSRC means something only within it.
#[derive(Debug)]
pub struct Transport {
    /// Its handle.
    pub id: TransportId,
    /// Paths.
    pub ice: Ice,
    /// Keys.
    pub session: Session,
    /// Who we are in feedback about what comes in.
    pub ssrc: Ssrc,
    /// Slots of what comes in.
    pub producers: Vec<usize>,
    /// Slots of what goes out.
    pub consumers: Vec<usize>,
    /// What goes out when it leads to another worker; then it has no consumers.
    pub pipe: Option<Box<Pipe>>,
    /// What comes in, by SSRC.
    pub incoming: HashMap<Ssrc, Source, Hasher>,
    /// Slots of consumers by the SSRCs of their media and retransmissions.
    pub outgoing: HashMap<Ssrc, usize, Hasher>,
    /// Every SSRC that was ever sent from. One is never used by two consumers: their numbers would meet under one key.
    pub used: HashSet<Ssrc, Hasher>,
    /// For transport-wide feedback.
    pub arrivals: Arrivals,
    /// What those behind it measure their round trip by.
    pub references: References,
    /// The way out.
    pub sending: Sending,
    /// When reports were sent last.
    pub reported: Time,
    /// When an estimate was sent last.
    pub estimated: Time,
    /// When its consumers are planned for.
    pub pace: Pace,
    /// Datagrams in.
    pub received: Traffic,
    /// Datagrams out.
    pub sent: Traffic,
    /// What was dropped of what came in.
    pub drops: Drops,
}

impl Transport {
    /// One without path and keys.
    pub fn new(
        id: TransportId,
        ice: Ice,
        ssrc: Ssrc,
        (hasher, limits): (&Hasher, Limits),
        now: Time,
    ) -> Self {
        Self {
            id,
            ice,
            session: Session::default(),
            ssrc,
            producers: Vec::new(),
            consumers: Vec::new(),
            pipe: None,
            incoming: HashMap::with_hasher(hasher.clone()),
            outgoing: HashMap::with_hasher(hasher.clone()),
            used: HashSet::with_hasher(hasher.clone()),
            arrivals: Arrivals::default(),
            references: References::default(),
            sending: Sending::new(limits),
            reported: now,
            estimated: now,
            pace: Pace::default(),
            received: Traffic::default(),
            sent: Traffic::default(),
            drops: Drops::default(),
        }
    }

    /// SSRCs that may come in.
    pub const fn max_ssrcs(&self) -> usize {
        if self.pipe.is_some() {
            pipe::MAX_SSRCS
        } else {
            MAX_SSRCS
        }
    }

    /// Producers that may come in.
    pub const fn max_producers(&self) -> usize {
        if self.pipe.is_some() {
            pipe::MAX_PRODUCERS
        } else {
            MAX_PRODUCERS
        }
    }

    /// Whether nothing comes in or goes out.
    pub fn is_idle(&self) -> bool {
        let piped = self
            .pipe
            .as_ref()
            .is_some_and(|pipe| !pipe.consumers.is_empty());
        self.producers.is_empty() && self.consumers.is_empty() && !piped
    }

    /// Whether media can be sent.
    pub fn can_send(&self) -> bool {
        self.session.is_secured() && self.ice.path().is_some()
    }

    /// Bind an SSRC that comes in. An SSRC keeps its meaning: one that has another already is refused.
    pub fn bind(&mut self, ssrc: Ssrc, source: Source) -> Result<(), DropReason> {
        match self.incoming.get(&ssrc) {
            Some(bound) if *bound == source => return Ok(()),
            Some(_) => return Err(DropReason::RtpUnknownStream),
            None if self.incoming.len() >= self.max_ssrcs() => {
                return Err(DropReason::SsrcTableFull);
            }
            None => {}
        }
        self.incoming.insert(ssrc, source);
        Ok(())
    }

    /// Forget an SSRC that no longer comes in.
    pub fn unbind(&mut self, ssrc: Ssrc) {
        self.incoming.remove(&ssrc);
        self.session.forget(ssrc.0);
    }

    /// Seal and send what `write` appends as an RTP packet with the extended number `sequence`.
    pub fn send_rtp(
        &mut self,
        out: &mut Output,
        sequence: u64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<usize, DropReason> {
        let tuple = self.ice.path().ok_or(DropReason::NoPath)?;
        let session = &mut self.session;
        let sent = out.send(tuple, |arena, start| {
            write(arena);
            session.seal_rtp(arena, start, sequence)
        })?;
        self.sent.count(sent);
        Ok(sent)
    }

    /// Seal and send what `write` appends as an RTCP compound; nothing when it appends nothing.
    pub fn send_rtcp(&mut self, out: &mut Output, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(tuple) = self.ice.path().filter(|_| self.session.is_secured()) else {
            return;
        };
        let session = &mut self.session;
        let sent = out.send(tuple, |arena, start| {
            write(arena);
            if arena.len() == start {
                Err(DropReason::RtpEmpty)
            } else {
                session.seal_rtcp(arena, start)
            }
        });
        if let Ok(sent) = sent {
            self.sent.count(sent);
        }
    }

    /// A snapshot.
    pub fn statistics(&self, now: Time) -> TransportStatistics {
        TransportStatistics {
            pipe: self.pipe.is_some(),
            connected: self.ice.path().is_some(),
            secured: self.session.is_secured(),
            remote: self.ice.selected().map(|tuple| tuple.remote.to_string()),
            protocol: self.ice.selected().map(|tuple| tuple.protocol.as_str()),
            tuples: self.ice.tuples().count(),
            ssrcs: self.incoming.len(),
            received: self.received,
            sent: self.sent,
            delivered: self.sending.delivered(),
            round_trip: self.sending.round_trip(),
            probes: self.sending.probes,
            drops: self.drops.clone(),
            estimate: self.sending.estimate(now),
        }
    }
}
