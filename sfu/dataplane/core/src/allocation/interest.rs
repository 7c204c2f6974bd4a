//! Which layers of a producer anybody wants, and when to tell it: nobody encodes and sends what nobody watches.

use std::time::Duration;

use crate::layer::Active;
use crate::time::Time;

/// A layer is told to stop once nobody has wanted it for so long. Wanted again, it is told at once.
pub const HOLD: Duration = Duration::from_secs(3);
/// After it was told to come back, a layer counts as one that will flow for so long.
const RETURN: Duration = Duration::from_secs(3);

/// What a producer was told.
#[derive(Clone, Copy, Debug)]
pub struct Interest {
    all: Active,
    told: Active,
    wanted: Active,
    /// When each layer ceased to be wanted, or was told to come back.
    since: [Time; Active::BITS as usize],
}

impl Interest {
    /// Of a producer with `layers` spatial layers. It begins by sending all of them, as it does without being told.
    pub fn new(layers: u8, now: Time) -> Self {
        let all = ((1u16 << layers.clamp(1, 8)) - 1) as Active;
        Self {
            all,
            told: all,
            wanted: all,
            since: [now; Active::BITS as usize],
        }
    }

    /// Of a producer that sends nothing before it is told to.
    pub fn quiet(layers: u8) -> Self {
        Self {
            told: 0,
            wanted: 0,
            ..Self::new(layers, Time::ZERO)
        }
    }

    /// What the producer was told to send.
    pub const fn told(&self) -> Active {
        self.told
    }

    /// Layers that need not flow because they were told not to.
    pub const fn asleep(&self) -> Active {
        self.all & !self.told
    }

    /// Layers that have only just been told to flow: what is measured of them is not what they will cost.
    pub fn returning(&self, now: Time) -> Active {
        let layers = (0..Active::BITS).zip(self.since);
        let returning = layers.filter(|(_, since)| now.since(*since) < RETURN);
        self.told & returning.fold(0, |bits, (bit, _)| bits | 1 << bit)
    }

    /// These layers are wanted now. Returns what to tell the producer, if that changed.
    pub fn update(&mut self, wanted: Active, now: Time) -> Option<Active> {
        let wanted = wanted & self.all;
        let before = self.told;
        for (bit, since) in self.since.iter_mut().enumerate() {
            let bit = 1 << bit;
            if wanted & bit != 0 {
                if self.told & bit == 0 {
                    self.told |= bit;
                    *since = now;
                }
            } else if self.wanted & bit != 0 {
                *since = now;
            } else if now.since(*since) >= HOLD {
                self.told &= !bit;
            }
        }
        self.wanted = wanted;
        (self.told != before).then_some(self.told)
    }

    /// When there may be something to tell; [`Time::FAR`] while nothing is on its way out.
    pub fn due(&self) -> Time {
        let leaving = self.told & !self.wanted;
        let each = (0..Active::BITS).zip(self.since);
        let due = each
            .filter(|(bit, _)| leaving & 1 << bit != 0)
            .map(|(_, since)| since + HOLD);
        due.min().unwrap_or(Time::FAR)
    }
}
