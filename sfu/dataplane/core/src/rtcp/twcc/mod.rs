//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

mod chunk;
mod writer;

pub use writer::{Feedback, write};

use super::RtcpError;
use super::header::split_ssrc;
use crate::id::Ssrc;
use chunk::{Chunk, Symbol};

/// Statuses that one feedback may tell; what is beyond is not read and not written.
pub const MAX_STATUSES: usize = 8192;

/// Microseconds of one unit of the reference time.
const REFERENCE_UNIT: i64 = 64_000;
/// Microseconds of one unit of an arrival delta.
const DELTA_UNIT: i64 = 250;

/// Which packets of a transport arrived, and when.
#[derive(Clone, Debug)]
pub struct Twcc<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// Some source of the transport; without meaning.
    pub media: Ssrc,
    /// Transport-wide sequence number of the first status.
    pub base: u16,
    /// Grows by one with each feedback; tells of lost ones.
    pub feedback_count: u8,
    /// Origin of the arrival times, in units of 64 ms; 24 bits, signed, wrapping.
    pub reference: i32,
    status_count: u16,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

/// What became of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// Its arrival in microseconds on the receiver's axis, the one of the reference time; `None` when it is missing.
    pub arrival: Option<i64>,
}

impl<'a> Twcc<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        let (media, body) = split_ssrc(body)?;
        let ([b0, b1, s0, s1, r0, r1, r2, feedback_count], body) =
            body.split_first_chunk::<8>().ok_or(RtcpError::TooShort)?;
        let status_count = u16::from_be_bytes([*s0, *s1]);
        let (chunk_count, delta_length) = measure(body, status_count)?;
        let (chunks, deltas) = body
            .split_at_checked(chunk_count * 2)
            .ok_or(RtcpError::TooShort)?;
        Ok(Self {
            sender,
            media,
            base: u16::from_be_bytes([*b0, *b1]),
            feedback_count: *feedback_count,
            reference: i32::from_be_bytes([*r0, *r1, *r2, 0]) >> 8,
            status_count,
            chunks: chunks.as_chunks::<2>().0,
            deltas: deltas.get(..delta_length).ok_or(RtcpError::TooShort)?,
        })
    }

    /// The statuses in order of sequence numbers, at most [`MAX_STATUSES`].
    pub fn statuses(&self) -> Statuses<'a> {
        Statuses {
            sequence: self.base,
            left: usize::from(self.status_count).min(MAX_STATUSES),
            chunk: Chunk::EMPTY,
            chunks: self.chunks.iter(),
            deltas: self.deltas,
            clock: i64::from(self.reference) * REFERENCE_UNIT,
        }
    }
}

/// Number of chunks that `status_count` statuses take, and the bytes of their deltas; linear in the chunks.
fn measure(bytes: &[u8], status_count: u16) -> Result<(usize, usize), RtcpError> {
    let mut chunks = bytes.as_chunks::<2>().0.iter();
    let (mut left, mut chunk_count, mut delta_length) = (status_count, 0, 0);
    while left > 0 {
        let chunk = Chunk::decode(*chunks.next().ok_or(RtcpError::TooShort)?);
        let covered = chunk.len().min(left);
        delta_length += chunk.delta_length(covered).ok_or(RtcpError::Invalid)?;
        left -= covered;
        chunk_count += 1;
    }
    Ok((chunk_count, delta_length))
}

/// Iterates over the statuses of a feedback.
#[derive(Clone, Debug)]
pub struct Statuses<'a> {
    sequence: u16,
    left: usize,
    chunk: Chunk,
    chunks: std::slice::Iter<'a, [u8; 2]>,
    deltas: &'a [u8],
    clock: i64,
}

impl Statuses<'_> {
    fn symbol(&mut self) -> Option<Symbol> {
        while self.chunk.len() == 0 {
            self.chunk = Chunk::decode(*self.chunks.next()?);
        }
        self.chunk.pop()
    }

    fn delta(&mut self, symbol: Symbol) -> Option<i64> {
        let (delta, rest) = match (symbol, self.deltas) {
            (Symbol::Small, [delta, rest @ ..]) => (i64::from(*delta), rest),
            (Symbol::Large, [high, low, rest @ ..]) => {
                (i64::from(i16::from_be_bytes([*high, *low])), rest)
            }
            _ => return None,
        };
        self.deltas = rest;
        Some(delta)
    }
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        self.left = self.left.checked_sub(1)?;
        let symbol = self.symbol()?;
        let arrival = self.delta(symbol).map(|delta| {
            self.clock += delta * DELTA_UNIT;
            self.clock
        });
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some(Status { sequence, arrival })
    }
}
