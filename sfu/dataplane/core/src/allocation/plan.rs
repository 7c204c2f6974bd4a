//! The division of one transport's estimate, with the past of each consumer in mind.

use std::cmp::{Ordering, Reverse};

use super::rungs::Rungs;
use super::share::{Claim, share};
use super::standing::{Direction, Standing};
use crate::ladder::Layers;
use crate::time::Time;

/// What the budget has to be before anybody is given more than they hold, in percent of what is spent.
const HEADROOM: u64 = 115;
/// The same for who loses layers because the budget fell steeply, or for the second time in a row: the queue on the
/// path has to drain, the estimate is not at its lowest yet, and each step down costs a key frame.
const AMPLE_HEADROOM: u64 = 160;
/// A steep fall: to less than this much of the last budget, in percent.
const STEEP_PERCENT: u64 = 70;

/// What there is to divide, in bits per second.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Now.
    pub now: u64,
    /// The last time.
    pub before: u64,
}

impl Budget {
    /// One that has not changed.
    pub const fn steady(now: u64) -> Self {
        Self { now, before: now }
    }

    const fn fell_steeply(self) -> bool {
        self.now < self.before / 100 * STEEP_PERCENT
    }
}

/// One consumer in a plan.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Whatever the caller knows it by.
    pub key: usize,
    /// Breaks ties between equals: the older, the lower, the first.
    pub age: u32,
    /// See [`Claim::weight`].
    pub weight: u16,
    /// What it can be given; empty while nothing flows.
    pub rungs: Rungs,
    /// The most it can use.
    pub most: Layers,
    /// Its past; changed by the plan.
    pub standing: Standing,
}

impl Row {
    /// What it is given. `Some(None)`: nothing. `None`: there is nothing to give yet.
    pub fn given(&self) -> Option<Option<Layers>> {
        self.standing.given().filter(|_| self.rungs.top() > 0)
    }

    /// Whether it could use more of what flows.
    pub fn is_limited(&self) -> bool {
        self.given()
            .is_some_and(|given| self.rungs.level(given) < self.rungs.top())
    }
}

/// Makes plans; keeps nothing between them but memory.
#[derive(Debug, Default)]
pub struct Planner {
    claims: Vec<Claim>,
}

impl Planner {
    /// Decide what each of `rows` is given and write it into its standing. `budget` is what is left of the estimate for
    /// them; `None`: there is no estimate, and everybody is given the most they can use.
    ///
    /// Sorts the rows. The same rows at the same time give the same plan.
    pub fn plan(&mut self, budget: Option<Budget>, rows: &mut [Row], now: Time) {
        let Some(budget) = budget else {
            for row in rows {
                let top = row.rungs.layers(row.rungs.top());
                if top.is_some() {
                    row.standing.give(top, Direction::Same, u64::MAX, now);
                }
            }
            return;
        };
        rows.sort_unstable_by_key(|row| (Reverse(row.weight), row.age));
        self.claims.clear();
        self.claims.extend(rows.iter().map(claim));
        share(budget.now, &mut self.claims);
        for (row, claim) in rows.iter_mut().zip(&mut self.claims) {
            let possible = claim.level > claim.held;
            if !row.standing.consider(possible, budget.now, now) {
                claim.ceiling = claim.held;
            }
        }
        share(budget.now, &mut self.claims);
        let mut lowered = false;
        for (row, claim) in rows.iter().zip(&mut self.claims) {
            let is_ample = budget.fell_steeply() || row.standing.was_lowered_lately(now);
            lowered |= leave_room(claim, is_ample);
        }
        if lowered {
            share(budget.now, &mut self.claims);
        }
        for (row, claim) in rows.iter_mut().zip(&self.claims) {
            if claim.rungs.top() > 0 {
                let layers = claim.rungs.layers(claim.level);
                row.standing
                    .give(layers, direction(row, claim), budget.now, now);
            }
        }
    }
}

/// Whoever was never given anything is given at once what fits; whoever is suspended begins at the bottom.
fn claim(row: &Row) -> Claim {
    let top = row.rungs.top();
    let ceiling = if row.standing.given() == Some(None) {
        top.min(1)
    } else {
        top
    };
    let held = row
        .standing
        .given()
        .map_or(top, |given| row.rungs.level(given));
    Claim {
        rungs: row.rungs,
        weight: row.weight,
        held,
        headroom: HEADROOM,
        ceiling,
        level: 0,
    }
}

/// Who cannot keep what they have, or gets something for the first time, gets it with headroom: one step down instead
/// of one after the other as an estimate wavers. Its lowest step needs none. Returns whether that is so.
fn leave_room(claim: &mut Claim, is_ample: bool) -> bool {
    let lowered = claim.level < claim.held;
    if lowered {
        claim.ceiling = claim.level;
        claim.held = claim.level.min(1);
        if is_ample {
            claim.headroom = AMPLE_HEADROOM;
        }
    }
    lowered
}

fn direction(row: &Row, claim: &Claim) -> Direction {
    let Some(given) = row.standing.given() else {
        return Direction::Same;
    };
    match claim.level.cmp(&claim.rungs.level(given)) {
        Ordering::Greater => Direction::Up,
        Ordering::Equal => Direction::Same,
        Ordering::Less => Direction::Down,
    }
}
