//! What each layer of a producer costs a receiver.

/// Spatial layers a producer may have: simulcast encodings, or SVC layers of one encoding.
pub const MAX_SPATIAL: usize = 8;
/// Temporal layers a spatial layer may have.
pub const MAX_TEMPORAL: usize = 4;

/// A spatial and a temporal layer; a consumer that gets them gets all below that they need.
///
/// One numbering for simulcast and SVC: `spatial` is the encoding of a producer with several, the spatial layer of the
/// stream of a producer with one. Compared by spatial layer first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layers {
    /// 0 the lowest.
    pub spatial: u8,
    /// 0 the lowest.
    pub temporal: u8,
}

impl Layers {
    /// More than anybody has: "the highest there is".
    pub const HIGHEST: Self = Self {
        spatial: u8::MAX,
        temporal: u8::MAX,
    };

    /// The lower of the two in each dimension.
    pub fn at_most(self, other: Self) -> Self {
        Self {
            spatial: self.spatial.min(other.spatial),
            temporal: self.temporal.min(other.temporal),
        }
    }
}

/// Bits a second a receiver of given layers is sent, all layers below that they need among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    rates: [[u64; MAX_TEMPORAL]; MAX_SPATIAL],
}

impl Ladder {
    /// Layers `layers` cost `rate` bits per second; 0: they do not flow.
    pub fn set(&mut self, layers: Layers, rate: u64) {
        let row = self.rates.get_mut(usize::from(layers.spatial));
        if let Some(slot) = row.and_then(|row| row.get_mut(usize::from(layers.temporal))) {
            *slot = rate;
        }
    }

    /// What `layers` cost; `None` when they do not flow.
    pub fn rate(&self, layers: Layers) -> Option<u64> {
        let row = self.rates.get(usize::from(layers.spatial))?;
        let rate = row.get(usize::from(layers.temporal)).copied()?;
        (rate > 0).then_some(rate)
    }

    /// Everything that flows, lowest first.
    pub fn steps(&self) -> impl Iterator<Item = (Layers, u64)> + '_ {
        (0..MAX_SPATIAL as u8)
            .flat_map(|spatial| {
                (0..MAX_TEMPORAL as u8).map(move |temporal| Layers { spatial, temporal })
            })
            .filter_map(|layers| Some((layers, self.rate(layers)?)))
    }

    /// The lowest that flows.
    pub fn lowest(&self) -> Option<(Layers, u64)> {
        self.steps().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_tells_what_flows_lowest_first() {
        let mut ladder = Ladder::default();
        let layers = |spatial, temporal| Layers { spatial, temporal };
        ladder.set(layers(1, 0), 500_000);
        ladder.set(layers(0, 1), 150_000);
        ladder.set(layers(9, 9), 1);
        assert_eq!(ladder.rate(layers(0, 0)), None);
        assert_eq!(ladder.lowest(), Some((layers(0, 1), 150_000)));
        assert_eq!(ladder.steps().last(), Some((layers(1, 0), 500_000)));
    }
}
