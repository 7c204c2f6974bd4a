//! Which packets of a stream are missing, and when to ask for them again (RFC 4585 section 6.2.1).

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Time;

/// Missing packets remembered; a longer gap is no longer worth repairing packet by packet.
pub const CAPACITY: usize = 256;
/// A packet this late is reordered, not lost: asking earlier would fetch packets that are on their way.
const TOLERANCE: Duration = Duration::from_millis(20);
/// Asked this many times in vain, a packet is given up.
const MAX_TRIES: u8 = 10;
/// Shortest wait for an answer before asking again.
const MIN_RETRY: Duration = Duration::from_millis(40);
/// Round trip assumed before one was measured.
const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    tries: u8,
    asked: Time,
    due: Time,
}

/// What a packet's arrival meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// In order, late, or with a gap before it that will be asked for.
    Taken,
    /// After a gap too large to repair: only a key frame helps.
    GapTooLarge,
}

/// The missing packets of one stream, oldest first.
#[derive(Debug)]
pub struct NackGenerator {
    missing: VecDeque<Missing>,
    highest: Option<u64>,
    round_trip: Duration,
}

impl Default for NackGenerator {
    fn default() -> Self {
        Self {
            missing: VecDeque::new(),
            highest: None,
            round_trip: DEFAULT_ROUND_TRIP,
        }
    }
}

impl NackGenerator {
    /// A packet came, in whatever way.
    pub fn arrived(&mut self, sequence: u64, now: Time) -> Arrival {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return Arrival::Taken;
        };
        if sequence <= highest {
            self.recovered(sequence, now);
            return Arrival::Taken;
        }
        self.highest = Some(sequence);
        let gap = (sequence - highest - 1) as usize;
        if gap > CAPACITY {
            self.missing.clear();
            return Arrival::GapTooLarge;
        }
        let overflow = (self.missing.len() + gap).saturating_sub(CAPACITY);
        self.missing.drain(..overflow.min(self.missing.len()));
        self.missing
            .extend((highest + 1..sequence).map(|sequence| Missing {
                sequence,
                tries: 0,
                asked: now,
                due: now + TOLERANCE,
            }));
        if overflow > 0 {
            Arrival::GapTooLarge
        } else {
            Arrival::Taken
        }
    }

    fn recovered(&mut self, sequence: u64, now: Time) {
        let Ok(index) = self
            .missing
            .binary_search_by_key(&sequence, |missing| missing.sequence)
        else {
            return;
        };
        // An answer to a question asked once can be matched to it; after a second question it cannot (Karn).
        if let Some(missing) = self.missing.remove(index)
            && missing.tries == 1
        {
            self.round_trip = (self.round_trip * 7 + now.since(missing.asked)) / 8;
        }
    }

    /// Append to `out` what is to be asked for now, in ascending order.
    pub fn poll(&mut self, now: Time, out: &mut Vec<u64>) {
        let retry = (self.round_trip * 3 / 2).max(MIN_RETRY);
        for missing in &mut self.missing {
            if missing.due <= now && missing.tries < MAX_TRIES {
                out.push(missing.sequence);
                missing.tries += 1;
                missing.asked = now;
                missing.due = now + retry;
            }
        }
        self.missing
            .retain(|missing| missing.tries < MAX_TRIES || missing.due > now);
    }

    /// When to poll next; [`Time::FAR`] when nothing is missing.
    pub fn due(&self) -> Time {
        self.missing
            .iter()
            .map(|missing| missing.due)
            .min()
            .unwrap_or(Time::FAR)
    }

    /// Packets missing now.
    pub fn len(&self) -> usize {
        self.missing.len()
    }

    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    /// Smoothed time from question to answer.
    pub const fn round_trip(&self) -> Duration {
        self.round_trip
    }
}
