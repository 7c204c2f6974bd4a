//! The rate by the delays: up while nothing queues, down to below what arrives when something does (AIMD,
//! draft-ietf-rmcat-gcc-02 section 5.5).

use std::time::Duration;

use super::detector::Usage;
use crate::time::Time;

/// What is left of the delivered rate after overuse: the queue has to empty.
const BACK_OFF: f64 = 0.85;
/// Growth per second while the capacity is not known.
const GROWTH: f64 = 1.08;
/// Near the capacity the rate grows by a packet in a response time, but by this much a second at least.
const SLOWEST_GROWTH: f64 = 4_000.0;
const PACKET_BITS: f64 = 9_600.0;
/// Nothing that was not delivered is believed to be deliverable beyond this.
const UNPROVEN: f64 = 1.2;
const UNPROVEN_MORE: f64 = 10_000.0;
/// Time between two reductions, when the round trip is shorter.
const SHORTEST_BETWEEN: Duration = Duration::from_millis(200);
/// Weight of a new observation of the capacity.
const CAPACITY_WEIGHT: f64 = 0.05;

/// How much lies on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pile {
    /// Nothing that can be told from jitter: a burst made the delays grow.
    None,
    /// Something.
    Short,
    /// So much that what arrives is what the path carries.
    Long,
}

impl Pile {
    /// What is left of the rate at least: what was delivered may only be what was sent.
    const fn least(self) -> f64 {
        match self {
            Self::None => BACK_OFF,
            Self::Short => 0.7,
            Self::Long => 0.0,
        }
    }
}

/// What the path was seen to carry when it was full.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    mean: f64,
    /// Relative to the mean, in kbit/s, as the deviation of a rate grows with its root.
    variance: f64,
}

impl Capacity {
    fn observe(known: Option<Self>, rate: f64) -> Self {
        let Some(known) = known else {
            return Self {
                mean: rate,
                variance: 0.4,
            };
        };
        let mean = (1.0 - CAPACITY_WEIGHT) * known.mean + CAPACITY_WEIGHT * rate;
        let error = (mean - rate) / 1_000.0;
        let variance = (1.0 - CAPACITY_WEIGHT) * known.variance
            + CAPACITY_WEIGHT * error.powi(2) / (mean / 1_000.0).max(1.0);
        Self {
            mean,
            variance: variance.clamp(0.4, 2.5),
        }
    }

    /// Three standard deviations.
    fn reach(self) -> f64 {
        3.0 * (self.variance * self.mean / 1_000.0).sqrt() * 1_000.0
    }
}

/// Moves the rate.
#[derive(Clone, Copy, Debug)]
pub struct RateControl {
    rate: f64,
    holds: bool,
    capacity: Option<Capacity>,
    updated: Option<Time>,
    reduced: Option<Time>,
}

impl RateControl {
    /// One that begins with `initial` bits per second.
    pub fn new(initial: u64) -> Self {
        Self {
            rate: initial as f64,
            holds: false,
            capacity: None,
            updated: None,
            reduced: None,
        }
    }

    /// Bits per second.
    pub fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// When it was reduced last.
    pub const fn reduced(&self) -> Option<Time> {
        self.reduced
    }

    /// A probe has shown that so much can be delivered.
    pub fn set(&mut self, rate: u64, now: Time) {
        self.rate = rate as f64;
        self.updated = Some(now);
        if self
            .capacity
            .is_some_and(|known| self.rate > known.mean + known.reach())
        {
            self.capacity = None;
        }
    }

    /// After each feedback. `delivered`: the rate at which packets arrived of late, which is what the path carries while
    /// a long `queue` waits, and perhaps only what was sent while none does.
    pub fn update(
        &mut self,
        usage: Usage,
        (delivered, queue): (Option<u64>, Pile),
        round_trip: Duration,
        now: Time,
    ) {
        let elapsed = now.since(self.updated.replace(now).unwrap_or(now));
        let delivered = delivered.map(|rate| rate as f64);
        match usage {
            Usage::Over => self.reduce(delivered, queue, round_trip, now),
            Usage::Under => self.holds = true,
            // One feedback's pause after a queue: it says that there is none any more.
            Usage::Normal if self.holds => self.holds = false,
            Usage::Normal => self.grow(delivered, round_trip, elapsed.min(Duration::from_secs(1))),
        }
    }

