//! One division of a budget: water filled in from the bottom, the important first.

use super::rungs::Rungs;

/// One consumer's part in a division.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// What it can be given.
    pub rungs: Rungs,
    /// The more the more important; equals are treated alike.
    pub weight: u16,
    /// The level it has: it keeps it as long as it fits, without headroom.
    pub held: usize,
    /// What the budget has to be, in percent of what is spent, to give it more than it holds.
    pub headroom: u64,
    /// The level it may have at most.
    pub ceiling: usize,
    /// The level it gets.
    pub level: usize,
}

/// Divide `budget` bits per second over `claims`, which are sorted by weight, highest first.
///
/// First everybody's lowest step, in that order; what does not fit is left out, but for the most important claim: its
/// lowest step is the least a viewer gets. Then the claims of the highest weight climb, one step each in turn, until
/// nothing more fits; then those of the next. So nobody is left out while an equal has more than the lowest, and what
/// the claims get costs no more than the budget, the one exception aside.
pub fn share(budget: u64, claims: &mut [Claim]) {
    let mut purse = Purse { budget, spent: 0 };
    for claim in claims.iter_mut() {
        claim.level = 0;
    }
    if let Some(first) = claims.iter_mut().find(|claim| claim.rungs.top() > 0) {
        first.level = 1;
        purse.spent = first.rungs.rate(1);
    }
    for claim in claims.iter_mut().filter(|claim| claim.level == 0) {
        purse.climb(claim);
    }
    for equals in claims.chunk_by_mut(|one, other| one.weight == other.weight) {
        let mut climbed = true;
        while climbed {
            climbed = false;
            for claim in equals.iter_mut() {
                climbed |= purse.climb(claim);
            }
        }
    }
}

struct Purse {
    budget: u64,
    spent: u64,
}

impl Purse {
    /// One step up, if it may be and fits.
    fn climb(&mut self, claim: &mut Claim) -> bool {
        let next = claim.level + 1;
        if next > claim.ceiling.min(claim.rungs.top()) {
            return false;
        }
        let limit = if next <= claim.held {
            self.budget
        } else {
            self.budget.saturating_mul(100) / claim.headroom.max(100)
        };
        let more = claim
            .rungs
            .rate(next)
            .saturating_sub(claim.rungs.rate(claim.level));
        let spent = self.spent.saturating_add(more);
        if spent > limit {
            return false;
        }
        self.spent = spent;
        claim.level = next;
        true
    }
}
