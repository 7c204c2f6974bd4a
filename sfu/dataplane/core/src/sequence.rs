//! Wrap-around, solved once at the door: inside, sequence numbers and timestamps have 64 bits and only grow.
//!
//! The first value of a stream is placed one full cycle above zero, so that packets older than the first one seen
//! still have a number.

/// Extends 16-bit RTP sequence numbers to 64 bits, relative to the highest one seen (RFC 3550 appendix A.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct SequenceUnwrapper {
    highest: Option<u64>,
}

impl SequenceUnwrapper {
    /// An unwrapper that has seen nothing.
    pub const fn new() -> Self {
        Self { highest: None }
    }

    /// The extended number of `sequence`; remembers it when it is the highest so far.
    pub fn unwrap(&mut self, sequence: u16) -> u64 {
        let extended = self.peek(sequence);
        self.highest = Some(
            self.highest
                .map_or(extended, |highest| highest.max(extended)),
        );
        extended
    }

    /// The extended number of `sequence`, the one nearest to the highest seen; changes nothing.
    pub fn peek(&self, sequence: u16) -> u64 {
        match self.highest {
            None => (1 << 16) + u64::from(sequence),
            Some(highest) => {
                let step = sequence.wrapping_sub(highest as u16) as i16;
                highest.saturating_add_signed(i64::from(step))
            }
        }
    }

    /// The highest extended number so far.
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// Extends 32-bit RTP timestamps to 64 bits, relative to the highest one seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimestampUnwrapper {
    highest: Option<u64>,
}

impl TimestampUnwrapper {
    /// An unwrapper that has seen nothing.
    pub const fn new() -> Self {
        Self { highest: None }
    }

    /// The extended value of `timestamp`; remembers it when it is the highest so far.
    pub fn unwrap(&mut self, timestamp: u32) -> u64 {
        let extended = self.peek(timestamp);
        self.highest = Some(
            self.highest
                .map_or(extended, |highest| highest.max(extended)),
        );
        extended
    }

    /// The extended value of `timestamp`, the one nearest to the highest seen; changes nothing.
    pub fn peek(&self, timestamp: u32) -> u64 {
        match self.highest {
            None => (1 << 32) + u64::from(timestamp),
            Some(highest) => {
                let step = timestamp.wrapping_sub(highest as u32) as i32;
                highest.saturating_add_signed(i64::from(step))
            }
        }
    }

    /// The highest extended value so far.
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }
}
