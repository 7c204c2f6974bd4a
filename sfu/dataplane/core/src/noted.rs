//! What is remembered of outgoing numbers, to send the same again when they are asked for.

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

/// A value that changes now and then, and what it was at each outgoing number.
#[derive(Debug)]
pub struct Steps<T> {
    /// From which number on which value, rising; before the first there was none.
    steps: VecDeque<(u64, T)>,
    capacity: usize,
    /// Below it nobody knows any more what the value was.
    from: u64,
}

impl<T: Copy + PartialEq> Steps<T> {
    /// At most `capacity` changes are remembered.
    pub const fn new(capacity: usize) -> Self {
        Self {
            steps: VecDeque::new(),
            capacity,
            from: 0,
        }
    }

    /// The value in effect.
    pub fn last(&self) -> Option<T> {
        self.steps.back().map(|(_, value)| *value)
    }

    /// From `sequence`, the newest number, on it is `value`.
    pub fn set(&mut self, sequence: u64, value: T) {
        if self.last() == Some(value) {
            return;
        }
        if self.steps.len() >= self.capacity {
            self.steps.pop_front();
            self.from = self.steps.front().map_or(sequence, |(first, _)| *first);
        }
        self.steps.push_back((sequence, value));
    }

    /// What it was at `sequence`: `Err` when that is forgotten, `Ok(None)` before it was first set.
    pub fn at(&self, sequence: u64) -> Result<Option<T>, Forgotten> {
        if sequence < self.from {
            return Err(Forgotten);
        }
        let step = self
            .steps
            .iter()
            .rev()
            .find(|(first, _)| *first <= sequence);
        Ok(step.map(|(_, value)| *value))
    }
}

/// So long ago that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten;
