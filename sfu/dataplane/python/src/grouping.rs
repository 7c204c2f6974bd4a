//! The order in which a batch is sent: by destination, and as it was within each.

use folkmoot_core::batch::Batch;
use folkmoot_core::io::Tuple;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Keeps its memory from batch to batch.
#[derive(Default)]
pub(crate) struct Grouping {
    order: Vec<u32>,
    /// First and last entry of each destination, in order of first appearance.
    groups: Vec<(u32, u32)>,
    /// The entry that follows each one to the same destination.
    next: Vec<u32>,
    by_destination: HashMap<Tuple, u32, BuildHasherDefault<AddressHasher>>,
}

const NONE: u32 = u32::MAX;

impl Grouping {
    /// Arranges the indices of the batch's entries.
    pub(crate) fn arrange(mut self, batch: &Batch) -> Self {
        self.order.clear();
        self.groups.clear();
        self.by_destination.clear();
        self.next.clear();
        for (at, entry) in (0u32..).zip(batch.entries()) {
            self.next.push(NONE);
            let group = *self
                .by_destination
                .entry(entry.tuple)
                .or_insert(self.groups.len() as u32);
            match self.groups.get_mut(group as usize) {
                Some((_, last)) => {
                    if let Some(next) = self.next.get_mut(*last as usize) {
                        *next = at;
                    }
                    *last = at;
                }
                None => self.groups.push((at, at)),
            }
        }
        for (first, _) in &self.groups {
            let mut at = *first;
            while at != NONE {
                self.order.push(at);
                at = self.next.get(at as usize).copied().unwrap_or(NONE);
            }
        }
        self
    }

    /// The arranged indices.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }
}

/// Mixes address and port. Destinations are validated paths: nobody gains by making them collide.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
