//! A track coming in.

use crate::allocation::interest::Interest;
use crate::allocation::size::{Size, Sizes};
use crate::allocation::tariff::{Expected, Shape, Tariff};
use crate::codec::Codec;
use crate::extension::{Elements, Extension, ExtensionMap};
use crate::history;
use crate::id::{Mid, PayloadType, ProducerId, Rid};
use crate::io::CommandError;
use crate::ladder::Ladder;
use crate::layer::Active;
use crate::loudness::Loudness;
use crate::spec::{Codec as CodecSpec, Content, HeaderExtension, Kind, ProducerSpec};
use crate::stats::ProducerStatistics;
use crate::stream::{Format, Stream, Way};
use crate::time::Time;

/// Encodings of a producer, as many as [`Active`] has bits.
pub const MAX_STREAMS: usize = 8;
/// Consumers of a producer.
pub const MAX_CONSUMERS: usize = 1024;

/// A track coming in.
#[derive(Debug)]
pub struct Producer {
    /// Its handle.
    pub id: ProducerId,
    /// Slot of the transport it comes in on.
    pub transport: usize,
    /// Audio or video.
    pub kind: Kind,
    /// What its packets may carry to be found by.
    pub mid: Option<Mid>,
    /// Its codec.
    pub codec: CodecSpec,
    /// Its ids of header extensions.
    pub extensions: ExtensionMap,
    /// Its encodings, lowest first.
    pub streams: Vec<Stream>,
    /// Slots of its consumers.
    pub consumers: Vec<usize>,
    /// Slots of its pipe consumers, one for each other worker it goes to.
    pub pipe_consumers: Vec<usize>,
    /// Forwards nothing.
    pub paused: bool,
    /// Encodings that flow.
    pub active: Active,
    /// How loud it is of late; of sound alone.
    pub loudness: Loudness,
    /// Number of FIR sent.
    pub fir_sequence: u8,
    /// What it shows.
    pub content: Content,
    /// On top of the priority of each of its consumers.
    pub boost: u8,
    /// What its layers cost.
    pub tariff: Tariff,
    /// Which of its layers anybody wants.
    pub interest: Interest,
    /// When to look at that again.
    pub look: Time,
    /// It comes from another worker, which sends nothing before it is told to.
    pub is_piped: bool,
}

/// Read the extensions the data plane knows out of a list; the others are nobody's business.
pub fn extension_map(list: &[HeaderExtension]) -> Result<ExtensionMap, CommandError> {
    let mut map = ExtensionMap::new();
    for entry in list {
        if let Some(extension) = Extension::from_uri(&entry.uri) {
            map.insert(entry.id, extension).map_err(|_| {
                CommandError::Validation(format!(
                    "header extension id {} of {}",
                    entry.id, entry.uri
                ))
            })?;
        }
    }
    Ok(map)
}

