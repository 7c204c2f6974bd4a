//! A track going out to one participant.

mod layers;

use std::time::Duration;

use crate::allocation::Demand;
use crate::bandwidth::sent::Carried;
use crate::bitrate::Bitrate;
use crate::codec::Codec;
use crate::drop::DropReason;
use crate::extension::{Extension, ExtensionMap};
use crate::id::{ConsumerId, Mid, PayloadType, Ssrc};
use crate::io::{CommandError, LayerReason};
use crate::ladder::Layers;
use crate::layer::{EncodingSelector, LayerFilter};
use crate::producer::{Producer, extension_map};
use crate::resend::Resends;
use crate::rewrite::{Rewriter, Sample, Translation};
use crate::sending::Stamp;
use crate::spec::ConsumerSpec;
use crate::stats::{ConsumerStatistics, Traffic};
use crate::time::Time;

/// The retransmission stream of a consumer (RFC 4588).
#[derive(Clone, Copy, Debug)]
pub struct Rtx {
    /// Its SSRC.
    pub ssrc: Ssrc,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Next extended sequence number.
    pub next: u64,
}

/// Ids of header extensions that are new with each sending. A packet that is sent again under its own number must be the
/// same to the last byte, so a stream without RTX has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct StampIds {
    /// Of the transport-wide sequence number.
    pub number: Option<u8>,
    /// Of the absolute send time.
    pub send_time: Option<u8>,
}

impl StampIds {
    fn of(extensions: &ExtensionMap, has_rtx: bool) -> Self {
        let id = |extension| extensions.id(extension).filter(|_| has_rtx);
        Self {
            number: id(Extension::TransportSequence),
            send_time: id(Extension::AbsSendTime),
        }
    }

    /// Whether there are any.
    pub const fn any(&self) -> bool {
        self.number.is_some() || self.send_time.is_some()
    }

    /// The elements of a packet that bears `stamp`.
    pub fn elements<'a>(
        &self,
        stamp: &'a Stamp,
    ) -> impl Iterator<Item = (u8, &'a [u8])> + Clone + use<'a> {
        let number = self.number.map(|id| (id, stamp.number().as_slice()));
        let send_time = self.send_time.map(|id| (id, stamp.send_time().as_slice()));
        number.into_iter().chain(send_time)
    }
}

/// What is counted of a consumer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Without retransmissions.
    pub sent: Traffic,
    /// Of what is sent, without retransmissions.
    pub bitrate: Bitrate,
    /// Payload bytes, for sender reports.
    pub payload_bytes: u64,
    /// Retransmissions.
    pub resent: Traffic,
    /// Retransmissions nobody asked for, of probes.
    pub padding: Traffic,
    /// Sequence numbers asked for again.
    pub nacked: u64,
    /// Of these, not answered.
    pub unanswered: u64,
    /// PLI and FIR.
    pub keyframe_requests: u64,
    /// From the last receiver report.
    pub fraction_lost: u8,
    /// From the last receiver report.
    pub lost: i64,
    /// From the last receiver report.
    pub jitter: u32,
    /// From the last receiver report.
    pub round_trip: Option<Duration>,
}

/// A track going out.
#[derive(Debug)]
pub struct Consumer {
    /// Its handle.
    pub id: ConsumerId,
    /// Its own slot, set when it is inserted.
    pub slot: usize,
    /// Slot of the transport it goes out on.
    pub transport: usize,
    /// Slot of its producer.
    pub producer: usize,
    /// Its SSRC.
    pub ssrc: Ssrc,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Of packets with redundant copies, if its receiver takes them.
    pub red: Option<PayloadType>,
    /// Its retransmission stream.
    pub rtx: Option<Rtx>,
    /// Its receiver may ask for packets again.
    pub nack: bool,
    /// Its media identification.
    pub mid: Mid,
    /// The id of the MID extension.
    pub mid_id: Option<u8>,
    /// The ids of what is new with each sending, where retransmissions go under numbers of their own.
    pub stamp_ids: StampIds,
    /// The id of the dependency descriptor.
    pub descriptor_id: Option<u8>,
    /// Its ids of header extensions.
    pub extensions: ExtensionMap,
    /// Its canonical name.
    pub cname: String,
    /// How to rewrite payloads.
    pub codec: Codec,
    /// Of its timestamps.
    pub rate: u32,
    /// What was counted.
    pub counters: Counters,
    /// The brake on retransmissions.
    pub resends: Resends,
    /// The compact NTP time of the last sender report, and when it was sent.
    pub reported: Option<(u32, Time)>,
    paused: bool,
    /// Nothing flows before the next key frame.
    syncing: bool,
    /// Spatial layers are within the one stream of the producer, not streams of their own.
    layered: bool,
    temporal_layers: u8,
    preferred: Layers,
    /// `None`: suspended.
    allotted: Option<Layers>,
    spatial: EncodingSelector,
    /// The highest temporal layer it gets of one encoding of several.
    temporal: u8,
    filter: LayerFilter,
    /// Why the layers are about to change within the stream.
    reason: LayerReason,
    rewriter: Rewriter,
    change: Option<LayerReason>,
    spatial_layers: u8,
    /// What it asks of the allocator.
    pub demand: Demand,
}

