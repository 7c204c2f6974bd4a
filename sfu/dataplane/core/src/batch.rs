//! The arena outgoing datagrams are assembled in, once each, until the driver has sent them.

use crate::io::Tuple;

/// One datagram to send: `len` bytes from `start` on of [`Batch::bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub tuple: Tuple,
    /// First byte in the arena.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
}

/// Datagrams waiting to be sent, in one contiguous buffer that keeps its capacity.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Transmit>,
}

impl Batch {
    /// All bytes of all datagrams.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The datagrams, in the order to send them.
    pub fn entries(&self) -> &[Transmit] {
        &self.entries
    }

    /// Every datagram with where it goes.
    pub fn iter(&self) -> impl Iterator<Item = (Tuple, &[u8])> {
        self.entries.iter().filter_map(|entry| {
            let bytes = self.bytes.get(entry.start..entry.start + entry.len)?;
            Some((entry.tuple, bytes))
        })
    }

    /// Number of datagrams.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forget everything, keep the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Append what `write` makes of the arena's end; when it fails, what it wrote is taken back.
    pub(crate) fn push<E>(
        &mut self,
        tuple: Tuple,
        write: impl FnOnce(&mut Vec<u8>, usize) -> Result<(), E>,
    ) -> Result<usize, E> {
        let start = self.bytes.len();
        if let Err(error) = write(&mut self.bytes, start) {
            self.bytes.truncate(start);
            return Err(error);
        }
        let len = self.bytes.len().saturating_sub(start);
        self.entries.push(Transmit { tuple, start, len });
        Ok(len)
    }
}
