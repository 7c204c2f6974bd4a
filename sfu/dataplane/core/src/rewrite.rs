//! What becomes of a packet's sequence number, timestamp and picture id on the way to one consumer: decided here, applied
//! when the packet is written.

use crate::clock::{SenderClock, distance, ticks};
use crate::codec::Frame;
use crate::drop::DropReason;
use crate::ladder::Layers;
use crate::map::{Place, SequenceMap, Shift, Skipped};
use crate::noted::{Noted, Steps};
use crate::time::Time;

/// Fillers remembered, to send the same again when one is asked for.
const FILLERS: usize = 64;
/// Last packets of pictures remembered: of eight seconds.
const ENDS: usize = 256;
/// Changes of what is forwarded remembered: of eight seconds at four a second.
const LIMITS: usize = 32;
/// Sender reports that put a switch further off than this from what was seen on the wire are not believed.
const MAX_DISAGREEMENT_S: u32 = 1;

/// What there is to know of a packet that came in, whoever it goes to.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Index of the producer's stream.
    pub stream: u8,
    /// Extended sequence number.
    pub sequence: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// When it came.
    pub arrival: Time,
    /// What it is a part of.
    pub frame: Frame,
    /// The stream's clocks, when a sender report has told them.
    pub clock: Option<SenderClock>,
}

/// How to write a packet for a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Extended outgoing sequence number.
    pub sequence: u64,
    /// What is added to the fields.
    pub shift: Shift,
    /// Without payload: the frame was left out, but its number could not be closed any more.
    pub filler: bool,
    /// The last packet of its picture that is forwarded.
    pub ends_picture: bool,
    /// The highest layers that are forwarded, where the receiver must be told.
    pub limit: Option<Layers>,
}

impl Translation {
    const fn of(sequence: u64, shift: Shift, filler: bool) -> Self {
        Self {
            sequence,
            shift,
            filler,
            ends_picture: false,
            limit: None,
        }
    }
}

/// The newest packet sent.
#[derive(Clone, Copy, Debug)]
struct Last {
    stream: u8,
    incoming: u32,
    timestamp: u32,
    arrival: Time,
    clock: Option<SenderClock>,
    picture: u16,
    tl0: u8,
    key: u8,
}

/// The rewriting state of one consumer.
#[derive(Debug)]
pub struct Rewriter {
    map: SequenceMap,
    rate: u32,
    last: Option<Last>,
    /// The pictures of the codec are numbered densely: what is left out closes its number.
    dense: bool,
    dropped_picture: Option<u16>,
    fillers: Noted,
    ends: Noted,
    limits: Steps<Option<Layers>>,
}

impl Rewriter {
    /// For timestamps of `rate` per second; the first outgoing packet gets the number `first`.
    ///
    /// With `dense` the picture ids of what is left out are closed as sequence numbers are (VP8). VP9 and AV1 name the
    /// pictures that they refer to by distance, so there the numbers keep their gaps.
    pub fn new(first: u16, rate: u32, dense: bool) -> Self {
        Self {
            map: SequenceMap::new(first),
            rate,
            last: None,
            dense,
            dropped_picture: None,
            fillers: Noted::new(FILLERS),
            ends: Noted::new(ENDS),
            limits: Steps::new(LIMITS),
        }
    }

    /// Begin with this packet, or go on with it after a switch or a pause: its number, timestamp and picture follow
    /// directly on what was sent last.
    pub fn start(&mut self, sample: &Sample) {
        let shift = self
            .last
            .map_or_else(Shift::default, |last| self.follow(&last, sample));
        self.dropped_picture = None;
        self.map.start(sample.stream, sample.sequence, shift);
    }

