//! What a forwarding unit must know about a payload: where frames and layers begin, and nothing of the picture itself.

pub mod av1;
pub mod descriptor;
pub mod h264;
pub mod opus;
pub mod red;
pub mod targets;
pub mod vp8;
pub mod vp9;

mod bits;
mod cursor;

use descriptor::Structure;
use targets::Announced;

/// The codecs that can be told apart by layer or by key frame; all others are forwarded as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// audio/opus, RFC 7587.
    Opus,
    /// video/VP8, RFC 7741.
    Vp8,
    /// video/VP9, RFC 9628.
    Vp9,
    /// video/H264, RFC 6184.
    H264,
    /// video/AV1, the RTP payload format of AOMedia.
    Av1,
    /// Anything else: every packet is a whole, independent frame.
    Other,
}

/// Why a payload could not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecError {
    /// The descriptor, or a length in it, goes beyond the end.
    TooShort,
    /// A value that the format forbids.
    Invalid,
    /// A dependency descriptor that refers to a template nobody has sent.
    NoTemplate,
}

/// One RTP packet seen as a part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// A decoder that knows nothing can start with this packet: it opens an intra frame with all its headers. The upper
    /// spatial layers of a key picture do not count, nor do the later packets of a key frame.
    pub keyframe: bool,
    /// First packet of its (layer) frame. H264 may say so of the parameter sets and again of the first slice.
    pub starts_frame: bool,
    /// Last packet of its (layer) frame.
    pub ends_frame: bool,
    /// Spatial layer within this RTP stream, 0 for the lowest.
    pub spatial: u8,
    /// Temporal layer, 0 for the lowest.
    pub temporal: u8,
    /// A receiver of lower temporal layers may start to receive all up to this one from here on.
    pub switches_to: Option<u8>,
    /// No other frame needs this one.
    pub discardable: bool,
    /// The frame uses the next lower spatial layer of the same picture.
    pub inter_layer: bool,
    /// Picture id of VP8 and VP9.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX of VP8 and VP9.
    pub tl0_picture_index: Option<u8>,
    /// KEYIDX of VP8, 0 to 31.
    pub key_index: Option<u8>,
    /// Frame number of the dependency descriptor.
    pub frame_number: Option<u16>,
    /// What the sender had announced in dependency descriptors when it sent this, by turns; 0 for nothing.
    pub announced: u16,
    /// Decode targets (bit n for target n) that need this frame; all ones when the format does not say.
    pub decode_targets: u32,
    /// Width and height in pixels of the (highest) layer, where the packet tells.
    pub resolution: Option<(u16, u16)>,
    /// Opus in discontinuous transmission: there is nothing to hear in this packet.
    pub silent: bool,
}

/// A picture id, with the width it has on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureId {
    /// 0 to 127.
    Short(u8),
    /// 0 to 32767.
    Long(u16),
}

impl PictureId {
    /// The number itself.
    pub const fn value(self) -> u16 {
        match self {
            Self::Short(value) => value as u16,
            Self::Long(value) => value,
        }
    }
}

/// What [`Inspector::inspect`] looks at, all of one packet.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// The payload without padding.
    pub bytes: &'a [u8],
    /// The marker of the RTP header.
    pub marker: bool,
    /// The value of the dependency descriptor extension, when the packet has one.
    pub descriptor: Option<&'a [u8]>,
}

impl Codec {
    /// From a MIME type in any case, for example `video/vp8`.
    pub fn from_mime(mime: &str) -> Self {
        const TABLE: [(&str, Codec); 5] = [
            ("audio/opus", Codec::Opus),
            ("video/vp8", Codec::Vp8),
            ("video/vp9", Codec::Vp9),
            ("video/h264", Codec::H264),
            ("video/av1", Codec::Av1),
        ];
        let found = TABLE
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(mime));
        found.map_or(Self::Other, |(_, codec)| *codec)
    }

    /// Whether one stream of it may hold several layers.
    pub const fn has_layers(self) -> bool {
        matches!(self, Self::Vp8 | Self::Vp9 | Self::Av1 | Self::H264)
    }
}

