//! From a producer's sequence numbers to a consumer's and back.
//!
//! What a consumer gets is made of segments: runs of one stream's sequence numbers that keep their distance to the
//! consumer's. A switch of streams, a pause and every packet left out on purpose begin a new segment. A segment covers
//! what was lost on the way too, so a late packet finds the number that was kept free for it, and nothing else does.

use std::collections::VecDeque;

/// Segments remembered; at 15 dropped frames a second these are more than eight seconds, longer than any history.
pub const SEGMENTS: usize = 128;
/// A jump of more than this is not loss: the consumer starts anew rather than waiting for that many packets.
const MAX_GAP: u64 = 1000;

/// What is added to the fields of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// To the RTP timestamp.
    pub timestamp: u32,
    /// To the picture id (modulo 2^15), or to the frame number of the dependency descriptor.
    pub picture: u16,
    /// To TL0PICIDX.
    pub tl0: u8,
    /// To KEYIDX (modulo 32).
    pub key: u8,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    stream: u8,
    /// First sequence number of the stream.
    first: u64,
    /// One after the last.
    end: u64,
    /// What `first` becomes.
    out: u64,
    shift: Shift,
    /// The first and the last picture left out right before.
    left_out: Option<(u16, u16)>,
}

impl Segment {
    const fn covers(&self, stream: u8, sequence: u64) -> bool {
        self.stream == stream && self.first <= sequence && sequence < self.end
    }

    const fn next_out(&self) -> u64 {
        self.out + (self.end - self.first)
    }
}

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the newest so far.
    Next(u64, Shift),
    /// It fills a number kept free.
    Late(u64, Shift),
    /// It has none.
    Nowhere,
    /// It is too far ahead: start again.
    Beyond,
}

/// What a packet left out on purpose was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The newest: the numbers close over it.
    Closed,
    /// A number was kept free for it that can no longer be closed.
    Kept(u64, Shift),
    /// It had none anyway.
    Nowhere,
}

/// The segments of one consumer, oldest first; the last is the one that grows.
#[derive(Debug)]
pub struct SequenceMap {
    segments: VecDeque<Segment>,
    next_out: u64,
}

impl SequenceMap {
    /// A map whose first outgoing number is `first`.
    pub fn new(first: u16) -> Self {
        Self {
            segments: VecDeque::new(),
            next_out: u64::from(first),
        }
    }

    /// The number the next packet gets.
    pub const fn next_out(&self) -> u64 {
        self.next_out
    }

    /// Begin a segment with `sequence` of `stream`; nothing older of the stream has a place in it.
    pub fn start(&mut self, stream: u8, sequence: u64, shift: Shift) {
        self.open(Segment {
            stream,
            first: sequence,
            end: sequence,
            out: self.next_out,
            shift,
            left_out: None,
        });
    }

    fn open(&mut self, mut segment: Segment) {
        // An empty segment is of use only for what it says of pictures left out before it.
        let is_useless = |last: &Segment| {
            last.first == last.end && (last.left_out.is_none() || segment.left_out.is_some())
        };
        let empty = if self.segments.back().is_some_and(is_useless) {
            self.segments.pop_back()
        } else {
            None
        };
        if let (Some((first, _)), Some((_, last))) =
            (empty.and_then(|empty| empty.left_out), segment.left_out)
        {
            segment.left_out = Some((first, last));
        }
        if self.segments.len() >= SEGMENTS {
            self.segments.pop_front();
        }
        self.segments.push_back(segment);
    }

    /// The place of a packet that is to be forwarded in the segment that grows, or late in an older one.
    pub fn place(&mut self, stream: u8, sequence: u64) -> Place {
        let Some(last) = self
            .segments
            .back_mut()
            .filter(|last| last.stream == stream)
        else {
            return self.late(stream, sequence);
        };
        if sequence < last.end {
            return self.late(stream, sequence);
        }
        if sequence - last.end > MAX_GAP {
            return Place::Beyond;
        }
        last.end = sequence + 1;
        self.next_out = last.next_out();
        Place::Next(self.next_out - 1, last.shift)
    }

    /// The place of a packet that can only fill a number kept free.
    pub fn late(&self, stream: u8, sequence: u64) -> Place {
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.covers(stream, sequence));
        segment.map_or(Place::Nowhere, |segment| {
            Place::Late(segment.out + (sequence - segment.first), segment.shift)
        })
    }

    /// Whether other packets of the `picture` that a late packet belongs to were left out: then it must not be shown.
    pub fn is_left_out(&self, stream: u8, sequence: u64, picture: u16) -> bool {
        let mut following = None;
        for segment in self.segments.iter().rev() {
            if segment.covers(stream, sequence) {
                return [segment.left_out, following]
                    .into_iter()
                    .flatten()
                    .any(|range| within(range, picture));
            }
            following = segment.left_out;
        }
        false
    }

    /// Leave a packet of `picture` out; `shift` is what holds after it.
    pub fn skip(
        &mut self,
        stream: u8,
        sequence: u64,
        shift: Shift,
        picture: Option<u16>,
    ) -> Skipped {
        let newest = self
            .segments
            .back_mut()
            .filter(|last| last.stream == stream && sequence >= last.end);
        let Some(last) = newest else {
            return match self.late(stream, sequence) {
                Place::Late(out, shift) => Skipped::Kept(out, shift),
                _ => Skipped::Nowhere,
            };
        };
        if sequence - last.end > MAX_GAP {
            return Skipped::Nowhere;
        }
        last.end = sequence;
        self.next_out = last.next_out();
        let (first, out) = (sequence + 1, self.next_out);
        self.open(Segment {
            stream,
            first,
            end: first,
            out,
            shift,
            left_out: picture.map(|picture| (picture, picture)),
        });
        Skipped::Closed
    }

    /// Whether `sequence` is so far ahead of the stream that flows that it must start again.
    pub fn is_beyond(&self, stream: u8, sequence: u64) -> bool {
        let last = self.segments.back().filter(|last| last.stream == stream);
        last.is_some_and(|last| sequence > last.end + MAX_GAP)
    }

    /// Whether `sequence` is newer than everything placed or left out of `stream`, the stream that flows.
    pub fn is_next(&self, stream: u8, sequence: u64) -> bool {
        self.segments
            .back()
            .is_some_and(|last| last.stream == stream && sequence >= last.end)
    }

    /// What holds for the stream that flows.
    pub fn shift(&self) -> Shift {
        self.segments
            .back()
            .map(|last| last.shift)
            .unwrap_or_default()
    }

    /// The stream, its sequence number and the shift behind the outgoing number `out`.
    pub fn find(&self, out: u64) -> Option<(u8, u64, Shift)> {
        let segment = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.out <= out)?;
        (out < segment.next_out()).then(|| {
            (
                segment.stream,
                segment.first + (out - segment.out),
                segment.shift,
            )
        })
    }

    /// The extended number of an outgoing one that a receiver names: the latest that ends in these 16 bits.
    pub fn extend(&self, sequence: u16) -> u64 {
        let last = self.next_out.saturating_sub(1);
        last.saturating_sub(u64::from((last as u16).wrapping_sub(sequence)))
    }
}

/// Whether `picture` is in the range, across the end of the 15-bit cycle as well.
const fn within((first, last): (u16, u16), picture: u16) -> bool {
    picture.wrapping_sub(first) & 0x7fff <= last.wrapping_sub(first) & 0x7fff
}
