//! What a transport keeps of its way out: how much it carries, and the stamps by which its receiver can tell.

use std::time::Duration;

use crate::bandwidth::sent::Carried;
use crate::bandwidth::{Estimator, Limits};
use crate::pacer::Pacer;
use crate::time::Time;

/// What a packet that is sent bears beside its producer's extensions: new with each sending.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    number: [u8; 2],
    send_time: [u8; 3],
}

impl Stamp {
    /// Value of the transport-wide sequence number.
    pub const fn number(&self) -> &[u8; 2] {
        &self.number
    }

    /// Value of the absolute send time.
    pub const fn send_time(&self) -> &[u8; 3] {
        &self.send_time
    }
}

/// The way out of one transport.
#[derive(Debug)]
pub struct Sending {
    /// Who waits.
    pub pacer: Pacer,
    estimator: Estimator,
    /// The estimate at the last fall, or the highest since.
    planned: u64,
    /// Packets sent only to see whether they arrive.
    pub probes: u64,
}

impl Sending {
    /// One that knows nothing of its way.
    pub fn new(limits: Limits) -> Self {
        Self {
            pacer: Pacer::default(),
            estimator: Estimator::new(limits),
            planned: u64::MAX,
            probes: 0,
        }
    }

    /// Bits per second for everything sent; `None` when the receiver gives nothing to tell it from.
    pub fn estimate(&self, now: Time) -> Option<u64> {
        self.estimator.estimate(now)
    }

    /// Whether the estimate was shown rather than assumed.
    pub const fn is_proven(&self) -> bool {
        self.estimator.is_proven()
    }

    /// What would be sent, in bits per second, if there were room for all of it.
    pub fn want(&mut self, wanted: u64) {
        self.estimator.want(wanted);
    }

    /// The stamp of the next packet.
    pub fn stamp(&self, now: Time) -> Stamp {
        let [_, time @ ..] = now.abs_send_time().to_be_bytes();
        Stamp {
            number: self.estimator.next_number().to_be_bytes(),
            send_time: time,
        }
    }

    /// A packet with [`stamp`](Self::stamp) was sent.
    pub fn stamped(&mut self, bytes: usize, now: Time) {
        self.estimator.sent(bytes, now);
    }

    /// What was sent last was this packet; `None` without a stamp.
    pub fn carries(&mut self, carried: Option<Carried>) {
        if let Some(carried) = carried {
            self.estimator.carries(carried);
        }
    }

    /// A packet without a stamp was sent, as sound is.
    pub fn unstamped(&mut self, bytes: usize) {
        // Where nobody counts what arrives, nothing need be counted: one comparison on the usual way.
        if self.pacer.is_active() {
            self.estimator.unstamped(bytes);
        }
    }

    /// What arrives at the receiver, in bits per second.
    pub fn delivered(&self) -> Option<u64> {
        self.estimator.delivered()
    }

    /// Share of the packets that is lost by what the estimate is made of, in 1/256.
    pub fn lost(&self) -> u8 {
        self.estimator.lost()
    }

    /// From a packet to its feedback; `None` before there was any.
    pub fn round_trip(&self) -> Option<Duration> {
        self.estimator
            .has_feedback()
            .then(|| self.estimator.round_trip())
    }

    /// The estimate may have changed: pace by it. Returns whether it fell by so much that layers should be looked at.
    pub fn adjust(&mut self, now: Time) -> bool {
        let estimate = self.estimator.estimate(now);
        self.pacer
            .set_estimate(estimate, self.estimator.drains(now));
        let (before, after) = (self.planned, estimate.unwrap_or(u64::MAX));
        let fell = after < before - before / 8;
        if fell || after > before {
            self.planned = after;
        }
        fell
    }

    /// What the receiver says, and when to probe.
    pub const fn estimator(&mut self) -> &mut Estimator {
        &mut self.estimator
    }
}
