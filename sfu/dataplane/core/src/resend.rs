//! How often and how much may be sent again.

use std::time::Duration;

use crate::drop::DropReason;
use crate::time::Time;

/// Packets whose last repetition is remembered.
const REMEMBERED: usize = 256;
/// Shortest time between two repetitions of one packet, when the round trip is shorter or unknown.
const MIN_INTERVAL: Duration = Duration::from_millis(50);
/// Bytes that may be sent again in one burst.
const BURST: usize = 256 * 1024;
/// Share of what is sent that may be sent again: one half.
const SHARE: usize = 2;

/// The brake on one consumer's retransmissions.
#[derive(Debug)]
pub struct Resends {
    recent: Vec<(u64, Time)>,
    budget: usize,
}

impl Default for Resends {
    fn default() -> Self {
        Self {
            recent: Vec::new(),
            budget: BURST / 2,
        }
    }
}

impl Resends {
    /// Media was sent: a part of it may be sent again.
    pub fn earn(&mut self, bytes: usize) {
        self.budget = (self.budget + bytes / SHARE).min(BURST);
    }

    /// Ask to send `bytes` under the extended number `sequence` again; counts it as done.
    pub fn ask(
        &mut self,
        sequence: u64,
        bytes: usize,
        round_trip: Option<Duration>,
        now: Time,
    ) -> Result<(), DropReason> {
        if self.recent.is_empty() {
            self.recent.resize(REMEMBERED, (u64::MAX, Time::ZERO));
        }
        let index = (sequence % REMEMBERED as u64) as usize;
        let slot = self.recent.get_mut(index).ok_or(DropReason::NackBudget)?;
        let interval = round_trip.unwrap_or(MIN_INTERVAL).max(MIN_INTERVAL);
        if slot.0 == sequence && now.since(slot.1) < interval {
            return Err(DropReason::NackRepeated);
        }
        self.budget = self
            .budget
            .checked_sub(bytes)
            .ok_or(DropReason::NackBudget)?;
        *slot = (sequence, now);
        Ok(())
    }
}