impl Producer {
    /// Refuses a spec that cannot work.
    pub fn new(
        id: ProducerId,
        transport: usize,
        spec: ProducerSpec,
        now: Time,
    ) -> Result<Self, CommandError> {
        let invalid = |text: &str| Err(CommandError::Validation(text.to_owned()));
        if spec.encodings.is_empty() || spec.encodings.len() > MAX_STREAMS {
            return invalid("a producer has one to eight encodings");
        }
        if spec.codec.clock_rate == 0 {
            return invalid("the clock rate is zero");
        }
        if spec.codec.red_payload_type == Some(spec.codec.payload_type) {
            return invalid("redundant packets have the payload type of others");
        }
        let single = spec.encodings.len() == 1 && spec.mid.is_some();
        let findable = |encoding: &crate::spec::Encoding| {
            encoding.ssrc.is_some() || encoding.rid.is_some() || single
        };
        if !spec.encodings.iter().all(findable) {
            return invalid("an encoding has neither ssrc nor rid");
        }
        let format = Format {
            codec: Codec::from_mime(&spec.codec.mime_type),
            rate: spec.codec.clock_rate,
            // Sound is never asked for on its own SSRC: a browser would seal other bytes under an index it has used.
            nack: spec.codec.nack
                && (spec.kind == Kind::Video || spec.codec.rtx_payload_type.is_some()),
            history: if spec.kind == Kind::Video {
                history::VIDEO
            } else {
                history::AUDIO
            },
            kind: spec.kind,
            payload_type: spec.codec.payload_type,
            red: spec.codec.red_payload_type,
        };
        let extensions = extension_map(&spec.header_extensions)?;
        let layers = match spec.encodings.as_slice() {
            [single] => single.spatial_layers,
            several => several.len() as u8,
        };
        let streams = (0..)
            .zip(spec.encodings)
            .map(|(index, encoding)| Stream::new(index, encoding, format));
        Ok(Self {
            id,
            transport,
            kind: spec.kind,
            mid: spec.mid,
            codec: spec.codec,
            extensions,
            streams: streams.collect(),
            consumers: Vec::new(),
            pipe_consumers: Vec::new(),
            paused: spec.paused,
            active: 0,
            loudness: Loudness::default(),
            fir_sequence: 0,
            content: spec.content,
            boost: 0,
            tariff: Tariff::default(),
            interest: Interest::new(layers, now),
            look: Time::ZERO,
            is_piped: false,
        })
    }

    /// What a payload type of this producer means.
    pub fn way(&self, payload_type: PayloadType) -> Option<Way> {
        if payload_type == self.codec.payload_type
            || self.codec.red_payload_type == Some(payload_type)
        {
            Some(Way::Direct)
        } else {
            (self.codec.rtx_payload_type == Some(payload_type)).then_some(Way::Repaired)
        }
    }

    /// Which of its streams a packet of an unknown SSRC belongs to, by MID and RID (RFC 8843 section 9.2, RFC 8852).
    pub fn recognise(&self, elements: &Elements<'_>, way: Way) -> Option<usize> {
        let value = |extension| elements.clone().find(self.extensions.id(extension)?);
        let mid = value(Extension::Mid).and_then(Mid::new)?;
        if self.mid != Some(mid) {
            return None;
        }
        let rid = match way {
            Way::Direct => value(Extension::Rid),
            Way::Repaired => value(Extension::RepairedRid),
        };
        match rid.and_then(Rid::new) {
            Some(rid) => self
                .streams
                .iter()
                .position(|stream| stream.encoding.rid == Some(rid)),
            None => self.single_unsignalled(way),
        }
    }

    fn single_unsignalled(&self, way: Way) -> Option<usize> {
        let [stream] = self.streams.as_slice() else {
            return None;
        };
        let signalled = match way {
            Way::Direct => stream.encoding.ssrc,
            Way::Repaired => stream.encoding.rtx_ssrc,
        };
        (signalled.is_none() && stream.encoding.rid.is_none()).then_some(0)
    }

    /// Whether its spatial layers are within its one stream.
    pub fn is_layered(&self) -> bool {
        matches!(self.streams.as_slice(), [stream] if stream.encoding.spatial_layers > 1)
    }

    /// Look again which spatial layers flow. Returns whether that changed.
    pub fn refresh_active(&mut self, now: Time) -> bool {
        let active = match self.streams.as_slice() {
            [stream] if stream.encoding.spatial_layers > 1 => stream.rates.flowing(now),
            streams => {
                let active = streams
                    .iter()
                    .filter(|stream| stream.is_active(now) && !is_overtaken(streams, stream, now));
                active.fold(0, |bits, stream| bits | 1 << stream.index)
            }
        };
        std::mem::replace(&mut self.active, active) != active
    }

    /// Whether an encoding above one that just received a packet was thought to flow and does not.
    pub fn misses(&self, stream: u8, now: Time) -> bool {
        self.streams.get(usize::from(stream)).is_some_and(|lower| {
            let above = self.streams.iter().skip(usize::from(stream) + 1);
            let mut flowing = above.filter(|each| self.active & 1 << each.index != 0);
            flowing.any(|each| each.is_overtaken(lower, now))
        })
    }