/// Reads the packets of one RTP stream; keeps nothing but what dependency descriptors announced last.
#[derive(Clone, Debug)]
pub struct Inspector {
    codec: Codec,
    structure: Option<Box<Structure>>,
    active: u32,
    announced: Option<Announced>,
    /// Counts what was announced, so that a packet kept can be told from those under another announcement.
    turn: u16,
}

impl Inspector {
    /// For a stream of `codec`.
    pub const fn new(codec: Codec) -> Self {
        Self {
            codec,
            structure: None,
            active: u32::MAX,
            announced: None,
            turn: 0,
        }
    }

    /// The codec of the stream.
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// The latest dependency structure of the stream.
    pub fn structure(&self) -> Option<&Structure> {
        self.structure.as_deref()
    }

    /// What `payload` is a part of.
    ///
    /// A dependency descriptor has precedence where the payload itself says less; the payload descriptors of VP8 and VP9
    /// say more (picture ids).
    pub fn inspect(&mut self, payload: Payload<'_>) -> Result<Frame, CodecError> {
        if let (Some(value), Codec::H264 | Codec::Av1) = (payload.descriptor, self.codec) {
            return self.inspect_descriptor(value);
        }
        match self.codec {
            Codec::Opus => Ok(opus::inspect(payload.bytes)),
            Codec::Vp8 => vp8::inspect(payload.bytes, payload.marker),
            Codec::Vp9 => vp9::inspect(payload.bytes),
            Codec::H264 => h264::inspect(payload.bytes, payload.marker),
            Codec::Av1 => av1::inspect(payload.bytes, payload.marker),
            Codec::Other => Ok(Frame::whole()),
        }
    }

    fn inspect_descriptor(&mut self, value: &[u8]) -> Result<Frame, CodecError> {
        let descriptor = descriptor::Descriptor::parse(value, self.structure.as_deref())?;
        let active = descriptor.active_targets.unwrap_or(self.active);
        let is_known = descriptor
            .structure
            .as_ref()
            .is_none_or(|new| self.structure.as_deref() == Some(new));
        let is_news = !is_known || active != self.active;
        self.active = active;
        match (descriptor.structure, &mut self.structure) {
            (Some(_), Some(_)) if is_known => {}
            (Some(new), Some(kept)) => **kept = new,
            (Some(new), kept) => *kept = Some(Box::new(new)),
            (None, _) => {}
        }
        if is_news {
            let structure = self.structure.as_deref();
            self.announced = structure.map(|structure| Announced::new(structure, active));
            self.turn = self.turn.wrapping_add(1).max(1);
        }
        Ok(Frame {
            announced: self.turn,
            ..descriptor.frame
        })
    }

    /// What was announced when `frame` was sent; `None` when nothing was, or something else has been announced since.
    pub fn announced(&self, frame: &Frame) -> Option<Announced> {
        self.announced
            .filter(|_| frame.announced != 0 && frame.announced == self.turn)
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::part()
    }
}

impl Frame {
    /// For [`Frame::switches_to`] of a key frame.
    pub const ALL_TEMPORAL: Option<u8> = Some(u8::MAX);

    /// A frame in one packet that depends on nothing.
    pub const fn whole() -> Self {
        Self {
            keyframe: true,
            starts_frame: true,
            ends_frame: true,
            ..Self::part()
        }
    }

    /// A packet from the middle of a frame without layers.
    const fn part() -> Self {
        Self {
            keyframe: false,
            starts_frame: false,
            ends_frame: false,
            spatial: 0,
            temporal: 0,
            switches_to: None,
            discardable: false,
            inter_layer: false,
            picture_id: None,
            tl0_picture_index: None,
            key_index: None,
            frame_number: None,
            announced: 0,
            decode_targets: u32::MAX,
            resolution: None,
            silent: false,
        }
    }
}

/// Write `value` over the picture id at `position` without changing its width.
fn overwrite_picture_id(
    payload: &mut [u8],
    position: usize,
    id: PictureId,
    value: u16,
) -> Result<(), CodecError> {
    let tail = payload.get_mut(position..).ok_or(CodecError::TooShort)?;
    match (id, tail) {
        (PictureId::Short(_), [byte, ..]) => *byte = (value & 0x7f) as u8,
        (PictureId::Long(_), [high, low, ..]) => [*high, *low] = (value | 0x8000).to_be_bytes(),
        _ => return Err(CodecError::TooShort),
    }
    Ok(())
}
