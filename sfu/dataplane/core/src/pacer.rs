//! Spreads bursts of pictures over time, so that they do not queue on the way in front of everybody's sound.
//!
//! What may go, goes at once; what may not leaves a ticket: where the packet is kept, and how it is to be written. It is
//! written and sealed from its producer's history when its time comes, so that waiting costs no copy.

use std::collections::VecDeque;
use std::time::Duration;

use crate::id::ConsumerId;
use crate::rewrite::Translation;
use crate::time::Time;

/// Pictures may go this much faster than the path is taken to carry, in percent: a key frame is not to take a second.
const FACTOR: u64 = 250;
/// Bytes that may go at once: what goes in so many milliseconds, but never less or more than a few packets.
const BURST_MS: u64 = 40;
const LEAST_BURST: u64 = 2_500;
const MOST_BURST: u64 = 8_000;
/// With more debt than so many bursts nothing is repeated: the receiver asks again.
const STRAINED: u64 = 2;
/// Sound that is more than the rate keeps pictures for this part of a second, not for good.
const MOST_DEBT: u64 = 2;
/// Tickets of a transport.
pub const MAX_TICKETS: usize = 1_024;
/// What has waited so long is of no use to anybody. Not sooner: what is missing is asked for again, which costs more.
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A packet that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// Slot of the consumer.
    pub slot: usize,
    /// Its handle: the slot may be another's by then.
    pub consumer: ConsumerId,
    /// The producer's stream.
    pub stream: u8,
    /// Extended sequence number within it.
    pub incoming: u64,
    /// How to write it.
    pub translation: Translation,
    /// Since when it waits.
    pub since: Time,
}

/// One transport's way out, by the clock.
#[derive(Debug, Default)]
pub struct Pacer {
    /// Bytes per second; 0: everything goes at once.
    rate: u64,
    /// Of it, what the path is taken to carry, in bytes per second.
    estimate: u64,
    /// Bytes sent that the rate has not covered yet.
    debt: u64,
    /// Bytes sent that the estimate has not covered yet.
    load: u64,
    settled: Time,
    tickets: VecDeque<Ticket>,
}

impl Pacer {
    /// What the path is taken to carry, in bits per second; `None`: nobody knows, and nothing waits. With a queue that
    /// is to empty nothing goes faster than that.
    pub fn set_estimate(&mut self, estimate: Option<u64>, drains: bool) {
        let factor = if drains { 100 } else { FACTOR };
        self.estimate = estimate.map_or(0, |estimate| estimate / 8);
        self.rate = self.estimate.saturating_mul(factor) / 100;
    }

    /// Whether there is an estimate to pace by.
    pub const fn is_active(&self) -> bool {
        self.rate > 0
    }

    /// Whether a picture's packet may go at once.
    pub fn is_open(&mut self, now: Time) -> bool {
        if self.rate == 0 {
            return self.tickets.is_empty();
        }
        self.settle(now);
        self.tickets.is_empty() && self.debt <= self.burst()
    }

    /// Whether even a repetition, which goes before pictures, would make a queue on the way.
    pub fn is_strained(&mut self, now: Time) -> bool {
        if self.rate == 0 {
            return false;
        }
        self.settle(now);
        self.load > STRAINED * self.burst()
    }

    fn burst(&self) -> u64 {
        (self.rate * BURST_MS / 1_000).clamp(LEAST_BURST, MOST_BURST)
    }

    /// Bytes went.
    pub fn spend(&mut self, bytes: usize) {
        if self.rate > 0 {
            let most = self.rate / MOST_DEBT + self.burst();
            self.debt = (self.debt + bytes as u64).min(most);
            self.load = (self.load + bytes as u64).min(self.estimate);
        }
    }

    fn settle(&mut self, now: Time) {
        let micros = now.since(self.settled).as_micros().min(1_000_000) as u64;
        let covered = self.rate * micros / 1_000_000;
        if covered > 0 {
            self.debt = self.debt.saturating_sub(covered);
            let carried = self.estimate * micros / 1_000_000;
            self.load = self.load.saturating_sub(carried);
            self.settled = now;
        }
    }

    /// Let a packet wait. `false` when too many do.
    pub fn wait(&mut self, ticket: Ticket) -> bool {
        let fits = self.tickets.len() < MAX_TICKETS;
        if fits {
            self.tickets.push_back(ticket);
        }
        fits
    }

    /// The next packet whose time has come.
    pub fn take(&mut self, now: Time) -> Option<Ticket> {
        if now < self.due(now) {
            return None;
        }
        self.tickets.pop_front()
    }

    /// When the next packet that waits may go; [`Time::FAR`] when none waits.
    pub fn due(&mut self, now: Time) -> Time {
        if self.tickets.is_empty() {
            return Time::FAR;
        }
        if self.rate == 0 {
            return now;
        }
        self.settle(now);
        let above = self.debt.saturating_sub(self.burst());
        now + Duration::from_micros(above * 1_000_000 / self.rate)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.tickets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Shift;

    fn ticket(incoming: u64) -> Ticket {
        Ticket {
            slot: 0,
            consumer: ConsumerId(1),
            stream: 0,
            incoming,
            translation: Translation {
                limit: None,
                sequence: incoming,
                shift: Shift::default(),
                filler: false,
                ends_picture: false,
            },
            since: Time::ZERO,
        }
    }

    #[test]
    fn without_an_estimate_nothing_waits() {
        let mut pacer = Pacer::default();
        for _ in 0..1000 {
            assert!(pacer.is_open(Time::from_millis(5)));
            pacer.spend(1_200);
        }
    }

    #[test]
    fn a_burst_is_spread_at_two_and_a_half_times_the_estimate() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(1_000_000), false);
        let (mut now, mut sent) = (Time::from_millis(1_000), 0);
        for number in 0..50 {
            if pacer.is_open(now) {
                pacer.spend(1_000);
                sent += 1;
            } else {
                assert!(pacer.wait(ticket(number)));
            }
        }
        assert!(sent <= 9, "{sent}");
        while pacer.waiting() > 0 {
            now = pacer.due(now);
            assert!(pacer.take(now).is_some());
            pacer.spend(1_000);
        }
        // 41 packets of 1000 bytes at 2.5 Mbit/s.
        let took = now.since(Time::from_millis(1_000)).as_millis();
        assert!((120..145).contains(&took), "{took}");
    }

    #[test]
    fn order_is_kept_and_the_queue_is_bounded() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(50_000), false);
        let now = Time::from_millis(10);
        pacer.spend(1_000_000);
        for number in 0..MAX_TICKETS as u64 {
            assert!(!pacer.is_open(now));
            assert!(pacer.wait(ticket(number)));
        }
        assert!(!pacer.wait(ticket(0)));
        pacer.set_estimate(None, false);
        assert_eq!(pacer.take(now).map(|ticket| ticket.incoming), Some(0));
        assert!(!pacer.is_open(now), "those who wait go first");
    }

    #[test]
    fn sound_beyond_the_rate_does_not_keep_pictures_for_good() {
        let mut pacer = Pacer::default();
        pacer.set_estimate(Some(50_000), true);
        for frame in 0..1_000 {
            pacer.is_open(Time::from_millis(frame * 20));
            pacer.spend(1_000);
        }
        let now = Time::from_millis(20_000);
        pacer.set_estimate(Some(500_000), false);
        assert!(pacer.is_open(now + Duration::from_millis(100)));
    }
}
