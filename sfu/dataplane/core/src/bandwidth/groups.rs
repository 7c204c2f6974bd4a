//! Packets that left together seen as one: how much further apart did two bursts arrive than they were sent
//! (draft-ietf-rmcat-gcc-02 section 5.2)?

use std::time::Duration;

use super::Acked;
use crate::time::Time;

/// Packets sent within so much of the first are one burst.
const BURST: Duration = Duration::from_millis(5);
/// Packets that arrive right behind the last one, faster than they were sent, belong to its burst as well: a radio link
/// delivers in lumps.
const LUMP_GAP: i64 = 5_000;
/// A burst that grew longer than this is ended whatever comes.
const LONGEST_LUMP: i64 = 100_000;
/// A pause after which delays say nothing about what was before.
const PAUSE: i64 = 3_000_000;

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Time,
    last_sent: Time,
    first_arrival: i64,
    last_arrival: i64,
}

/// What the delay did from one burst to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// By how much the way took longer, in milliseconds; negative when shorter.
    pub delay_ms: f64,
    /// When the later burst arrived, in milliseconds on the receiver's axis.
    pub arrival_ms: f64,
}

/// Makes bursts of packets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
}

impl Groups {
    /// The next packet in the order sent. A finished burst gives an observation.
    pub fn take(&mut self, packet: &Acked) -> Option<Variation> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::of(packet));
            return None;
        };
        if packet.sent < current.first_sent {
            // Overtaken on the way: it says nothing about a burst that is over.
            return None;
        }
        if packet.arrival - current.last_arrival > PAUSE {
            *self = Self {
                current: Some(Group::of(packet)),
                previous: None,
            };
            return None;
        }
        if current.takes(packet) {
            current.last_sent = current.last_sent.max(packet.sent);
            current.last_arrival = current.last_arrival.max(packet.arrival);
            return None;
        }
        let finished = std::mem::replace(current, Group::of(packet));
        let previous = self.previous.replace(finished)?;
        let sent = finished.last_sent.since(previous.last_sent).as_micros() as f64;
        let arrived = (finished.last_arrival - previous.last_arrival) as f64;
        Some(Variation {
            delay_ms: (arrived - sent) / 1_000.0,
            arrival_ms: finished.last_arrival as f64 / 1_000.0,
        })
    }
}

impl Group {
    const fn of(packet: &Acked) -> Self {
        Self {
            first_sent: packet.sent,
            last_sent: packet.sent,
            first_arrival: packet.arrival,
            last_arrival: packet.arrival,
        }
    }

    fn takes(&self, packet: &Acked) -> bool {
        if packet.sent.since(self.first_sent) <= BURST {
            return true;
        }
        let gap = packet.arrival - self.last_arrival;
        let sent = packet.sent.since(self.last_sent).as_micros() as i64;
        gap < sent && gap <= LUMP_GAP && packet.arrival - self.first_arrival < LONGEST_LUMP
    }
}
