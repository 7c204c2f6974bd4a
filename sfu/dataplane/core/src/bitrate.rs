//! How many bits a second go by.

use std::time::Duration;

use crate::time::Time;

/// The time a bitrate is averaged over.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts bytes in windows of a second; the last full one is the answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bitrate {
    since: Time,
    bytes: u64,
    last: u64,
}

impl Bitrate {
    /// Bytes went by.
    pub fn count(&mut self, bytes: usize, now: Time) {
        let elapsed = now.since(self.since);
        if elapsed >= WINDOW {
            let millis = u64::try_from(elapsed.as_millis())
                .unwrap_or(u64::MAX)
                .max(1);
            // After a silence what went by before says nothing of what begins now.
            let last = if elapsed > WINDOW * 2 {
                0
            } else {
                self.bytes.saturating_mul(8_000) / millis
            };
            *self = Self {
                since: now,
                bytes: 0,
                last,
            };
        }
        self.bytes += bytes as u64;
    }

    /// Bits per second over the last full second; 0 when nothing came since.
    pub fn get(&self, now: Time) -> u64 {
        if now.since(self.since) > WINDOW * 2 {
            0
        } else {
            self.last
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_told_at_its_rate_and_a_silent_one_at_none() {
        let mut bitrate = Bitrate::default();
        let at = |millis: u64| Time::from_millis(10_000 + millis);
        for step in 0..150 {
            bitrate.count(1_250, at(step * 20));
        }
        let told = bitrate.get(at(3_000));
        assert!((490_000..=510_000).contains(&told), "{told}");
        assert_eq!(bitrate.get(at(6_000)), 0);
    }
}
