//! When the pictures of a stream began. By it a sibling is found to have fallen silent long before silence alone would tell: a
//! still screen sends nothing for a second, but then nothing in any size.

use std::time::Duration;

use crate::time::Time;

/// Pictures that one encoding begins while another that flows sends not one packet. Loss does not lose so many whole.
const PICTURES: usize = 6;
/// Shorter silence is a hiccup of the network.
const LEAST: Duration = Duration::from_millis(300);
/// An encoding may have a slower rhythm than its siblings: as many of its own pictures must be missing.
const MISSED: u32 = 4;

/// When the newest pictures of a stream began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rhythm {
    began: [Option<Time>; PICTURES],
    next: usize,
    timestamp: Option<u32>,
}

impl Rhythm {
    /// A packet of the picture of `timestamp` came.
    pub fn note(&mut self, timestamp: u32, now: Time) {
        let is_newer =
            |before: u32| timestamp != before && timestamp.wrapping_sub(before) <= u32::MAX / 2;
        if !self.timestamp.is_none_or(is_newer) {
            return;
        }
        self.timestamp = Some(timestamp);
        if let Some(slot) = self.began.get_mut(self.next) {
            *slot = Some(now);
        }
        self.next = (self.next + 1) % PICTURES;
    }

    /// Since when it has begun [`PICTURES`] of them.
    fn since(&self) -> Option<Time> {
        self.began.get(self.next).copied().flatten()
    }

    /// How long it may be silent while its siblings go on.
    fn patience(&self) -> Duration {
        let newest = self.began.iter().flatten().max();
        let span = self
            .since()
            .zip(newest)
            .map(|(first, last)| last.since(first));
        let interval = span.unwrap_or_default() / (PICTURES as u32 - 1);
        LEAST.max(interval * MISSED)
    }

    /// Whether the stream of this rhythm, last heard of at `last`, has fallen silent while that of `sibling` goes on.
    pub fn is_overtaken(&self, last: Time, sibling: &Self, now: Time) -> bool {
        sibling.since().is_some_and(|since| since > last) && now.since(last) >= self.patience()
    }
}
