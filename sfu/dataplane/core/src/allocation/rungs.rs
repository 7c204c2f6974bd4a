//! The steps a consumer can be given, worst first.

use crate::ladder::{Ladder, Layers, MAX_SPATIAL};
use crate::spec::Content;

/// Steps of one consumer at most: four spatial layers with three temporal ones. Of more, those in the middle are left
/// out.
pub const MAX_RUNGS: usize = 12;

/// What a consumer can be given, each step better and dearer than the one before.
///
/// Level 0 is nothing at all, level 1 the first step. A camera gives up sharpness before it gives up motion: of its
/// upper spatial layers a quarter of the frames is no step. A screen gives up motion first: it climbs to the highest
/// spatial layer at its lowest frame rate before any frames are added.
#[derive(Clone, Copy, Debug)]
pub struct Rungs {
    list: [(Layers, u64); MAX_RUNGS],
    count: usize,
}

impl Default for Rungs {
    fn default() -> Self {
        Self {
            list: [(Layers::default(), 0); MAX_RUNGS],
            count: 0,
        }
    }
}

impl Rungs {
    /// The steps of `ladder` up to `most`. When everything that flows is above, the lowest of that is the only step.
    pub fn new(ladder: &Ladder, most: Layers, content: Content) -> Self {
        let mut rungs = Self::default();
        let below = |layers: Layers| layers.at_most(most) == layers;
        match content {
            Content::Camera => {
                for (layers, rate) in ladder.steps().filter(|(layers, _)| below(*layers)) {
                    if !(rungs.count > 0 && is_jerky(ladder, layers, most)) {
                        rungs.push(layers, rate);
                    }
                }
            }
            Content::Screen => {
                let spatial = |wanted: u8| {
                    ladder
                        .steps()
                        .filter(move |(layers, _)| layers.spatial == wanted && below(*layers))
                };
                for each in 0..MAX_SPATIAL as u8 {
                    if let Some((layers, rate)) = spatial(each).next() {
                        rungs.push(layers, rate);
                    }
                }
                let top = rungs.layers(rungs.top());
                for (layers, rate) in top.into_iter().flat_map(|top| spatial(top.spatial)).skip(1) {
                    rungs.push(layers, rate);
                }
            }
        }
        if let (0, Some((layers, rate))) = (rungs.count, ladder.lowest()) {
            rungs.push(layers, rate);
        }
        rungs
    }

    /// What costs no less than something better is no step.
    fn push(&mut self, layers: Layers, rate: u64) {
        while self.count > 0 && self.rate(self.count) >= rate {
            self.count -= 1;
        }
        self.count = self.count.min(MAX_RUNGS - 1);
        if let Some(slot) = self.list.get_mut(self.count) {
            *slot = (layers, rate);
            self.count += 1;
        }
    }

    /// The highest level.
    pub const fn top(&self) -> usize {
        self.count
    }

    /// What the level is; `None` for level 0.
    pub fn layers(&self, level: usize) -> Option<Layers> {
        self.steps()
            .get(level.wrapping_sub(1))
            .map(|(layers, _)| *layers)
    }

    /// Bits per second of the level.
    pub fn rate(&self, level: usize) -> u64 {
        self.steps()
            .get(level.wrapping_sub(1))
            .map_or(0, |(_, rate)| *rate)
    }

    /// The best level within `layers`; at least 1 for anything but nothing, as long as there is a step.
    pub fn level(&self, layers: Option<Layers>) -> usize {
        let Some(layers) = layers else {
            return 0;
        };
        let within = |(step, _): &(Layers, u64)| step.at_most(layers) == *step;
        let best = self.steps().iter().rposition(within);
        best.map_or(1, |index| index + 1).min(self.count)
    }

    fn steps(&self) -> &[(Layers, u64)] {
        self.list.get(..self.count).unwrap_or_default()
    }
}

/// Whether `layers` shows a quarter of the frames there are, and half of them could be had.
fn is_jerky(ladder: &Ladder, layers: Layers, most: Layers) -> bool {
    let frames = |temporal| Layers { temporal, ..layers };
    layers.temporal == 0
        && most.temporal > 0
        && [1, 2]
            .iter()
            .all(|each| ladder.rate(frames(*each)).is_some())
}
