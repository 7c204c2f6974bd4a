//! One encoding of a producer: an RTP stream with its retransmissions.

use std::time::Duration;

use crate::clock::SenderClock;
use crate::codec::descriptor::Structure;
use crate::codec::red::Red;
use crate::codec::{Codec, Frame, Inspector, Payload};
use crate::drop::DropReason;
use crate::extension::{Extension, ExtensionMap};
use crate::history::History;
use crate::id::{PayloadType, Ssrc};
use crate::keyframe::KeyframeRequester;
use crate::nack::{Arrival, NackGenerator};
use crate::packet::{Media, Values};
use crate::policer::Policer;
use crate::rates::Rates;
use crate::reception::Reception;
use crate::rewrite::Sample;
use crate::rhythm::Rhythm;
use crate::rtp::Packet;
use crate::sequence::SequenceUnwrapper;
use crate::spec::{Encoding, Kind};
use crate::stats::StreamStatistics;
use crate::time::Time;

/// After so much silence a stream counts as not flowing. Longer than the pause between two frames of a still screen.
const SILENCE: Duration = Duration::from_millis(1500);
/// Distance in extended numbers between a stream and one that replaced it under another SSRC.
const EPOCH: u64 = 1 << 32;

/// What all streams of a producer share.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// How to read payloads.
    pub codec: Codec,
    /// Of the timestamps.
    pub rate: u32,
    /// Whether lost packets can be asked for.
    pub nack: bool,
    /// Packets to keep.
    pub history: usize,
    /// There are key frames to ask for in video only.
    pub kind: Kind,
    /// Of the media packets.
    pub payload_type: PayloadType,
    /// Of packets with redundant copies.
    pub red: Option<PayloadType>,
}

impl Format {
    /// The blocks of a packet that has several; `None` for one that has none, or a retransmission.
    fn blocks<'a>(&self, packet: &Packet<'a>) -> Result<Option<Red<'a>>, DropReason> {
        if self.red != Some(packet.fields().payload_type) {
            return Ok(None);
        }
        let red = Red::parse(packet.payload(), self.payload_type);
        red.map(Some).map_err(|_| DropReason::RedMalformed)
    }
}

/// How a packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As the stream itself.
    Direct,
    /// As a retransmission.
    Repaired,
}

/// One encoding of a producer.
#[derive(Debug)]
pub struct Stream {
    /// Which of the producer's streams it is, 0 the lowest.
    pub index: u8,
    /// As signalled.
    pub encoding: Encoding,
    /// Signalled or found.
    pub ssrc: Option<Ssrc>,
    /// Signalled or found.
    pub rtx_ssrc: Option<Ssrc>,
    /// The packets kept.
    pub history: History,
    /// The packets missing.
    pub nack: NackGenerator,
    /// The key frame wanted.
    pub keyframe: KeyframeRequester,
    /// The sender's clocks.
    pub clock: Option<SenderClock>,
    /// How well it is received.
    pub reception: Reception,
    /// What its layers cost.
    pub rates: Rates,
    /// Width and height of its pictures, once a key frame has told.
    pub resolution: Option<(u16, u16)>,
    /// Sequence numbers asked for again.
    pub nacked: u64,
    /// PLI and FIR sent.
    pub requests: u64,
    format: Format,
    base: u64,
    unwrapper: SequenceUnwrapper,
    inspector: Inspector,
    policer: Policer,
    rhythm: Rhythm,
    last_packet: Option<Time>,
    recovered: u64,
    keyframes: u64,
}

impl Stream {
    /// One that has received nothing.
    pub fn new(index: u8, encoding: Encoding, format: Format) -> Self {
        Self {
            index,
            policer: Policer::new(format.kind, encoding.max_bitrate),
            ssrc: encoding.ssrc,
            rtx_ssrc: encoding.rtx_ssrc,
            encoding,
            history: History::new(format.history),
            nack: NackGenerator::default(),
            keyframe: KeyframeRequester::default(),
            clock: None,
            reception: Reception::default(),
            rates: Rates::default(),
            resolution: None,
            nacked: 0,
            requests: 0,
            format,
            base: 0,
            unwrapper: SequenceUnwrapper::new(),
            inspector: Inspector::new(format.codec),
            rhythm: Rhythm::default(),
            last_packet: None,
            recovered: 0,
            keyframes: 0,
        }
    }

    /// The encoding goes on under another SSRC; nothing of the old one can be continued.
    pub fn replace(&mut self, ssrc: Ssrc) {
        self.ssrc = Some(ssrc);
        self.base += EPOCH;
        self.unwrapper = SequenceUnwrapper::new();
        self.inspector = Inspector::new(self.format.codec);
        self.rhythm = Rhythm::default();
        self.nack = NackGenerator::default();
        self.reception = Reception::default();
        self.clock = None;
    }

    /// It comes from another worker: policed there, and repeated from there as it was.
    pub fn set_piped(&mut self, nack: bool) {
        self.policer = Policer::lenient();
        self.format.nack = nack;
    }

    /// Whether a packet came lately.
    pub fn is_active(&self, now: Time) -> bool {
        self.last_packet
            .is_some_and(|last| now.since(last) <= SILENCE)
    }

    /// Whether it fell silent while `sibling`, another encoding of the same pictures, goes on.
    pub fn is_overtaken(&self, sibling: &Self, now: Time) -> bool {
        self.last_packet
            .is_some_and(|last| self.rhythm.is_overtaken(last, &sibling.rhythm, now))
    }