/// First numbers of what a consumer sends, so that they cannot be guessed. Below 2^15, where a receiver that misses the
/// first packets cannot guess the rollover counter wrong (RFC 3711 section 3.3.1).
#[derive(Clone, Copy, Debug)]
pub struct FirstNumbers {
    /// Of the media stream.
    pub media: u16,
    /// Of the retransmission stream.
    pub rtx: u16,
}

/// Nor 0: a receiver that begins one before the first it sees takes that for a wrap, and opens nothing from then on.
fn first_number(random: u16) -> u16 {
    (random & 0x7fff).max(1)
}

impl Consumer {
    /// Refuses a spec that does not fit the producer.
    pub fn new(
        id: ConsumerId,
        transport: usize,
        producer: (usize, &Producer),
        spec: ConsumerSpec,
        first: FirstNumbers,
    ) -> Result<Self, CommandError> {
        let (slot, producer) = producer;
        let codec = Codec::from_mime(&spec.codec.mime_type);
        let same = spec
            .codec
            .mime_type
            .eq_ignore_ascii_case(&producer.codec.mime_type);
        if !same || spec.codec.clock_rate != producer.codec.clock_rate {
            return Err(CommandError::Validation(
                "the codec is not the producer's".to_owned(),
            ));
        }
        let rtx = spec.rtx_ssrc.zip(spec.codec.rtx_payload_type);
        let extensions = extension_map(&spec.header_extensions)?;
        let preferred = Layers {
            spatial: spec.spatial_layer.unwrap_or(u8::MAX),
            temporal: spec.temporal_layer.unwrap_or(u8::MAX),
        };
        let temporal_layers = producer
            .streams
            .iter()
            .map(|stream| stream.encoding.temporal_layers)
            .max();
        Ok(Self {
            id,
            slot: usize::MAX,
            transport,
            producer: slot,
            ssrc: spec.ssrc,
            payload_type: spec.codec.payload_type,
            red: spec.codec.red_payload_type,
            rtx: rtx.map(|(ssrc, payload_type)| Rtx {
                ssrc,
                payload_type,
                next: u64::from(first_number(first.rtx)),
            }),
            nack: spec.codec.nack,
            mid: spec.mid,
            mid_id: extensions.id(Extension::Mid),
            stamp_ids: StampIds::of(&extensions, rtx.is_some()),
            descriptor_id: extensions.id(Extension::DependencyDescriptor),
            extensions,
            cname: spec.cname,
            codec,
            rate: spec.codec.clock_rate,
            counters: Counters::default(),
            resends: Resends::default(),
            reported: None,
            paused: spec.paused,
            syncing: true,
            layered: producer.is_layered(),
            temporal_layers: temporal_layers.unwrap_or(1).max(1),
            preferred,
            allotted: Some(Layers::HIGHEST),
            spatial: EncodingSelector::new(preferred.spatial),
            temporal: preferred.temporal,
            filter: LayerFilter::new(preferred),
            reason: LayerReason::Available,
            rewriter: Rewriter::new(
                first_number(first.media),
                spec.codec.clock_rate,
                codec == Codec::Vp8,
            ),
            change: None,
            spatial_layers: producer.spatial_layers().max(1),
            demand: Demand::default(),
        })
    }

