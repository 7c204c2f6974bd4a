//! Leaving packets in the socket for a moment, so that several are handled at once.
//!
//! Where many people send little, every packet comes alone: the thread wakes up for each, and each receiver gets a
//! message of its own. Two that are handled together cost one wake-up, and go to each receiver in one message. Network
//! cards do the same with their interrupts.

use crate::time::Time;
use std::time::Duration;

/// Media packets a second from which it pays: with fewer, hardly two meet within [`LONGEST`].
const FEWEST: u64 = 500;

/// Packets that are waited for; with more the wait for the first costs more than the last one saves.
const TOGETHER: u64 = 4;

/// Nobody hears or sees two milliseconds.
const LONGEST: Duration = Duration::from_millis(2);

/// How long packets are counted before the wait is chosen anew.
const WINDOW: Duration = Duration::from_millis(100);

/// Chooses how long the thread stays away from its sockets after a batch.
#[derive(Debug, Default)]
pub struct Gathering {
    since: Time,
    before: u64,
    pause: Duration,
}

impl Gathering {
    /// `media` packets have come up to `now`, since the engine began.
    pub fn count(&mut self, media: u64, now: Time) {
        let passed = now.since(self.since);
        if passed < WINDOW {
            return;
        }
        let came = media.saturating_sub(self.before);
        let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        let rate = came.saturating_mul(1_000_000) / micros.max(1);
        self.pause = if rate < FEWEST {
            Duration::ZERO
        } else {
            LONGEST.min(Duration::from_micros(TOGETHER * 1_000_000 / rate))
        };
        (self.since, self.before) = (now, media);
    }

    /// How long to stay away from the sockets after a batch was taken from them.
    pub fn pause(&self) -> Duration {
        self.pause
    }
}