    fn reduce(&mut self, delivered: Option<f64>, pile: Pile, round_trip: Duration, now: Time) {
        self.holds = true;
        let between = round_trip.max(SHORTEST_BETWEEN);
        let lately = self.reduced.is_some_and(|last| now.since(last) < between);
        let far_above = delivered.is_some_and(|rate| rate < self.rate / 2.0);
        if lately && !(far_above && pile == Pile::Long) {
            return;
        }
        self.reduced = Some(now);
        let Some(delivered) = delivered else {
            self.rate *= BACK_OFF;
            return;
        };
        if pile == Pile::Long {
            self.observe(delivered);
        }
        let least = self.rate * pile.least();
        self.rate = self.rate.min((BACK_OFF * delivered).max(least));
    }

    fn observe(&mut self, delivered: f64) {
        if self
            .capacity
            .is_some_and(|known| (delivered - known.mean).abs() > known.reach())
        {
            self.capacity = None;
        }
        self.capacity = Some(Capacity::observe(self.capacity, delivered));
    }

    fn grow(&mut self, delivered: Option<f64>, round_trip: Duration, elapsed: Duration) {
        if let (Some(known), Some(delivered)) = (self.capacity, delivered)
            && delivered > known.mean + known.reach()
        {
            self.capacity = None;
        }
        let seconds = elapsed.as_secs_f64();
        let grown = if self.capacity.is_some() {
            let response = round_trip.as_secs_f64() + 0.1;
            self.rate + (PACKET_BITS / response).max(SLOWEST_GROWTH) * seconds
        } else {
            self.rate * GROWTH.powf(seconds) + 1_000.0 * seconds
        };
        let limit = delivered.map_or(grown, |rate| UNPROVEN * rate + UNPROVEN_MORE);
        self.rate = grown.min(limit).max(self.rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(50);

    fn feedbacks(control: &mut RateControl, usage: Usage, delivered: u64, from: u64, count: u64) {
        for step in 0..count {
            let now = Time::from_millis((from + step) * 100);
            control.update(usage, (Some(delivered), Pile::Long), ROUND_TRIP, now);
        }
    }

    #[test]
    fn overuse_takes_the_rate_below_what_arrives_once_a_round_trip() {
        let mut control = RateControl::new(2_000_000);
        feedbacks(&mut control, Usage::Over, 300_000, 0, 1);
        assert_eq!(control.rate(), 255_000);
        feedbacks(&mut control, Usage::Over, 280_000, 1, 1);
        assert_eq!(control.rate(), 255_000);
        feedbacks(&mut control, Usage::Over, 280_000, 3, 1);
        assert_eq!(control.rate(), 238_000);
    }

    #[test]
    fn without_a_queue_the_rate_grows_by_eight_percent_a_second() {
        let mut control = RateControl::new(1_000_000);
        feedbacks(&mut control, Usage::Normal, 1_000_000, 0, 11);
        assert!(
            (1_075_000..1_090_000).contains(&control.rate()),
            "{}",
            control.rate()
        );
    }

    #[test]
    fn what_is_not_used_does_not_grow() {
        let mut control = RateControl::new(1_000_000);
        feedbacks(&mut control, Usage::Normal, 100_000, 0, 1000);
        assert_eq!(control.rate(), 1_000_000);
    }

    #[test]
    fn near_the_known_capacity_growth_is_slow() {
        let mut control = RateControl::new(1_000_000);
        feedbacks(&mut control, Usage::Over, 1_000_000, 0, 1);
        feedbacks(&mut control, Usage::Normal, 850_000, 3, 12);
        let grown = control.rate() - 850_000;
        assert!((50_000..80_000).contains(&grown), "{grown}");
    }

    #[test]
    fn a_burst_that_piles_nothing_up_costs_a_little_whatever_was_sent_before_it() {
        let mut control = RateControl::new(2_000_000);
        let delivered = (Some(300_000), Pile::None);
        control.update(Usage::Over, delivered, ROUND_TRIP, Time::from_millis(0));
        assert_eq!(control.rate(), 1_700_000);
    }
}
