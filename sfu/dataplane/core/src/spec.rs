//! What the control plane tells about a producer or a consumer when it adds one.

use crate::id::{Mid, PayloadType, Rid, Ssrc};

/// Audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sound; every packet stands for itself.
    Audio,
    /// Pictures; a receiver starts at a key frame.
    Video,
}

/// What a picture shows, and so what to save when there is too little bandwidth for all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Content {
    /// People: motion before sharpness.
    #[default]
    Camera,
    /// Text: sharpness before motion.
    Screen,
}

/// One media codec of a producer or consumer with its own payload types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// `"video/vp8"`, lower case.
    pub mime_type: String,
    /// Of the media packets.
    pub payload_type: PayloadType,
    /// Of the RTP timestamps, in Hz; more than zero.
    pub clock_rate: u32,
    /// Of the retransmission stream (RFC 4588), where negotiated.
    pub rtx_payload_type: Option<PayloadType>,
    /// Of packets with redundant copies (RFC 2198), where negotiated.
    pub red_payload_type: Option<PayloadType>,
    /// `nack` was negotiated.
    pub nack: bool,
    /// `nack pli` was negotiated.
    pub pli: bool,
    /// `ccm fir` was negotiated.
    pub fir: bool,
    /// `goog-remb` was negotiated.
    pub remb: bool,
    /// `transport-cc` was negotiated.
    pub twcc: bool,
}

/// One simulcast encoding, lowest first. Either `ssrc` is known or `rid` is, or the producer's `mid` finds a single one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// Signalled SSRC.
    pub ssrc: Option<Ssrc>,
    /// Signalled SSRC of the retransmissions.
    pub rtx_ssrc: Option<Ssrc>,
    /// Signalled RID (RFC 8851).
    pub rid: Option<Rid>,
    /// Spatial layers within this encoding (SVC); 1 otherwise.
    pub spatial_layers: u8,
    /// Temporal layers within this encoding; 1 when there are none.
    pub temporal_layers: u8,
    /// Signalled, in bits per second; a stream that is much faster is cut down to twice of it.
    pub max_bitrate: Option<u64>,
}

/// A header extension and the id one side gave it (RFC 8285).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderExtension {
    /// The name both sides know it by.
    pub uri: String,
    /// 1 to 255; above 14 only the two-byte form can carry it.
    pub id: u8,
}

/// A track coming in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSpec {
    /// Audio or video.
    pub kind: Kind,
    /// What a video shows.
    pub content: Content,
    /// Media identification its packets carry, where signalled.
    pub mid: Option<Mid>,
    /// The one codec it sends.
    pub codec: Codec,
    /// One to eight encodings, lowest first.
    pub encodings: Vec<Encoding>,
    /// The ids this producer gives its header extensions.
    pub header_extensions: Vec<HeaderExtension>,
    /// Starts without forwarding anything.
    pub paused: bool,
}

/// A track going out to one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerSpec {
    /// Media identification its packets carry.
    pub mid: Mid,
    /// Its SSRC; unique on its transport.
    pub ssrc: Ssrc,
    /// SSRC of its retransmissions, where negotiated.
    pub rtx_ssrc: Option<Ssrc>,
    /// The same for all consumers that shall be played in step (RFC 3550 section 6.5.1).
    pub cname: String,
    /// The producer's codec under the consumer's payload types.
    pub codec: Codec,
    /// The ids this consumer gives header extensions.
    pub header_extensions: Vec<HeaderExtension>,
    /// Starts without forwarding anything.
    pub paused: bool,
    /// Preferred; `None` for the highest.
    pub spatial_layer: Option<u8>,
    /// Preferred; `None` for the highest.
    pub temporal_layer: Option<u8>,
}