    /// Whether it forwards nothing, for its own part.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Stop or go on. Going on begins with a key frame.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        self.resync();
    }

    /// What its receiver has may be incomplete: go on with a key frame only.
    pub fn resync(&mut self) {
        self.syncing = true;
    }

    /// A stream of the producer was replaced by another under the same index.
    pub fn replaced(&mut self, stream: u8) {
        self.rewriter.forget_stream(stream);
        if self.spatial.current() == Some(stream) {
            self.resync();
        }
    }

    /// Whether and how a packet is forwarded.
    pub fn decide(&mut self, sample: &Sample) -> Result<Translation, DropReason> {
        if self.paused {
            return Err(DropReason::ConsumerPaused);
        }
        if self.allotted.is_none() {
            return Err(DropReason::Suspended);
        }
        let current = self.spatial.current() == Some(sample.stream);
        if current && !self.syncing {
            if !self.rewriter.is_beyond(sample) {
                return self.flow(sample);
            }
            self.resync();
        }
        if sample.frame.keyframe && (self.spatial.accepts(sample.stream) || current) {
            return self.start(sample);
        }
        if self.awaits() == Some(sample.stream) {
            return Err(DropReason::AwaitingKeyframe);
        }
        self.rewriter.keep_late(sample)
    }

    fn start(&mut self, sample: &Sample) -> Result<Translation, DropReason> {
        self.rewriter.start(sample);
        self.syncing = false;
        if self.spatial.switch(sample.stream) {
            self.change = Some(self.spatial.reason());
            if !self.layered {
                self.tune();
            }
        }
        self.flow(sample)
    }

    fn flow(&mut self, sample: &Sample) -> Result<Translation, DropReason> {
        if !self.codec.has_layers() {
            return self.rewriter.keep(sample);
        }
        let before = self.filter.current();
        let passes = if self.rewriter.is_next(sample) {
            self.filter.passes(&sample.frame, sample.timestamp)
        } else {
            self.filter.passes_late(&sample.frame)
        };
        if self.layered && before != self.filter.current() {
            self.change.get_or_insert(self.reason);
        }
        if !passes {
            return self.rewriter.leave_out(sample);
        }
        let is_next = self.rewriter.is_next(sample);
        let mut translation = self.rewriter.keep(sample)?;
        if is_next && sample.frame.announced != 0 {
            let limit = self.limit(&sample.frame);
            self.rewriter.limit(&mut translation, limit);
        }
        if self.layered && self.filter.ends_picture(&sample.frame) {
            self.rewriter.end_picture(&mut translation);
        }
        Ok(translation)
    }

    /// Whether probes may be sent as retransmissions of it.
    pub fn pads(&self) -> bool {
        self.stamp_ids.number.is_some() && self.flowing().is_some()
    }

    /// What a packet sent under an extended number is to be known by, where its receiver tells what arrives.
    pub fn carried(&self, sequence: u64) -> Option<Carried> {
        self.stamp_ids.number.map(|_| Carried {
            slot: self.slot as u32,
            consumer: self.id,
            sequence,
        })
    }

    /// The number of what was sent last.
    pub fn newest(&self) -> Option<u16> {
        self.rewriter.newest()
    }

    /// What was sent under a number its receiver names.
    pub fn find(&self, sequence: u16) -> Option<(u8, u64, Translation)> {
        self.rewriter.find(sequence)
    }

    /// Whether a packet found is one of a picture that was left out.
    pub fn is_left_out(&self, sample: &Sample) -> bool {
        self.rewriter.is_left_out(sample)
    }

    /// The encoding that flows, if one does.
    pub const fn flowing(&self) -> Option<u8> {
        if self.paused || self.syncing {
            None
        } else {
            self.spatial.current()
        }
    }

    /// What is added to the producer's timestamps now.
    pub fn timestamp_shift(&self) -> u32 {
        self.rewriter.timestamp_shift()
    }

    /// A snapshot; `transport` and `producer` are handles.
    pub fn statistics(&self, transport: u32, producer: u32, now: Time) -> ConsumerStatistics {
        let counters = &self.counters;
        ConsumerStatistics {
            transport,
            producer,
            paused: self.paused,
            spatial_layer: self.spatial_layer(),
            temporal_layer: self.temporal_layer(),
            allotted: self.entitled(),
            limited: self.demand.is_limited,
            priority: self.demand.priority,
            size: self.demand.size,
            sent: counters.sent,
            bitrate: counters.bitrate.get(now),
            resent: counters.resent,
            nacked: counters.nacked,
            unanswered: counters.unanswered,
            keyframe_requests: counters.keyframe_requests,
            round_trip: counters.round_trip,
            fraction_lost: counters.fraction_lost,
            lost: counters.lost,
            jitter: counters.jitter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first_number;

    #[test]
    fn a_first_number_is_above_0_and_below_two_to_the_15() {
        assert_eq!(
            [0, 0x8000, 5, u16::MAX].map(first_number),
            [1, 1, 5, 0x7fff]
        );
    }
}
