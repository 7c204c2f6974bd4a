//! What was sent under which transport-wide number.

use crate::id::ConsumerId;
use crate::time::Time;

use super::Acked;

/// Which packet of a consumer something sent was, or a repetition of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Slot of the consumer.
    pub slot: u32,
    /// Its handle: the slot may be another's by then.
    pub consumer: ConsumerId,
    /// Its extended number in the consumer's stream.
    pub sequence: u64,
}

/// Something sent that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What it was.
    pub carried: Carried,
    /// When it was sent.
    pub sent: Time,
}

/// Packets remembered: those of a round trip and a feedback interval at the highest rates.
pub const CAPACITY: usize = 4096;
/// The memory of a quiet transport; it grows with what is under way, never in steady state.
const FIRST: usize = 128;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// One more than the extended number; 0 when there is nothing to acknowledge here.
    tag: u64,
    sent: Time,
    bytes: u16,
    beside: u16,
    probe: Option<u8>,
    carried: Option<Carried>,
}

/// A ring of packets under way.
#[derive(Debug, Default)]
pub struct Sent {
    slots: Vec<Slot>,
    next: u64,
    oldest: u64,
}

impl Sent {
    /// The number for the next packet.
    pub const fn next(&self) -> u16 {
        self.next as u16
    }

    /// A packet was sent under [`next`](Self::next), with so many bytes of others `beside` it.
    pub fn push(&mut self, (bytes, beside): (usize, usize), probe: Option<u8>, now: Time) {
        self.make_room();
        let sequence = self.next;
        self.next += 1;
        let index = self.index(sequence);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot {
                tag: sequence + 1,
                sent: now,
                bytes: u16::try_from(bytes).unwrap_or(u16::MAX),
                beside: u16::try_from(beside).unwrap_or(u16::MAX),
                probe,
                carried: None,
            };
        }
    }

    /// What was pushed last was this packet.
    pub fn carries(&mut self, carried: Carried) {
        let last = self.next.checked_sub(1).map(|last| self.index(last));
        if let Some(slot) = last.and_then(|index| self.slots.get_mut(index)) {
            slot.carried = Some(carried);
        }
    }

    /// Grow while packets that nobody has told of would be overwritten.
    fn make_room(&mut self) {
        let length = self.slots.len();
        let under_way = self.next - self.oldest;
        if length >= CAPACITY || (length as u64) > under_way {
            return;
        }
        let old = std::mem::replace(
            &mut self.slots,
            vec![Slot::default(); (length * 2).max(FIRST)],
        );
        for slot in old.into_iter().filter(|slot| slot.tag > 0) {
            let index = self.index(slot.tag - 1);
            if let Some(place) = self.slots.get_mut(index) {
                *place = slot;
            }
        }
    }

    fn index(&self, sequence: u64) -> usize {
        (sequence % self.slots.len().max(1) as u64) as usize
    }

    /// The extended number that a feedback means by 16 bits; `None` for what was not sent yet.
    pub fn extend(&self, sequence: u16) -> Option<u64> {
        let newest = self.next.checked_sub(1)?;
        let behind = (newest as u16).wrapping_sub(sequence);
        newest.checked_sub(u64::from(behind))
    }

    /// The packet arrived. `None` when it was told of before, or is forgotten.
    pub fn acknowledge(&mut self, sequence: u64, arrival: i64) -> Option<Acked> {
        self.oldest = self.oldest.max(sequence);
        let index = self.index(sequence);
        let slot = self
            .slots
            .get_mut(index)
            .filter(|slot| slot.tag == sequence + 1)?;
        slot.tag = 0;
        Some(Acked {
            sent: slot.sent,
            arrival,
            bytes: slot.bytes.into(),
            beside: slot.beside.into(),
            probe: slot.probe,
            carried: slot.carried,
        })
    }

    /// When the packet was sent and what it was, if it is still remembered and nobody has said that it arrived.
    pub fn missing(&self, sequence: u64) -> Option<(Time, Option<Carried>)> {
        let slot = self.slots.get(self.index(sequence))?;
        (slot.tag == sequence + 1).then_some((slot.sent, slot.carried))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(packets: usize) -> Sent {
        let mut sent = Sent::default();
        for number in 0..packets {
            sent.push((1_000, 100), None, Time::from_millis(number as u64));
        }
        sent
    }

    #[test]
    fn a_packet_is_acknowledged_once_with_what_went_beside_it() {
        let mut sent = sent(3);
        let acked = sent
            .acknowledge(1, 7)
            .map(|acked| (acked.sent, acked.bytes, acked.beside));
        assert_eq!(acked, Some((Time::from_millis(1), 1_000, 100)));
        assert_eq!(sent.acknowledge(1, 7), None);
        assert_eq!(sent.missing(1), None);
        assert_eq!(sent.missing(2), Some((Time::from_millis(2), None)));
    }

    #[test]
    fn what_a_packet_was_is_told_while_it_is_missing() {
        let mut sent = sent(2);
        let carried = Carried {
            slot: 3,
            consumer: ConsumerId(4),
            sequence: 5,
        };
        sent.carries(carried);
        assert_eq!(sent.missing(0), Some((Time::ZERO, None)));
        assert_eq!(sent.missing(1), Some((Time::from_millis(1), Some(carried))));
        sent.acknowledge(1, 7);
        assert_eq!(sent.missing(1), None);
    }

    #[test]
    fn the_ring_has_a_cap_and_forgets_what_nobody_told_of() {
        let mut sent = sent(70_000);
        assert_eq!(sent.slots.len(), CAPACITY);
        assert_eq!(sent.extend(69_999_u32 as u16), Some(69_999));
        assert_eq!(sent.extend(70_000_u32 as u16), Some(70_000 - 65_536));
        let oldest = 70_000 - CAPACITY as u64;
        assert_eq!(sent.acknowledge(oldest - 1, 0), None);
        assert!(sent.acknowledge(oldest, 0).is_some());
    }

    #[test]
    fn a_quiet_transport_keeps_a_small_ring() {
        let mut sent = Sent::default();
        for number in 0..10_000 {
            sent.push((1_000, 0), None, Time::ZERO);
            sent.acknowledge(number, 0);
        }
        assert_eq!(sent.slots.len(), FIRST);
    }

    #[test]
    fn what_was_not_sent_yet_cannot_be_told_of() {
        assert_eq!(Sent::default().extend(0), None);
        assert_eq!(sent(3).extend(3), None);
        assert_eq!(sent(3).extend(2), Some(2));
    }
}
