//! The packets of one producer stream kept once, for whichever consumer asks for them again.

use crate::codec::Frame;
use crate::drop::DropReason;

/// Packets kept of a video stream: about five seconds of the highest simulcast layer.
pub const VIDEO: usize = 1024;
/// Packets kept of an audio stream: five seconds at 20 ms.
pub const AUDIO: usize = 256;
/// Buffers grow in these steps, so that after a while none grows any more.
const STEP: usize = 512;

#[derive(Debug, Default)]
struct Slot {
    /// 0 in an empty slot: extended sequence numbers start above 65535.
    sequence: u64,
    frame: Frame,
    bytes: Vec<u8>,
}

/// A ring of decrypted packets by extended sequence number.
#[derive(Debug)]
pub struct History {
    slots: Vec<Slot>,
    capacity: usize,
}

impl History {
    /// A ring of `capacity` packets; takes no memory before the first.
    pub const fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            capacity,
        }
    }

    fn index(&self, sequence: u64) -> usize {
        (sequence % self.capacity.max(1) as u64) as usize
    }

    /// Keep a packet. Refuses one that is kept already ([`DropReason::Duplicate`]) or whose place a newer one has taken.
    pub fn insert(&mut self, sequence: u64, frame: Frame, bytes: &[u8]) -> Result<(), DropReason> {
        if self.slots.is_empty() {
            self.slots.resize_with(self.capacity, Slot::default);
        }
        let index = self.index(sequence);
        let slot = self.slots.get_mut(index).ok_or(DropReason::TooOld)?;
        match slot.sequence {
            kept if kept == sequence => return Err(DropReason::Duplicate),
            kept if kept > sequence => return Err(DropReason::TooOld),
            _ => {}
        }
        slot.sequence = sequence;
        slot.frame = frame;
        slot.bytes.clear();
        if slot.bytes.capacity() < bytes.len() {
            slot.bytes.reserve_exact(bytes.len().next_multiple_of(STEP));
        }
        slot.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The packet, if it is still kept.
    pub fn get(&self, sequence: u64) -> Option<(&[u8], &Frame)> {
        let slot = self.slots.get(self.index(sequence))?;
        (slot.sequence == sequence).then_some((slot.bytes.as_slice(), &slot.frame))
    }

    /// Whether the packet is kept.
    pub fn contains(&self, sequence: u64) -> bool {
        self.get(sequence).is_some()
    }
}