    fn follow(&self, last: &Last, sample: &Sample) -> Shift {
        let picture = number(&sample.frame);
        let tl0 = sample.frame.tl0_picture_index.unwrap_or(0);
        let key = sample.frame.key_index.unwrap_or(0);
        let advance = self.advance(last, sample);
        let timestamp = last.timestamp.wrapping_add(advance);
        Shift {
            timestamp: timestamp.wrapping_sub(sample.timestamp),
            picture: last.picture.wrapping_add(1).wrapping_sub(picture),
            tl0: last.tl0.wrapping_add(1).wrapping_sub(tl0),
            key: last.key.wrapping_add(1).wrapping_sub(key) & 0x1f,
        }
    }

    /// Ticks from the last packet sent to this one. Within a stream the stream knows; between streams their sender
    /// reports do, and before those came the time of arrival is the best there is. A new frame is always later.
    fn advance(&self, last: &Last, sample: &Sample) -> u32 {
        let by_arrival = ticks(sample.arrival.since(last.arrival), self.rate);
        let told = if last.stream == sample.stream {
            Some(i64::from(
                sample.timestamp.wrapping_sub(last.incoming) as i32
            ))
        } else {
            last.clock
                .zip(sample.clock)
                .map(|(from, to)| distance(&from, last.incoming, &to, sample.timestamp, self.rate))
        };
        let limit = i64::from(self.rate) * i64::from(MAX_DISAGREEMENT_S);
        let believed = told
            .filter(|told| (told - by_arrival).abs() <= limit)
            .unwrap_or(by_arrival);
        u32::try_from(believed.clamp(1, i64::from(i32::MAX))).unwrap_or(1)
    }

    /// Forward a packet of the stream that flows, or one of an earlier stream that came late.
    pub fn keep(&mut self, sample: &Sample) -> Result<Translation, DropReason> {
        match self.map.place(sample.stream, sample.sequence) {
            Place::Next(sequence, shift) => {
                self.remember(sample, shift);
                Ok(Translation::of(sequence, shift, false))
            }
            Place::Late(sequence, shift) => self.late(sample, sequence, shift),
            Place::Nowhere => Err(DropReason::NotMapped),
            Place::Beyond => Err(DropReason::AwaitingKeyframe),
        }
    }

    /// Whether the packet is so far ahead of the stream that only a new start helps.
    pub fn is_beyond(&self, sample: &Sample) -> bool {
        self.map.is_beyond(sample.stream, sample.sequence)
    }

    /// Forward a packet of a stream that no longer flows, if a number was kept free for it.
    pub fn keep_late(&self, sample: &Sample) -> Result<Translation, DropReason> {
        match self.map.late(sample.stream, sample.sequence) {
            Place::Late(sequence, shift) => self.late(sample, sequence, shift),
            _ => Err(DropReason::Layer),
        }
    }

    fn late(
        &self,
        sample: &Sample,
        sequence: u64,
        shift: Shift,
    ) -> Result<Translation, DropReason> {
        let limit = self
            .limits
            .at(sequence)
            .map_err(|_| DropReason::NotMapped)?;
        Ok(Translation {
            limit: limit.flatten(),
            ..Translation::of(sequence, shift, self.is_left_out(sample))
        })
    }

    /// Leave a packet out. When its number cannot be closed any more, an empty packet must take its place.
    pub fn leave_out(&mut self, sample: &Sample) -> Result<Translation, DropReason> {
        let mut shift = self.map.shift();
        let picture = self.picture(sample);
        if picture.is_some() && picture != self.dropped_picture && self.is_next(sample) {
            shift.picture = shift.picture.wrapping_sub(1);
            self.dropped_picture = picture;
        }
        match self
            .map
            .skip(sample.stream, sample.sequence, shift, picture)
        {
            Skipped::Kept(sequence, shift) => {
                self.fillers.note(sequence);
                Ok(Translation::of(sequence, shift, true))
            }
            Skipped::Closed => {
                // Numbers kept free before it may still be filled by packets as late as this one.
                self.remember(sample, shift);
                Err(DropReason::Layer)
            }
            Skipped::Nowhere => Err(DropReason::Layer),
        }
    }

    /// Whether the packet is newer than all before it of the stream that flows.
    pub fn is_next(&self, sample: &Sample) -> bool {
        self.map.is_next(sample.stream, sample.sequence)
    }

