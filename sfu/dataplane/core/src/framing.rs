//! Datagrams on a connection (RFC 4571): each with its length in two bytes before it.

use std::collections::VecDeque;

/// Longer datagrams are no media of ours.
pub const MAX_DATAGRAM: usize = 2048;
/// Bytes that may wait for a peer that does not read; a second of a small picture.
pub const BACKLOG_BYTES: usize = 256 * 1024;
/// What an empty backlog keeps of its memory.
const KEPT_BYTES: usize = 16 * 1024;

const PREFIX: usize = 2;

/// What comes cannot be framed datagrams of ours; the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbage;

/// Finds the datagrams in what a connection brings, however it is cut.
#[derive(Debug, Default)]
pub struct Deframer {
    /// The beginning of a frame whose end has not come.
    partial: Vec<u8>,
}

impl Deframer {
    /// Calls `take` with each datagram that `bytes` completes, in order, in place wherever it came in one piece.
    pub fn feed(
        &mut self,
        bytes: &mut [u8],
        mut take: impl FnMut(&mut [u8]),
    ) -> Result<(), Garbage> {
        let mut rest = self.complete(bytes, &mut take)?;
        while let Some(length) = frame_length(rest)?.filter(|length| *length <= rest.len()) {
            let (frame, after) = std::mem::take(&mut rest).split_at_mut(length);
            if let Some(datagram) = frame.get_mut(PREFIX..) {
                take(datagram);
            }
            rest = after;
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Finishes the frame begun before; answers what follows it.
    fn complete<'a>(
        &mut self,
        bytes: &'a mut [u8],
        take: &mut impl FnMut(&mut [u8]),
    ) -> Result<&'a mut [u8], Garbage> {
        let mut rest = bytes;
        while !self.partial.is_empty() && !rest.is_empty() {
            let wanted = frame_length(&self.partial)?.unwrap_or(PREFIX);
            let missing = wanted.saturating_sub(self.partial.len()).min(rest.len());
            let (piece, after) = rest.split_at_mut(missing);
            self.partial.extend_from_slice(piece);
            rest = after;
            if frame_length(&self.partial)? == Some(self.partial.len()) {
                if let Some(datagram) = self.partial.get_mut(PREFIX..) {
                    take(datagram);
                }
                self.partial.clear();
            }
        }
        Ok(rest)
    }
}

/// Of the whole frame; `None` while its length has not come.
fn frame_length(bytes: &[u8]) -> Result<Option<usize>, Garbage> {
    let Some(prefix) = bytes.first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes(*prefix));
    if length > MAX_DATAGRAM {
        return Err(Garbage);
    }
    Ok(Some(PREFIX + length))
}

/// Whole frames on their way to a peer that may be slow. Only its front may be partly sent.
#[derive(Debug, Default)]
pub struct Backlog {
    bytes: VecDeque<u8>,
}

impl Backlog {
    /// Frame the datagram, or leave it out altogether when there is no room: a stream with a hole in a frame is lost.
    pub fn push(&mut self, datagram: &[u8]) -> bool {
        let Ok(length) = u16::try_from(datagram.len()) else {
            return false;
        };
        if self.bytes.len() + PREFIX + datagram.len() > BACKLOG_BYTES {
            return false;
        }
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(datagram);
        true
    }

    /// What can be sent at once; empty only when everything is sent.
    pub fn front(&self) -> &[u8] {
        match self.bytes.as_slices() {
            ([], rest) => rest,
            (front, _) => front,
        }
    }

    /// So many bytes of the front are sent.
    pub fn sent(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Give back memory that a burst took.
    pub fn relax(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.shrink_to(KEPT_BYTES);
        }
    }
}
