//! The dictionaries of `_dataplane.pyi` as the core's types.

use folkmoot_core::id::{Mid, PayloadType, Rid, Ssrc};
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::spec::{
    Codec, ConsumerSpec, Content, Encoding, HeaderExtension, Kind, ProducerSpec,
};
use pyo3::prelude::*;

/// `_dataplane.Codec`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct CodecFields {
    mime_type: String,
    payload_type: u8,
    clock_rate: u32,
    rtx_payload_type: Option<u8>,
    red_payload_type: Option<u8>,
    nack: bool,
    pli: bool,
    fir: bool,
    remb: bool,
    twcc: bool,
}

/// `_dataplane.Encoding`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct EncodingFields {
    ssrc: Option<u32>,
    rtx_ssrc: Option<u32>,
    rid: Option<String>,
    spatial_layers: u8,
    temporal_layers: u8,
    max_bitrate: Option<u64>,
}

/// `_dataplane.HeaderExtension`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct ExtensionFields {
    uri: String,
    id: u8,
}

/// `_dataplane.ProducerSpec`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ProducerFields {
    kind: String,
    content: String,
    mid: Option<String>,
    codec: CodecFields,
    encodings: Vec<EncodingFields>,
    header_extensions: Vec<ExtensionFields>,
    paused: bool,
}

/// `_dataplane.ConsumerSpec`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ConsumerFields {
    mid: String,
    ssrc: u32,
    rtx_ssrc: Option<u32>,
    cname: String,
    codec: CodecFields,
    header_extensions: Vec<ExtensionFields>,
    paused: bool,
    spatial_layer: Option<u8>,
    temporal_layer: Option<u8>,
}

/// `_dataplane.PipeConsumerSpec`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PipeConsumerFields {
    ssrcs: Vec<u32>,
    payload_type: u8,
    red_payload_type: Option<u8>,
    header_extensions: Vec<ExtensionFields>,
}

/// What is wrong with a value that Python's types let through.
type Problem = &'static str;

fn mid(text: &str) -> Result<Mid, Problem> {
    Mid::new(text).ok_or("mid is empty, too long or no token")
}

fn payload_type(number: u8) -> Result<PayloadType, Problem> {
    if number > 127 {
        return Err("payload type above 127");
    }
    Ok(PayloadType(number))
}

fn codec(fields: CodecFields) -> Result<Codec, Problem> {
    Ok(Codec {
        mime_type: fields.mime_type,
        payload_type: payload_type(fields.payload_type)?,
        clock_rate: fields.clock_rate,
        rtx_payload_type: fields.rtx_payload_type.map(payload_type).transpose()?,
        red_payload_type: fields.red_payload_type.map(payload_type).transpose()?,
        nack: fields.nack,
        pli: fields.pli,
        fir: fields.fir,
        remb: fields.remb,
        twcc: fields.twcc,
    })
}

fn encoding(fields: EncodingFields) -> Result<Encoding, Problem> {
    let rid = match fields.rid {
        Some(rid) => Some(
            Rid::new(rid)
                .ok_or("rid is empty, too long or has other than letters, digits, - and _")?,
        ),
        None => None,
    };
    Ok(Encoding {
        ssrc: fields.ssrc.map(Ssrc),
        rtx_ssrc: fields.rtx_ssrc.map(Ssrc),
        rid,
        spatial_layers: fields.spatial_layers,
        temporal_layers: fields.temporal_layers,
        max_bitrate: fields.max_bitrate,
    })
}

fn extensions(fields: Vec<ExtensionFields>) -> Vec<HeaderExtension> {
    fields
        .into_iter()
        .map(|ExtensionFields { uri, id }| HeaderExtension { uri, id })
        .collect()
}

pub(crate) fn producer_spec(fields: ProducerFields) -> Result<ProducerSpec, Problem> {
    let kind = match fields.kind.as_str() {
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        _ => return Err("kind is neither audio nor video"),
    };
    let content = match fields.content.as_str() {
        "camera" => Content::Camera,
        "screen" => Content::Screen,
        _ => return Err("content is neither camera nor screen"),
    };
    Ok(ProducerSpec {
        kind,
        content,
        mid: fields.mid.as_deref().map(mid).transpose()?,
        codec: codec(fields.codec)?,
        encodings: fields
            .encodings
            .into_iter()
            .map(encoding)
            .collect::<Result<_, _>>()?,
        header_extensions: extensions(fields.header_extensions),
        paused: fields.paused,
    })
}

pub(crate) fn consumer_spec(fields: ConsumerFields) -> Result<ConsumerSpec, Problem> {
    Ok(ConsumerSpec {
        mid: mid(&fields.mid)?,
        ssrc: Ssrc(fields.ssrc),
        rtx_ssrc: fields.rtx_ssrc.map(Ssrc),
        cname: fields.cname,
        codec: codec(fields.codec)?,
        header_extensions: extensions(fields.header_extensions),
        paused: fields.paused,
        spatial_layer: fields.spatial_layer,
        temporal_layer: fields.temporal_layer,
    })
}

pub(crate) fn pipe_consumer_spec(fields: PipeConsumerFields) -> Result<PipeConsumerSpec, Problem> {
    Ok(PipeConsumerSpec {
        ssrcs: fields.ssrcs.into_iter().map(Ssrc).collect(),
        payload_type: payload_type(fields.payload_type)?,
        red_payload_type: fields.red_payload_type.map(payload_type).transpose()?,
        header_extensions: extensions(fields.header_extensions),
    })
}
