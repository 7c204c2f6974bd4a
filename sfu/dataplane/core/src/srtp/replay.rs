//! Which indices have been accepted before (RFC 3711 section 3.3.2).

use super::SrtpError;

const WORDS: usize = 32;

/// A bitmap over the last [`ReplayWindow::SIZE`] indices behind the highest accepted one.
///
/// Checking and accepting are two steps: nothing changes before the packet is authenticated.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    highest: u64,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// Indices remembered. More than a second of the fastest layer, so that a late retransmission is no replay.
    pub const SIZE: u64 = 64 * WORDS as u64;

    /// A window whose first accepted index is `index`.
    pub fn starting_at(index: u64) -> Self {
        let mut window = Self {
            highest: index,
            seen: [0; WORDS],
        };
        window.mark(index);
        window
    }

    /// The highest index accepted so far.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` may still be accepted.
    ///
    /// # Errors
    /// [`SrtpError::Replay`] when it was accepted before, [`SrtpError::TooOld`] when it lies behind the window.
    pub fn check(&self, index: u64) -> Result<(), SrtpError> {
        if index > self.highest {
            return Ok(());
        }
        if self.highest - index >= Self::SIZE {
            return Err(SrtpError::TooOld);
        }
        let (word, bit) = Self::place(index);
        match self.seen.get(word) {
            Some(word) if word & bit == 0 => Ok(()),
            _ => Err(SrtpError::Replay),
        }
    }

    /// Remembers `index`, which [`ReplayWindow::check`] has let through and which is authentic.
    pub fn accept(&mut self, index: u64) {
        if index > self.highest {
            self.advance(index);
        }
        self.mark(index);
    }

    fn advance(&mut self, index: u64) {
        if index - self.highest >= Self::SIZE {
            self.seen = [0; WORDS];
        } else {
            for skipped in self.highest + 1..=index {
                let (word, bit) = Self::place(skipped);
                if let Some(word) = self.seen.get_mut(word) {
                    *word &= !bit;
                }
            }
        }
        self.highest = index;
    }

    fn mark(&mut self, index: u64) {
        let (word, bit) = Self::place(index);
        if let Some(word) = self.seen.get_mut(word) {
            *word |= bit;
        }
    }

    fn place(index: u64) -> (usize, u64) {
        ((index / 64) as usize % WORDS, 1 << (index % 64))
    }
}