    /// When it ceases to be active unless a packet comes.
    pub fn silent_at(&self) -> Time {
        self.last_packet
            .map_or(Time::FAR, |last| last + SILENCE + Duration::from_millis(1))
    }

    /// Take a packet in: count it, keep it, notice what is missing before it, and read it for the consumers.
    ///
    /// `bytes` is the packet as of the stream itself, retransmissions unwrapped.
    pub fn receive<'a>(
        &mut self,
        bytes: &'a [u8],
        packet: &Packet<'a>,
        way: Way,
        map: &ExtensionMap,
        now: Time,
    ) -> Result<Media<'a>, DropReason> {
        let fields = packet.fields();
        let sequence = self.sequence(fields.sequence, way)?;
        match way {
            Way::Direct => {
                self.reception.receive(
                    sequence - self.base,
                    fields.timestamp,
                    bytes.len(),
                    now,
                    self.format.rate,
                );
                self.rhythm.note(fields.timestamp, now);
            }
            Way::Repaired => self.reception.count(bytes.len(), now),
        }
        self.last_packet = Some(now);
        if self.history.contains(sequence) {
            return Err(DropReason::Duplicate);
        }
        self.notice_gaps(sequence, now);
        if packet.payload().is_empty() {
            return Err(DropReason::RtpEmpty);
        }
        self.policer.admit(bytes.len(), now)?;
        let red = self.format.blocks(packet)?;
        let payload = red.map_or(packet.payload(), |red| red.primary);
        let values = Values::read(packet.elements(), map);
        let frame = self.inspect(payload, packet.fields().marker, &values);
        self.history.insert(sequence, frame, bytes)?;
        self.rates.count(&frame, bytes.len(), now);
        self.recovered += u64::from(way == Way::Repaired);
        if frame.keyframe {
            self.keyframes += 1;
            let structure = self.inspector.structure();
            let told = structure.and_then(Structure::resolution);
            let told = told
                .or(frame.resolution)
                .filter(|(width, height)| *width > 0 && *height > 0);
            self.resolution = told.or(self.resolution);
        }
        let sample = self.sample(sequence, fields.timestamp, frame, now);
        Ok(Media {
            sample,
            marker: fields.marker,
            values,
            payload,
            red,
            announced: self.inspector.announced(&frame),
        })
    }

    /// The extended number. A retransmission cannot be the newest packet: without the stream it has no place.
    fn sequence(&mut self, sequence: u16, way: Way) -> Result<u64, DropReason> {
        let extended = match way {
            Way::Direct => self.unwrapper.unwrap(sequence),
            Way::Repaired => {
                let highest = self.unwrapper.highest().ok_or(DropReason::RtxMalformed)?;
                let extended = self.unwrapper.peek(sequence);
                if extended > highest {
                    return Err(DropReason::RtxMalformed);
                }
                extended
            }
        };
        Ok(self.base + extended)
    }

    fn notice_gaps(&mut self, sequence: u64, now: Time) {
        let arrival = if self.format.nack {
            self.nack.arrived(sequence, now)
        } else {
            Arrival::Taken
        };
        if arrival == Arrival::GapTooLarge {
            self.want_keyframe();
        }
    }

    /// Somebody needs a key frame.
    pub fn want_keyframe(&mut self) {
        if self.format.kind == Kind::Video {
            self.keyframe.want();
        }
    }

    fn inspect(&mut self, bytes: &[u8], marker: bool, values: &Values<'_>) -> Frame {
        let payload = Payload {
            bytes,
            marker,
            descriptor: values.get(Extension::DependencyDescriptor),
        };
        // What cannot be read is carried on as the middle of a frame: the decoder is the judge of it.
        self.inspector.inspect(payload).unwrap_or_default()
    }

    fn sample(&self, sequence: u64, timestamp: u32, frame: Frame, arrival: Time) -> Sample {
        Sample {
            stream: self.index,
            sequence,
            timestamp,
            arrival,
            frame,
            clock: self.clock,
        }
    }

    /// A packet kept, as it was read the first time.
    pub fn recall(&self, sequence: u64, map: &ExtensionMap, now: Time) -> Option<Media<'_>> {
        let (bytes, frame) = self.history.get(sequence)?;
        let packet = Packet::parse(bytes).ok()?;
        let fields = packet.fields();
        let red = self.format.blocks(&packet).ok()?;
        Some(Media {
            sample: self.sample(sequence, fields.timestamp, *frame, now),
            marker: fields.marker,
            values: Values::read(packet.elements(), map),
            payload: red.map_or(packet.payload(), |red| red.primary),
            red,
            announced: self.inspector.announced(frame),
        })
    }

    /// A snapshot.
    pub fn statistics(&self, now: Time) -> StreamStatistics {
        StreamStatistics {
            ssrc: self.ssrc.map(|ssrc| ssrc.0),
            rid: self.encoding.rid.map(|rid| rid.as_str().to_owned()),
            active: self.is_active(now),
            received: self.reception.traffic(),
            recovered: self.recovered,
            lost: self.reception.lost(),
            jitter: self.reception.jitter(),
            bitrate: self.reception.bitrate(now),
            keyframes: self.keyframes,
            nacked: self.nacked,
            keyframe_requests: self.requests,
        }
    }
}