    /// Whether a stream that just received a packet, or a layer of it, was not known to flow.
    pub fn awakens(&self, stream: u8) -> bool {
        match self.streams.as_slice() {
            [only] if only.encoding.spatial_layers > 1 => only
                .rates
                .newest()
                .is_some_and(|layer| self.active & 1 << layer.min(7) == 0),
            _ => self.active & 1 << stream == 0,
        }
    }

    /// What each layer costs: one row an encoding, or one a spatial layer of the only one.
    pub fn ladder(&self, now: Time) -> Ladder {
        let mut ladder = Ladder::default();
        if self.is_layered() {
            for stream in &self.streams {
                stream.rates.write_layers(&mut ladder, now);
            }
        } else {
            let flowing = |stream: &&Stream| self.active & 1 << stream.index != 0;
            for stream in self.streams.iter().filter(flowing) {
                stream.rates.write_encoding(&mut ladder, stream.index, now);
            }
        }
        ladder
    }

    /// It comes over a pipe: nothing flows yet.
    pub fn set_piped(&mut self) {
        self.is_piped = true;
        self.interest = Interest::quiet(self.spatial_layers());
        for stream in &mut self.streams {
            stream.set_piped(self.codec.nack);
        }
    }

    /// How many spatial layers it was announced with: its encodings, or those within a single one.
    pub fn spatial_layers(&self) -> u8 {
        match self.streams.as_slice() {
            [single] => single.encoding.spatial_layers.clamp(1, 8),
            several => several.len() as u8,
        }
    }

    /// How large the pictures of its spatial layers are, as far as key frames have told.
    pub fn sizes(&self) -> Sizes {
        let top = usize::from(self.spatial_layers());
        let known = (0..top).map(|layer| match self.streams.as_slice() {
            // The key frame of an SVC stream tells of its highest layer.
            [single] => single.resolution.filter(|_| layer + 1 == top),
            streams => streams.get(layer).and_then(|stream| stream.resolution),
        });
        Sizes::new(known.map(|told| told.map(|(width, height)| Size { width, height })))
    }

    /// Look again what its layers cost. While it is paused they cost what they did.
    pub fn price(&mut self, now: Time) {
        if self.paused {
            return;
        }
        let temporal = self
            .streams
            .iter()
            .map(|stream| stream.encoding.temporal_layers);
        let shape = Shape {
            spatial: self.spatial_layers(),
            temporal: temporal.max().unwrap_or(1),
        };
        let expected = Expected {
            flowing: self.active,
            unsteady: self.interest.asleep() | self.interest.returning(now),
        };
        let measured = self.ladder(now);
        self.tariff.update(&measured, expected, shape, now);
    }

    /// When something of it is due.
    pub fn due(&self) -> Time {
        let layered = self.is_layered();
        let streams = self.streams.iter().map(|stream| {
            let silent = match (layered, self.active & 1 << stream.index) {
                (true, _) => stream.rates.silent_at(self.active),
                (false, 0) => Time::FAR,
                (false, _) => stream.silent_at(),
            };
            stream.nack.due().min(stream.keyframe.due()).min(silent)
        });
        streams.min().unwrap_or(Time::FAR)
    }

    /// A snapshot; `transport` is the handle of its transport.
    pub fn statistics(&self, transport: u32, now: Time) -> ProducerStatistics {
        ProducerStatistics {
            transport,
            paused: self.paused,
            consumers: self.consumers.len(),
            priority: self.boost,
            spatial_layers: self.spatial_layers(),
            wanted: self.interest.told(),
            streams: self
                .streams
                .iter()
                .map(|stream| stream.statistics(now))
                .collect(),
        }
    }
}

/// Whether one of the encodings below goes on without it. Those above may stop by themselves: the sender drops them first.
fn is_overtaken(streams: &[Stream], stream: &Stream, now: Time) -> bool {
    let below = streams.iter().take(usize::from(stream.index));
    below
        .into_iter()
        .any(|lower| stream.is_overtaken(lower, now))
}
