//! RTP header extensions by meaning, independent of the ids one peer gave them (RFC 8285).

mod block;
pub mod value;

pub use block::{Elements, Form, write_block};

/// A header extension that the data plane understands, or at least carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Extension {
    /// SDES MID (RFC 9143).
    Mid,
    /// SDES RtpStreamId (RFC 8852).
    Rid,
    /// SDES RepairedRtpStreamId (RFC 8852), on RTX packets.
    RepairedRid,
    /// Absolute send time, 24 bits.
    AbsSendTime,
    /// Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01), 16 bits.
    TransportSequence,
    /// Client-to-mixer audio level (RFC 6464).
    AudioLevel,
    /// Coordination of video orientation (3GPP TS 26.114).
    VideoOrientation,
    /// Transmission time offset (RFC 5450).
    TransmissionOffset,
    /// Playout delay limits.
    PlayoutDelay,
    /// Absolute capture time.
    AbsCaptureTime,
    /// AV1 dependency descriptor.
    DependencyDescriptor,
    /// Video content type (screen or camera).
    VideoContentType,
    /// Video frame timing.
    VideoTiming,
    /// Colour space and HDR metadata.
    ColorSpace,
    /// Video layers allocation.
    VideoLayersAllocation,
}

/// Number of variants of [`Extension`].
const COUNT: usize = 15;

const TABLE: [(Extension, &str); COUNT] = [
    (Extension::Mid, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (
        Extension::Rid,
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    ),
    (
        Extension::RepairedRid,
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    ),
    (
        Extension::AbsSendTime,
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    ),
    (
        Extension::TransportSequence,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    ),
    (
        Extension::AudioLevel,
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    ),
    (Extension::VideoOrientation, "urn:3gpp:video-orientation"),
    (
        Extension::TransmissionOffset,
        "urn:ietf:params:rtp-hdrext:toffset",
    ),
    (
        Extension::PlayoutDelay,
        "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    ),
    (
        Extension::AbsCaptureTime,
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    ),
    (
        Extension::DependencyDescriptor,
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    ),
    (
        Extension::VideoContentType,
        "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    ),
    (
        Extension::VideoTiming,
        "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    ),
    (
        Extension::ColorSpace,
        "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    ),
    (
        Extension::VideoLayersAllocation,
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    ),
];

impl Extension {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(extension, _)| *extension)
    }

    /// The extension with this URI; `None` when the data plane does not know it.
    pub fn from_uri(uri: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|(_, known)| *known == uri)
            .map(|(extension, _)| *extension)
    }

    /// The URI of its `a=extmap` line.
    pub fn uri(self) -> &'static str {
        TABLE.get(self as usize).map_or("", |(_, uri)| uri)
    }
}

/// Why an id was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// Id 0 is padding.
    Zero,
    /// The id already stands for another extension.
    Taken,
}

/// The ids one peer uses for extensions: both ways in constant time.
#[derive(Clone, Debug)]
pub struct ExtensionMap {
    by_id: [Option<Extension>; 256],
    by_extension: [u8; COUNT],
}

impl Default for ExtensionMap {
    fn default() -> Self {
        Self {
            by_id: [None; 256],
            by_extension: [0; COUNT],
        }
    }
}

impl ExtensionMap {
    /// A map without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Let `id` (1 to 255) stand for `extension`; an earlier id of the same extension is forgotten.
    pub fn insert(&mut self, id: u8, extension: Extension) -> Result<(), MapError> {
        if id == 0 {
            return Err(MapError::Zero);
        }
        if self.extension(id).is_some_and(|taken| taken != extension) {
            return Err(MapError::Taken);
        }
        if let Some(slot) = self.by_extension.get_mut(extension as usize) {
            let former = std::mem::replace(slot, id);
            if let Some(entry) = self.by_id.get_mut(usize::from(former)) {
                *entry = None;
            }
        }
        if let Some(entry) = self.by_id.get_mut(usize::from(id)) {
            *entry = Some(extension);
        }
        Ok(())
    }

    /// What `id` stands for.
    pub fn extension(&self, id: u8) -> Option<Extension> {
        self.by_id.get(usize::from(id)).copied().flatten()
    }

    /// The id of `extension`, when it was negotiated.
    pub fn id(&self, extension: Extension) -> Option<u8> {
        self.by_extension
            .get(extension as usize)
            .copied()
            .filter(|id| *id != 0)
    }
}
