//! What the layers of one stream cost.

use std::time::Duration;

use crate::bitrate::Bitrate;
use crate::codec::Frame;
use crate::ladder::{Ladder, Layers, MAX_TEMPORAL};
use crate::layer::Active;
use crate::time::Time;

/// Spatial layers told apart within one stream.
const MAX_SPATIAL: usize = 4;
/// A layer without packets for so long does not flow.
const SILENCE: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug, Default)]
struct Spatial {
    temporal: [Bitrate; MAX_TEMPORAL],
    last: Option<Time>,
}

impl Spatial {
    fn flows(&self, now: Time) -> bool {
        self.last.is_some_and(|last| now.since(last) <= SILENCE)
    }
}

/// Bitrates by layer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    layers: [Spatial; MAX_SPATIAL],
    newest: Option<u8>,
}

impl Rates {
    /// A packet of `bytes` came.
    pub fn count(&mut self, frame: &Frame, bytes: usize, now: Time) {
        let Some(spatial) = self.layers.get_mut(usize::from(frame.spatial)) else {
            return;
        };
        self.newest = Some(frame.spatial);
        spatial.last = Some(now);
        if let Some(rate) = spatial.temporal.get_mut(usize::from(frame.temporal)) {
            rate.count(bytes, now);
        }
    }

    /// The spatial layer of the latest packet.
    pub const fn newest(&self) -> Option<u8> {
        self.newest
    }

    /// Spatial layers that flow.
    pub fn flowing(&self, now: Time) -> Active {
        let flowing = (0..).zip(&self.layers).filter(|(_, each)| each.flows(now));
        flowing.fold(0, |bits, (index, _)| bits | 1 << index)
    }

    /// When the first of the `active` spatial layers ceases to flow unless a packet of it comes.
    pub fn silent_at(&self, active: Active) -> Time {
        let active = (0..)
            .zip(&self.layers)
            .filter(|(index, _)| active >> index & 1 != 0);
        let ends =
            active.filter_map(|(_, each)| Some(each.last? + SILENCE + Duration::from_millis(1)));
        ends.min().unwrap_or(Time::FAR)
    }

    /// As an encoding of several: all of the stream is the spatial layer `index`.
    pub fn write_encoding(&self, ladder: &mut Ladder, index: u8, now: Time) {
        let mut sum = [0; MAX_TEMPORAL];
        for spatial in &self.layers {
            add(&mut sum, spatial, now);
        }
        write_row(ladder, index, &sum);
    }

    /// As the only stream: each spatial layer with those below it.
    pub fn write_layers(&self, ladder: &mut Ladder, now: Time) {
        let mut sum = [0; MAX_TEMPORAL];
        for (index, spatial) in (0..).zip(&self.layers) {
            add(&mut sum, spatial, now);
            if spatial.flows(now) {
                write_row(ladder, index, &sum);
            }
        }
    }
}

fn add(sum: &mut [u64; MAX_TEMPORAL], spatial: &Spatial, now: Time) {
    for (sum, rate) in sum.iter_mut().zip(&spatial.temporal) {
        *sum += rate.get(now);
    }
}

/// A temporal layer that adds nothing is not a step.
fn write_row(ladder: &mut Ladder, spatial: u8, own: &[u64; MAX_TEMPORAL]) {
    let mut rate = 0;
    for (temporal, own) in (0..).zip(own) {
        rate += own;
        if *own > 0 {
            ladder.set(Layers { spatial, temporal }, rate);
        }
    }
}
