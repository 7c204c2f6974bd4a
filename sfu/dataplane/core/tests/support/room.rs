//! Commands of the control plane for usual rooms.

use folkmoot_core::extension::Extension;
use folkmoot_core::id::{ConsumerId, Mid, PayloadType, ProducerId, Rid, Ssrc, TransportId};
use folkmoot_core::io::{Command, CommandError, Reply};
use folkmoot_core::spec::{
    Codec, ConsumerSpec, Content, Encoding, HeaderExtension, Kind, ProducerSpec,
};

use super::media::{LEVEL_ID, MID_ID, OPUS, RID_ID, RRID_ID, TWCC_ID, VP8, VP8_RTX};
use super::peer::{PROFILE, Peer, keys};
use super::{Network, millis, tuple};

/// The consumer's ids differ from the producer's.
pub const OUT_MID_ID: u8 = 9;
pub const OUT_LEVEL_ID: u8 = 7;
pub const OUT_VP8: u8 = 120;
pub const OUT_RTX: u8 = 121;
pub const OUT_OPUS: u8 = 100;

pub fn ufrag(port: u16) -> String {
    format!("ufrag{port}")
}

pub fn password(port: u16) -> String {
    format!("passwordpasswordpassword{port}")
}

pub fn extension(extension: Extension, id: u8) -> HeaderExtension {
    HeaderExtension {
        uri: extension.uri().to_owned(),
        id,
    }
}

pub fn codec(kind: Kind, payload_type: u8, rtx: Option<u8>) -> Codec {
    let video = kind == Kind::Video;
    Codec {
        mime_type: if video { "video/vp8" } else { "audio/opus" }.to_owned(),
        payload_type: PayloadType(payload_type),
        clock_rate: if video { 90_000 } else { 48_000 },
        rtx_payload_type: rtx.map(PayloadType),
        red_payload_type: None,
        nack: true,
        pli: video,
        fir: video,
        remb: false,
        twcc: false,
    }
}

pub fn producer_spec(kind: Kind, mid: &str, encodings: Vec<Encoding>) -> ProducerSpec {
    let codec = match kind {
        Kind::Video => codec(kind, VP8, Some(VP8_RTX)),
        Kind::Audio => codec(kind, OPUS, None),
    };
    ProducerSpec {
        kind,
        content: Content::Camera,
        mid: Mid::new(mid),
        codec,
        encodings,
        header_extensions: vec![
            extension(Extension::Mid, MID_ID),
            extension(Extension::Rid, RID_ID),
            extension(Extension::RepairedRid, RRID_ID),
            extension(Extension::AudioLevel, LEVEL_ID),
            extension(Extension::TransportSequence, TWCC_ID),
        ],
        paused: false,
    }
}

pub fn by_ssrc(ssrc: u32, rtx: Option<u32>) -> Encoding {
    Encoding {
        ssrc: Some(Ssrc(ssrc)),
        rtx_ssrc: rtx.map(Ssrc),
        rid: None,
        spatial_layers: 1,
        temporal_layers: 3,
        max_bitrate: None,
    }
}

pub fn by_rid(rid: &str) -> Encoding {
    Encoding {
        rid: Rid::new(rid),
        spatial_layers: 1,
        temporal_layers: 3,
        ..Encoding::default()
    }
}

pub fn consumer_spec(kind: Kind, ssrc: u32, rtx: Option<u32>) -> ConsumerSpec {
    let codec = match kind {
        Kind::Video => codec(kind, OUT_VP8, rtx.map(|_| OUT_RTX)),
        Kind::Audio => codec(kind, OUT_OPUS, None),
    };
    ConsumerSpec {
        mid: Mid::new("out").unwrap(),
        ssrc: Ssrc(ssrc),
        rtx_ssrc: rtx.map(Ssrc),
        cname: "person".to_owned(),
        codec,
        header_extensions: vec![
            extension(Extension::Mid, OUT_MID_ID),
            extension(Extension::AudioLevel, OUT_LEVEL_ID),
            extension(Extension::TransportSequence, 8),
            extension(Extension::AbsSendTime, 6),
        ],
        paused: false,
        spatial_layer: None,
        temporal_layer: None,
    }
}

impl Network {
    pub fn add_transport(&mut self, port: u16) -> Result<Reply, CommandError> {
        let (ufrag, password) = (ufrag(port), password(port));
        self.execute(Command::AddTransport {
            transport: TransportId(port.into()),
            ufrag,
            password,
        })
    }

    pub fn set_keys(&mut self, port: u16) -> Result<Reply, CommandError> {
        let (rx, tx) = keys(port);
        self.execute(Command::SetSrtpKeys {
            transport: TransportId(port.into()),
            profile: PROFILE,
            rx,
            tx,
        })
    }

    /// A transport whose peer has a validated path, and keys.
    pub fn connect(&mut self, port: u16) {
        self.add_transport(port).unwrap();
        self.peers.insert(tuple(port), Peer::new(port));
        self.check(port, port, true);
        self.set_keys(port).unwrap();
        self.step(millis(1));
    }

    /// A check for the transport of `port` from the peer at `from`.
    pub fn check(&mut self, port: u16, from: u16, nominate: bool) {
        let (ufrag, password) = (ufrag(port), password(port));
        self.send_by(from, |peer| peer.check(&ufrag, &password, nominate));
        let delay = self.up.delay_ms + self.up.jitter_ms;
        self.step(millis(delay + 1));
    }

    pub fn produce(
        &mut self,
        port: u16,
        producer: u32,
        spec: ProducerSpec,
    ) -> Result<Reply, CommandError> {
        self.execute(Command::AddProducer {
            transport: TransportId(port.into()),
            producer: ProducerId(producer),
            spec,
        })
    }

    pub fn consume(
        &mut self,
        port: u16,
        consumer: u32,
        producer: u32,
        spec: ConsumerSpec,
    ) -> Result<Reply, CommandError> {
        self.execute(Command::AddConsumer {
            transport: TransportId(port.into()),
            consumer: ConsumerId(consumer),
            producer: ProducerId(producer),
            spec,
        })
    }
}
