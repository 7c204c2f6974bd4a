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
/// Share of what is sent that may be sent again, in 1/256: a fifth; up to a half as the receiver reports that as much is lost.
const SHARE: usize = 51;
const MOST_SHARE: usize = 128;

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
    /// Media was sent: a part of it may be sent again. `lost` is what the receiver reports, in 1/256.
    pub fn earn(&mut self, bytes: usize, lost: u8) {
        let share = (SHARE + usize::from(lost)).min(MOST_SHARE);
        self.budget = (self.budget + bytes * share / 256).min(BURST);
    }

    /// Ask to send `bytes` under the extended number `sequence` again; counts it as done. Returns whether it is not the
    /// first time.
    pub fn ask(
        &mut self,
        sequence: u64,
        bytes: usize,
        round_trip: Option<Duration>,
        now: Time,
    ) -> Result<bool, DropReason> {
        if self.recent.is_empty() {
            self.recent.resize(REMEMBERED, (u64::MAX, Time::ZERO));
        }
        let index = (sequence % REMEMBERED as u64) as usize;
        let slot = self.recent.get_mut(index).ok_or(DropReason::NackBudget)?;
        let interval = round_trip.unwrap_or(MIN_INTERVAL).max(MIN_INTERVAL);
        let repeated = slot.0 == sequence;
        if repeated && now.since(slot.1) < interval {
            return Err(DropReason::NackRepeated);
        }
        let left = self.budget.checked_sub(bytes);
        self.budget = left.ok_or(DropReason::NackBudget)?;
        *slot = (sequence, now);
        Ok(repeated)
    }

    /// Take `bytes` out of the budget.
    pub fn spend(&mut self, bytes: usize) -> Result<(), DropReason> {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.ok_or(DropReason::NackBudget)?;
        Ok(())
    }
}
