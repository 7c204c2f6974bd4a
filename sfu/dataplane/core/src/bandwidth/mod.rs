//! How much a transport can carry towards its receiver, from what the receiver says arrived when: the delay-based and the
//! loss-based controller of draft-ietf-rmcat-gcc-02 with what its implementers changed since, and probes.
//!
//! Everything here is pure: packets sent, feedback and the time go in, a bitrate comes out.
//! [`sent`] remembers what was sent. [`groups`] makes bursts of packets one observation, [`trend`] follows how their delays
//! change, [`detector`] says whether a queue grows, [`control`] moves the rate by it. [`loss`] holds the rate down while packets
//! are lost because of it. [`axis`] puts arrivals on one axis of time, [`queue`] is what lies on the way, [`throughput`] what arrives, [`probe`] tries whether more would. [`estimator`] puts them together.

pub mod axis;
pub mod control;
pub mod detector;
pub mod estimator;
pub mod groups;
pub mod loss;
pub mod probe;
pub mod queue;
pub mod sent;
pub mod throughput;
pub mod trend;

pub use estimator::Estimator;

/// What a transport is taken to carry before anything is known of it (SFU-2).
pub const INITIAL: u64 = 1_000_000;
/// What a transport is taken to carry at least until its receiver has shown otherwise (SFU-2).
pub const FLOOR: u64 = 600_000;
/// No estimate is below: sound must pass.
pub const LEAST: u64 = 50_000;
/// No estimate is above, whatever a receiver claims.
pub const MOST: u64 = 100_000_000;

/// What of this module an operator may set, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The estimate to start with.
    pub initial: u64,
    /// The estimate is not below, until feedback has shown a lower delivered rate.
    pub floor: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            initial: INITIAL,
            floor: FLOOR,
        }
    }
}

/// A packet that the receiver has told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acked {
    /// When it was sent.
    pub sent: crate::time::Time,
    /// When it arrived, in microseconds on the receiver's own axis.
    pub arrival: i64,
    /// Its bytes on the wire, headers of UDP and IP not counted.
    pub bytes: usize,
    /// Bytes without a number that were sent between the packet before and this one.
    pub beside: usize,
    /// The probe it was a part of.
    pub probe: Option<u8>,
    /// What it was.
    pub carried: Option<sent::Carried>,
}
