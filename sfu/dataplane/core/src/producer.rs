//! A track coming in.

use crate::codec::Codec;
use crate::extension::{Elements, Extension, ExtensionMap};
use crate::history;
use crate::id::{Mid, PayloadType, ProducerId, Rid};
use crate::io::CommandError;
use crate::layer::Active;
use crate::spec::{Codec as CodecSpec, HeaderExtension, Kind, ProducerSpec};
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
    /// Number of FIR sent.
    pub fir_sequence: u8,
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
    pub fn new(id: ProducerId, transport: usize, spec: ProducerSpec) -> Result<Self, CommandError> {
        let invalid = |text: &str| Err(CommandError::Validation(text.to_owned()));
        if spec.encodings.is_empty() || spec.encodings.len() > MAX_STREAMS {
            return invalid("a producer has one to eight encodings");
        }
        if spec.codec.clock_rate == 0 {
            return invalid("the clock rate is zero");
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
            nack: spec.codec.nack,
            history: if spec.kind == Kind::Video {
                history::VIDEO
            } else {
                history::AUDIO
            },
            keyframes: spec.kind == Kind::Video,
        };
        let extensions = extension_map(&spec.header_extensions)?;
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
            fir_sequence: 0,
        })
    }

    /// What a payload type of this producer means.
    pub fn way(&self, payload_type: PayloadType) -> Option<Way> {
        if payload_type == self.codec.payload_type {
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

    /// Look again which streams flow. Returns whether that changed.
    pub fn refresh_active(&mut self, now: Time) -> bool {
        let active = self.streams.iter().filter(|stream| stream.is_active(now));
        let active = active.fold(0, |bits, stream| bits | 1 << stream.index);
        std::mem::replace(&mut self.active, active) != active
    }

    /// Whether a stream that just received a packet was not known to flow.
    pub fn awakens(&self, stream: u8) -> bool {
        self.active & 1 << stream == 0
    }

    /// When something of it is due.
    pub fn due(&self) -> Time {
        let streams = self.streams.iter().map(|stream| {
            let silent = if self.awakens(stream.index) {
                Time::FAR
            } else {
                stream.silent_at()
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
            streams: self
                .streams
                .iter()
                .map(|stream| stream.statistics(now))
                .collect(),
        }
    }
}