    fn remember(&mut self, sample: &Sample, shift: Shift) {
        let Numbered { picture, tl0, key } = translated(&sample.frame, shift);
        self.last = Some(Last {
            stream: sample.stream,
            incoming: sample.timestamp,
            timestamp: sample.timestamp.wrapping_add(shift.timestamp),
            arrival: sample.arrival,
            clock: sample.clock,
            picture,
            tl0,
            key,
        });
    }

    /// The picture that closes its number when it is left out.
    fn picture(&self, sample: &Sample) -> Option<u16> {
        let picture = sample.frame.picture_id.filter(|_| self.dense)?;
        Some(picture.value())
    }

    /// This packet is the last of its picture that is forwarded, now and whenever it is sent again.
    pub fn end_picture(&mut self, translation: &mut Translation) {
        translation.ends_picture = true;
        self.ends.note(translation.sequence);
    }

    /// From this packet, the newest, on its receiver is told that it gets layers up to `limit`; `None` when it gets all,
    /// and has no reason to doubt it.
    pub fn limit(&mut self, translation: &mut Translation, limit: Option<Layers>) {
        if self.limits.last().flatten() != limit {
            self.limits.set(translation.sequence, limit);
        }
        translation.limit = limit;
    }

    /// What its receiver was told last.
    pub fn told(&self) -> Option<Layers> {
        self.limits.last().flatten()
    }

    /// The number of what was sent last.
    pub fn newest(&self) -> Option<u16> {
        self.last?;
        Some(self.map.next_out().checked_sub(1)? as u16)
    }

    /// What was, or would have been, sent under the 16-bit number a receiver names: the stream, its sequence number and
    /// the same translation as the first time.
    pub fn find(&self, sequence: u16) -> Option<(u8, u64, Translation)> {
        let sequence = self.map.extend(sequence);
        let (stream, incoming, shift) = self.map.find(sequence)?;
        let filler = self.fillers.recall(sequence)?;
        let ends_picture = self.ends.recall(sequence)?;
        let limit = self.limits.at(sequence).ok()?.flatten();
        let translation = Translation {
            sequence,
            shift,
            filler,
            ends_picture,
            limit,
        };
        Some((stream, incoming, translation))
    }

    /// Whether the rest of a late packet's picture was left out: then its number needs a filler, whatever is preferred now.
    pub fn is_left_out(&self, sample: &Sample) -> bool {
        let picture = self.picture(sample);
        picture.is_some_and(|picture| {
            self.map
                .is_left_out(sample.stream, sample.sequence, picture)
        })
    }

    /// The timestamp shift of what flows.
    pub fn timestamp_shift(&self) -> u32 {
        self.map.shift().timestamp
    }

    /// The stream was replaced by another under the same index: what is known of its timestamps no longer holds.
    pub fn forget_stream(&mut self, stream: u8) {
        if let Some(last) = self.last.as_mut().filter(|last| last.stream == stream) {
            last.stream = u8::MAX;
            last.clock = None;
        }
    }
}

/// What pictures are told apart by: the picture id of VP8 and VP9, the frame number of the dependency descriptor.
fn number(frame: &Frame) -> u16 {
    let picture = frame.picture_id.map(|id| id.value());
    picture.or(frame.frame_number).unwrap_or(0)
}

/// The numbers a frame has after a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Of its picture: 15 bits of it count in VP8 and VP9.
    pub picture: u16,
    /// TL0PICIDX.
    pub tl0: u8,
    /// KEYIDX.
    pub key: u8,
}

/// The numbers `frame` has after `shift`.
pub fn translated(frame: &Frame, shift: Shift) -> Numbered {
    Numbered {
        picture: number(frame).wrapping_add(shift.picture),
        tl0: frame.tl0_picture_index.unwrap_or(0).wrapping_add(shift.tl0),
        key: frame.key_index.unwrap_or(0).wrapping_add(shift.key) & 0x1f,
    }
}
