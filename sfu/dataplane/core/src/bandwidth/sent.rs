//! What was sent under which transport-wide number.

use crate::time::Time;

use super::Acked;

/// Packets remembered: those of a round trip and a feedback interval at the highest rates.
pub const CAPACITY: usize = 4096;
/// The memory of a quiet transport; it grows with what is under way, never in steady state.
const FIRST: usize = 128;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// One more than the extended number; 0 when there is nothing to acknowledge here.
    tag: u64,
    sent: Time,
    bytes: u32,
    probe: Option<u8>,
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

    /// A packet was sent under [`next`](Self::next).
    pub fn push(&mut self, bytes: usize, probe: Option<u8>, now: Time) {
        self.make_room();
        let sequence = self.next;
        self.next += 1;
        let index = self.index(sequence);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Slot {
                tag: sequence + 1,
                sent: now,
                bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
                probe,
            };
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
            bytes: slot.bytes as usize,
            probe: slot.probe,
        })
    }

    /// When the packet was sent, if it is still remembered and nobody has said that it arrived.
    pub fn missing(&self, sequence: u64) -> Option<Time> {
        let slot = self.slots.get(self.index(sequence))?;
        (slot.tag == sequence + 1).then_some(slot.sent)
    }
}
