//! A way through the network that has a rate, a queue and moods.

use std::time::Duration;

use folkmoot_core::random::Random;
use folkmoot_core::time::Time;

use super::millis;

/// What a lane does to datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Bits per second; 0 for no limit.
    pub rate: u64,
    /// What waits longer is dropped at the tail.
    pub queue_ms: u64,
    pub delay_ms: u64,
    /// In thousandths.
    pub loss: u64,
    /// Mean length of a loss, in packets; 0 and 1: each by itself.
    pub burst: u64,
    /// In thousandths; those come up to `jitter_ms` late and are overtaken.
    pub reorder: u64,
    pub jitter_ms: u64,
    /// In thousandths.
    pub duplicate: u64,
}

/// One direction to or from one peer.
#[derive(Debug)]
pub struct Lane {
    pub weather: Weather,
    pub dropped: u64,
    free_at: Time,
    last: Time,
    bad: bool,
}

impl Lane {
    pub fn new(weather: Weather) -> Self {
        Self {
            weather,
            dropped: 0,
            free_at: Time::ZERO,
            last: Time::ZERO,
            bad: false,
        }
    }

    /// How long what is sent now would wait.
    pub fn queue(&self, now: Time) -> Duration {
        self.free_at.since(now)
    }

    /// When a datagram of `bytes` arrives: never, once or twice.
    pub fn arrivals(&mut self, bytes: usize, random: &mut Random, now: Time) -> Vec<Time> {
        let weather = self.weather;
        if self.is_lost(random) {
            self.dropped += 1;
            return Vec::new();
        }
        let mut leaves = now;
        let wire = (bytes as u64 + 28) * 8_000_000;
        if let Some(micros) = wire.checked_div(weather.rate) {
            if self.queue(now) > millis(weather.queue_ms) {
                self.dropped += 1;
                return Vec::new();
            }
            // IP and UDP headers travel too.
            leaves = self.free_at.max(now) + Duration::from_micros(micros);
            self.free_at = leaves;
        }
        let mut arrives = leaves + millis(weather.delay_ms);
        if random.next() % 1000 < weather.reorder {
            arrives += Duration::from_micros(random.next() % (weather.jitter_ms * 1000).max(1));
        } else {
            arrives = arrives.max(self.last);
            self.last = arrives;
        }
        let copies = 1 + usize::from(random.next() % 1000 < weather.duplicate);
        vec![arrives; copies]
    }

    /// Gilbert's model: in bad spells all is lost.
    fn is_lost(&mut self, random: &mut Random) -> bool {
        let Weather { loss, burst, .. } = self.weather;
        let mut chance = |part: u64, of: u64| random.next() % of.max(1) < part;
        if burst <= 1 {
            return chance(loss, 1000);
        }
        self.bad = if self.bad {
            !chance(1, burst)
        } else {
            chance(loss, (1000 - loss) * burst)
        };
        self.bad
    }
}
