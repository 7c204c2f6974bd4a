//! Outgoing numbers with something to remember about them, to send the same again when they are asked for.

use std::collections::VecDeque;

/// A bounded, rising list of extended sequence numbers.
#[derive(Debug)]
pub struct Noted {
    numbers: VecDeque<u64>,
    capacity: usize,
    /// Below it nobody knows any more what was noted.
    from: u64,
}

impl Noted {
    /// At most `capacity` of them.
    pub const fn new(capacity: usize) -> Self {
        Self {
            numbers: VecDeque::new(),
            capacity,
            from: 0,
        }
    }

    /// Remember this one, at the price of the oldest.
    pub fn note(&mut self, sequence: u64) {
        if self.numbers.len() >= self.capacity
            && let Some(forgotten) = self.numbers.pop_front()
        {
            self.from = self.from.max(forgotten + 1);
        }
        self.numbers.push_back(sequence);
    }

    /// Whether this one was noted; `None` when that is forgotten.
    pub fn recall(&self, sequence: u64) -> Option<bool> {
        (sequence >= self.from).then(|| self.numbers.contains(&sequence))
    }
}
