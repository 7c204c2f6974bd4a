//! The rate by what is lost. Loss that comes of sending too much goes away when less is sent; loss that does not is the
//! path's own, and sending less would help nobody (the distinction of the loss-based controller that WebRTC has now; the
//! thresholds are those of draft-ietf-rmcat-gcc-02 section 6).

use std::time::Duration;

use super::MOST;
use crate::time::Time;

/// Packets a fraction is taken over.
const WINDOW: u64 = 100;
/// Below, there is room.
const LITTLE: f64 = 0.02;
/// Above, it is too much.
const MUCH: f64 = 0.10;
const GROWTH: f64 = 1.08;
/// Between two reductions, beside a round trip.
const BETWEEN: Duration = Duration::from_millis(300);
/// Sending this much less than when the loss began should have shown.
const TRIED: f64 = 0.7;
/// Loss that is still this share of what it was has not gone away.
const REMAINS: f64 = 0.7;
/// No path's own loss is taken for more.
const MOST_INHERENT: f64 = 0.3;
/// Weight of the newest fraction in what is lost of late.
const NEWEST: f64 = 0.5;

/// Loss since it became much.
#[derive(Clone, Copy, Debug)]
struct Episode {
    rate: f64,
    fraction: f64,
}

/// Holds the rate down.
#[derive(Clone, Copy, Debug)]
pub struct LossControl {
    bound: f64,
    lost: u64,
    total: u64,
    recent: f64,
    inherent: f64,
    episode: Option<Episode>,
    reduced: Option<Time>,
    updated: Option<Time>,
}

impl Default for LossControl {
    fn default() -> Self {
        Self {
            bound: MOST as f64,
            lost: 0,
            total: 0,
            recent: 0.0,
            inherent: 0.0,
            episode: None,
            reduced: None,
            updated: None,
        }
    }
}

impl LossControl {
    /// Bits per second.
    pub fn bound(&self) -> u64 {
        self.bound as u64
    }

    /// Share of the packets that is lost of late, 0 to 1, whatever the reason.
    pub const fn recent(&self) -> f64 {
        self.recent
    }

    /// A probe has shown that so much can be delivered.
    pub fn raise(&mut self, rate: u64) {
        self.bound = self.bound.max(rate as f64);
        self.episode = None;
    }

    /// Of `total` packets that a feedback tells of `lost` were lost, while `rate` was allowed.
    pub fn report(&mut self, lost: u64, total: u64, rate: u64, round_trip: Duration, now: Time) {
        self.lost += lost;
        self.total += total;
        if self.total < WINDOW {
            return;
        }
        let fraction = self.lost as f64 / self.total as f64;
        (self.lost, self.total) = (0, 0);
        self.recent += (fraction - self.recent) * NEWEST;
        let elapsed = now.since(self.updated.replace(now).unwrap_or(now));
        if fraction < self.inherent {
            self.inherent = (self.inherent + fraction) / 2.0;
        }
        let own = ((fraction - self.inherent) / (1.0 - self.inherent)).max(0.0);
        if own < LITTLE {
            self.episode = None;
            let seconds = elapsed.min(Duration::from_secs(1)).as_secs_f64();
            self.bound = (self.bound * GROWTH.powf(seconds)).min(MOST as f64);
        } else if own > MUCH {
            self.reduce(own, fraction, rate as f64, BETWEEN + round_trip, now);
        }
    }

    fn reduce(&mut self, own: f64, fraction: f64, rate: f64, between: Duration, now: Time) {
        let episode = *self.episode.get_or_insert(Episode { rate, fraction });
        if rate <= TRIED * episode.rate && fraction >= REMAINS * episode.fraction {
            self.inherent = fraction.min(MOST_INHERENT);
            self.bound = self.bound.max(episode.rate);
            self.episode = None;
            return;
        }
        if self.reduced.is_none_or(|last| now.since(last) >= between) {
            self.reduced = Some(now);
            self.bound = self.bound.min(rate) * (1.0 - 0.5 * own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of feedbacks; `loss` is what the path loses at a rate.
    fn second(control: &mut LossControl, at: u64, loss: impl Fn(u64) -> u64) -> u64 {
        for step in 0..10 {
            let rate = control.bound().min(2_000_000);
            let now = Time::from_millis(at * 1000 + step * 100);
            control.report(loss(rate), 100, rate, Duration::from_millis(50), now);
        }
        control.bound().min(2_000_000)
    }

    #[test]
    fn loss_of_a_full_link_takes_the_rate_down_until_it_fits() {
        let mut control = LossControl::default();
        // What is above a megabit is lost.
        let link = |rate: u64| 100 - (100_000_000 / rate.max(1_000_000)).min(100);
        let settled = (0..6).fold(0, |_, at| second(&mut control, at, link));
        assert!((800_000..1_200_000).contains(&settled), "{settled}");
    }

    #[test]
    fn loss_that_stays_whatever_is_sent_is_the_paths_own() {
        let mut control = LossControl::default();
        let settled = (0..20).fold(0, |_, at| second(&mut control, at, |_| 20));
        assert!(settled >= 1_500_000, "{settled}");
    }

    #[test]
    fn a_little_loss_changes_nothing() {
        let mut control = LossControl::default();
        assert_eq!(
            (0..20).fold(0, |_, at| second(&mut control, at, |_| 5)),
            2_000_000
        );
    }
}
