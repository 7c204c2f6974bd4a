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

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sent_ms: u64, arrival_ms: i64) -> Acked {
        Acked {
            sent: Time::from_millis(sent_ms),
            arrival: arrival_ms * 1_000,
            bytes: 1_000,
            beside: 0,
            probe: None,
            carried: None,
        }
    }

    /// The delay variations of packets given as sent and arrived, in milliseconds.
    fn variations(packets: &[(u64, i64)]) -> Vec<f64> {
        let mut groups = Groups::default();
        let taken = packets
            .iter()
            .filter_map(|(sent, arrived)| groups.take(&packet(*sent, *arrived)));
        taken.map(|variation| variation.delay_ms).collect()
    }

    #[test]
    fn packets_that_left_together_are_one_burst() {
        // Bursts of three, 30 ms apart, each told of when the next begins; the first has nothing to be compared with.
        let packets: Vec<_> = (0..4)
            .flat_map(|burst| {
                (0..3).map(move |at| (burst * 30 + at, (burst * 30 + at) as i64 + 50))
            })
            .collect();
        assert_eq!(variations(&packets), [0.0, 0.0]);
    }

    #[test]
    fn a_queue_that_grows_by_five_milliseconds_a_burst_is_seen_so() {
        let packets: Vec<_> = (0..6)
            .map(|burst| (burst * 30, burst as i64 * 35 + 50))
            .collect();
        assert_eq!(variations(&packets), [5.0; 4]);
    }

    #[test]
    fn what_was_overtaken_says_nothing() {
        assert_eq!(
            variations(&[(0, 50), (30, 80), (10, 81), (60, 110), (90, 140)]),
            [0.0, 0.0]
        );
    }

    #[test]
    fn what_a_radio_link_delivers_in_a_lump_is_one_burst() {
        // 10 ms apart when sent, all at once when the air was free.
        assert_eq!(
            variations(&[(0, 50), (10, 90), (20, 90), (30, 91), (60, 110)]),
            [11.0]
        );
    }

    #[test]
    fn after_a_pause_nothing_is_compared_with_what_was_before() {
        assert_eq!(
            variations(&[(0, 50), (30, 80), (5_000, 9_000), (5_030, 9_030)]),
            []
        );
    }
}
