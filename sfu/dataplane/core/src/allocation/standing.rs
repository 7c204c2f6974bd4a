//! What a consumer was given before, and whether it may be given more: what keeps layers from flapping.

use std::time::Duration;

use crate::ladder::Layers;
use crate::time::Time;

/// An upgrade has to be possible for so long before it is made.
pub const RIPE: Duration = Duration::from_secs(1);
/// An upgrade that is taken back within this time has failed.
pub const TRIAL: Duration = Duration::from_secs(60);
/// After a downgrade, no upgrade for so long unless conditions change; twice as long after each further upgrade that
/// failed. With [`TRIAL`] it makes two switches a minute the most.
pub const FIRST_BAR: Duration = Duration::from_secs(60);
/// The longest time without an upgrade.
pub const LONGEST_BAR: Duration = Duration::from_secs(480);

/// An upgrade that has yet to prove itself.
#[derive(Clone, Copy, Debug)]
struct Trial {
    at: Time,
    budget: u64,
}

/// No upgrades for a while, or until the budget leaves a range: then conditions are others.
#[derive(Clone, Copy, Debug)]
struct Bar {
    until: Time,
    least: u64,
    most: u64,
    /// The range follows the budget down: it was not an upgrade that failed, the path got worse.
    follows: bool,
}

/// One consumer's history with the allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    given: Option<Option<Layers>>,
    possible: Option<Time>,
    trial: Option<Trial>,
    bar: Option<Bar>,
    patience: Duration,
    lowered: Option<Time>,
    /// Somebody asked for something: what fits is given without waiting.
    asked: bool,
}

impl Standing {
    /// What it was given last: layers, or nothing. `None`: it was never given anything.
    pub const fn given(&self) -> Option<Option<Layers>> {
        self.given
    }

    /// Whether it lost layers a short while ago.
    pub fn was_lowered_lately(&self, now: Time) -> bool {
        self.lowered.is_some_and(|at| now.since(at) < TRIAL)
    }

    /// Something else than bandwidth has changed: who is important, what is shown, who is there. What failed before may
    /// not fail now, and nobody who asks is kept waiting.
    pub fn pardon(&mut self) {
        self.asked = true;
        self.bar = None;
        self.trial = None;
        self.patience = Duration::ZERO;
    }

    /// Whether more would fit at the moment. Returns whether it may be had: one upgrade after the other only as the
    /// budget grows.
    pub fn consider(&mut self, possible: bool, budget: u64, now: Time) -> bool {
        if let Some(bar) = &mut self.bar {
            if bar.follows {
                bar.most = bar.most.min(half_more(budget));
            }
            if now >= bar.until || budget < bar.least || budget > bar.most {
                self.bar = None;
            }
        }
        let asked = std::mem::take(&mut self.asked);
        if !possible {
            self.possible = None;
            return false;
        }
        let since = *self.possible.get_or_insert(now);
        self.bar.is_none() && (asked || now.since(since) >= RIPE) && !self.is_on_trial(budget, now)
    }

    /// The last upgrade has yet to prove itself, and there is not much more than when it was made.
    fn is_on_trial(&self, budget: u64, now: Time) -> bool {
        self.trial.is_some_and(|trial| {
            now.since(trial.at) < TRIAL && budget < trial.budget.saturating_add(trial.budget / 4)
        })
    }

    /// It is given `layers`, which is a step in `direction` from what it had.
    pub fn give(&mut self, layers: Option<Layers>, direction: Direction, budget: u64, now: Time) {
        self.given = Some(layers);
        if self.trial.is_some_and(|trial| now.since(trial.at) >= TRIAL) {
            self.trial = None;
            self.patience = Duration::ZERO;
        }
        match direction {
            Direction::Same => {}
            Direction::Up => {
                self.possible = None;
                self.trial = Some(Trial { at: now, budget });
            }
            Direction::Down => {
                self.possible = None;
                self.lowered = Some(now);
                self.bar = Some(self.sentence(budget, now));
            }
        }
    }

    fn sentence(&mut self, budget: u64, now: Time) -> Bar {
        let Some(trial) = self.trial.take() else {
            return Bar {
                until: now + self.patience.max(FIRST_BAR),
                least: 0,
                most: half_more(budget),
                follows: true,
            };
        };
        self.patience = (self.patience * 2).clamp(FIRST_BAR, LONGEST_BAR);
        Bar {
            until: now + self.patience,
            least: trial.budget / 2,
            most: half_more(trial.budget),
            follows: false,
        }
    }
}

const fn half_more(budget: u64) -> u64 {
    budget.saturating_add(budget / 2)
}

/// Compared with what a consumer had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More.
    Up,
    /// As much, or given for the first time.
    Same,
    /// Less.
    Down,
}
