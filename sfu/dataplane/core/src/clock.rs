//! A producer's clocks, as its sender reports tell them (RFC 3550 section 6.4.1).

use std::time::Duration;

use crate::time::{Ntp, Time};

/// One moment on the sender's two clocks, and when we heard of it.
#[derive(Clone, Copy, Debug)]
pub struct SenderClock {
    /// On the sender's wall clock.
    pub ntp: Ntp,
    /// The same moment in the timestamp of its stream.
    pub rtp: u32,
    /// When the report came.
    pub arrival: Time,
}

impl SenderClock {
    /// The sender's wall clock and the stream's timestamp now.
    pub fn at(&self, now: Time, rate: u32) -> (Ntp, u32) {
        let elapsed = now.since(self.arrival);
        (
            self.ntp + elapsed,
            self.rtp.wrapping_add(ticks(elapsed, rate) as u32),
        )
    }
}

/// How many ticks `new` in the stream of clock `to` is after `old` in the stream of clock `from`.
pub fn distance(from: &SenderClock, old: u32, to: &SenderClock, new: u32, rate: u32) -> i64 {
    let wall = to.ntp.to_bits().wrapping_sub(from.ntp.to_bits()) as i64;
    let wall = ((i128::from(wall) * i128::from(rate)) >> 32) as i64;
    let within = |from: u32, to: u32| i64::from(to.wrapping_sub(from) as i32);
    wall.saturating_add(within(to.rtp, new))
        .saturating_sub(within(from.rtp, old))
}

/// A duration in ticks of `rate` per second.
pub fn ticks(duration: Duration, rate: u32) -> i64 {
    let ticks = duration.as_micros() * u128::from(rate) / 1_000_000;
    i64::try_from(ticks).unwrap_or(i64::MAX)
}
