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
/// Share of what is sent that may be sent again, in 1/256: a fifth; up to a half as the receiver tells that as much is lost,
/// in its reports and in the feedback that its estimate is made of.
const SHARE: usize = 51;
const MOST_SHARE: usize = 128;
/// Every seventh packet, in 1/256. With fewer lost the copies cost more room than they bring.
const HEAVY_LOSS: u8 = 38;

/// What `rate` of media becomes with everything that is sent again of it, where `lost` in 256 does not arrive.
pub fn with_repairs(rate: u64, lost: u8) -> u64 {
    rate.saturating_mul(256 + repairs(lost)) / 256
}

/// The media of which no more than `rate` becomes with everything that is sent again of it.
pub fn without_repairs(rate: u64, lost: u8) -> u64 {
    rate.saturating_mul(256) / (256 + repairs(lost))
}

/// What is sent again, in 1/256 of the media: what is lost, twice where repairs are sent twice.
fn repairs(lost: u8) -> u64 {
    let copies = 1 + u64::from(Resends::doubles(false, lost));
    u64::from(lost) * copies
}

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
    /// Media was sent: a part of it may be sent again. `lost` is what of it does not arrive, in 1/256.
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
        // The receiver's own idea of the round trip may be shorter, and a request refused waits for another whole one.
        let trip = round_trip.map_or(MIN_INTERVAL, |trip| trip * 3 / 4);
        let interval = trip.max(MIN_INTERVAL);
        let repeated = slot.0 == sequence;
        if repeated && now.since(slot.1) < interval {
            return Err(DropReason::NackRepeated);
        }
        let left = self.budget.checked_sub(bytes);
        self.budget = left.ok_or(DropReason::NackBudget)?;
        *slot = (sequence, now);
        Ok(repeated)
    }

    /// Whether the packet was sent again after `since`.
    pub fn was_sent_since(&self, sequence: u64, since: Time) -> bool {
        let index = (sequence % REMEMBERED as u64) as usize;
        self.recent
            .get(index)
            .is_some_and(|(kept, at)| *kept == sequence && *at > since)
    }

    /// Whether what is sent again is to be sent twice: every seventh packet is lost, or it was lost before. The next loss
    /// would be a freeze.
    pub const fn doubles(repeated: bool, lost: u8) -> bool {
        repeated || lost >= HEAVY_LOSS
    }

    /// Take `bytes` out of the budget.
    pub fn spend(&mut self, bytes: usize) -> Result<(), DropReason> {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.ok_or(DropReason::NackBudget)?;
        Ok(())
    }
}
