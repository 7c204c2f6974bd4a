//! What the layers of a producer cost, smoothed: an encoder's rate goes up and down with what it sees.

use std::time::Duration;

use crate::ladder::{Ladder, Layers, MAX_SPATIAL, MAX_TEMPORAL};
use crate::layer::Active;
use crate::time::Time;

/// The time a rate takes to arrive at what is measured.
const SMOOTHING: Duration = Duration::from_secs(2);
/// What the highest of several spatial layers is taken for before it was ever measured; the one below costs a third
/// (SFU-4: 900, 300 and 100 kbit/s).
const ASSUMED: u64 = 900_000;
/// Of which this much, in percent, is sent for each temporal layer and those below: usual encoders, by number of
/// layers.
const TEMPORAL_SHARES: [[u64; MAX_TEMPORAL]; MAX_TEMPORAL] = [
    [100, 0, 0, 0],
    [60, 100, 0, 0],
    [40, 60, 100, 0],
    [25, 40, 60, 100],
];

/// How many layers a producer was announced with.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Encodings, or spatial layers of one.
    pub spatial: u8,
    /// Of each of them.
    pub temporal: u8,
}

/// Spatial layers that have a price, measured or not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected {
    /// They flow.
    pub flowing: Active,
    /// They were told to stop, or have only just been told to flow: what is measured of them is not what they will
    /// cost.
    pub unsteady: Active,
}

/// A producer's ladder over time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tariff {
    ladder: Ladder,
    updated: Time,
}

impl Tariff {
    /// What everything costs.
    pub const fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// Take in a measurement. A spatial layer that is expected without being measured keeps what it cost before, or
    /// gets an assumption.
    pub fn update(&mut self, measured: &Ladder, expected: Expected, shape: Shape, now: Time) {
        let elapsed = now.since(self.updated).min(SMOOTHING);
        self.updated = now;
        for spatial in 0..MAX_SPATIAL as u8 {
            let is_measured = has_row(measured, spatial) && expected.unsteady & 1 << spatial == 0;
            let is_expected = (expected.unsteady | expected.flowing) & 1 << spatial != 0;
            let is_known = has_row(&self.ladder, spatial);
            for temporal in 0..MAX_TEMPORAL as u8 {
                let layers = Layers { spatial, temporal };
                let before = self.ladder.rate(layers);
                let rate = match (is_measured, is_expected, is_known) {
                    (true, _, _) => smooth(before, measured.rate(layers), elapsed),
                    (false, true, true) => before.unwrap_or(0),
                    (false, true, false) => assumed(layers, shape),
                    (false, false, _) => 0,
                };
                self.ladder.set(layers, rate);
            }
        }
    }
}

fn has_row(ladder: &Ladder, spatial: u8) -> bool {
    (0..MAX_TEMPORAL as u8).any(|temporal| ladder.rate(Layers { spatial, temporal }).is_some())
}

fn smooth(before: Option<u64>, measured: Option<u64>, elapsed: Duration) -> u64 {
    let (Some(before), Some(measured)) = (before, measured) else {
        return measured.unwrap_or(0);
    };
    let (part, whole) = (elapsed.as_millis() as u64, SMOOTHING.as_millis() as u64);
    let kept = before.saturating_mul(whole - part);
    // Never 0, which would mean that it does not flow.
    (kept.saturating_add(measured.saturating_mul(part)) / whole).max(1)
}

fn assumed(layers: Layers, shape: Shape) -> u64 {
    let below_top = u32::from(
        shape
            .spatial
            .saturating_sub(1)
            .saturating_sub(layers.spatial),
    );
    let spatial = ASSUMED / 3u64.saturating_pow(below_top).max(1);
    let shares = TEMPORAL_SHARES
        .get(usize::from(shape.temporal.clamp(1, MAX_TEMPORAL as u8) - 1))
        .and_then(|shares| shares.get(usize::from(layers.temporal)));
    if layers.spatial < shape.spatial {
        spatial * shares.copied().unwrap_or(0) / 100
    } else {
        0
    }
}
