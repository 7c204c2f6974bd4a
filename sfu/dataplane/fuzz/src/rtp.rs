//! RTP headers and both forms of header extensions: parts lie within the packet, and elements written are read again.

use folkmoot_core::extension::value::{AudioLevel, parse_abs_send_time, parse_transport_sequence};
use folkmoot_core::extension::{Elements, Form, write_block};
use folkmoot_core::id::{Mid, PayloadType, Rid, Ssrc};
use folkmoot_core::rtp::{Fields, Header, HeaderMut, Packet};

pub fn run(data: &[u8]) {
    if let Ok(packet) = Packet::parse(data) {
        assert!(packet.payload().len() + packet.header().length <= data.len());
        read(packet.elements());
        write_again(&packet);
    }
    overwrite(data);
    read(Elements::new(Form::OneByte, data));
    read(Elements::new(Form::TwoByte, data));
}

fn read(elements: Elements<'_>) {
    for (id, value) in elements {
        assert_ne!(id, 0);
        AudioLevel::parse(value);
        parse_abs_send_time(value);
        parse_transport_sequence(value);
        Mid::new(value);
        Rid::new(value);
    }
}

fn write_again(packet: &Packet<'_>) {
    let (mut out, elements) = (Vec::new(), packet.elements());
    packet
        .fields()
        .write(&mut out, elements.clone().next().is_some());
    let written = write_block(&mut out, elements.clone());
    assert_eq!(written % 4, 0);
    let again = Packet::parse(&out);
    let again = again.unwrap_or_else(|error| panic!("what is written is refused: {error:?}"));
    assert_eq!(again.fields(), packet.fields());
    assert!(again.elements().eq(elements));
}

fn overwrite(data: &[u8]) {
    let Ok(before) = Header::parse(data) else {
        return;
    };
    let mut copy = data.to_vec();
    let fields = Fields {
        marker: !before.fields.marker,
        payload_type: PayloadType(before.fields.payload_type.0 ^ 0x7f),
        sequence: !before.fields.sequence,
        timestamp: !before.fields.timestamp,
        ssrc: Ssrc(!before.fields.ssrc.0),
    };
    if let Some(mut header) = HeaderMut::new(&mut copy) {
        header
            .set_marker(fields.marker)
            .set_payload_type(fields.payload_type);
        header
            .set_sequence(fields.sequence)
            .set_timestamp(fields.timestamp)
            .set_ssrc(fields.ssrc);
    }
    assert_eq!(Header::parse(&copy), Ok(Header { fields, ..before }));
}
