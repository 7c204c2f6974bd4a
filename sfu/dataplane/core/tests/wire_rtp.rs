//! RTP headers and header extensions.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::extension::value::{
    AudioLevel, abs_send_time_bytes, parse_abs_send_time, parse_transport_sequence,
};
use folkmoot_core::extension::{Elements, Extension, ExtensionMap, Form, MapError, write_block};
use folkmoot_core::id::{PayloadType, Ssrc};
use folkmoot_core::rtp::{Fields, Header, HeaderMut, Packet, RtpError};
use proptest::prelude::*;

const FIELDS: Fields = Fields {
    marker: true,
    payload_type: PayloadType(96),
    sequence: 0x1234,
    timestamp: 0x5678_9abc,
    ssrc: Ssrc(0xdead_beef),
};

/// Two CSRCs, a one-byte extension block (id 4 "0", padding, id 2 with three bytes), payload "vp8", padding of two.
const FULL: &[u8] = b"\xb2\xe0\x12\x34\x56\x78\x9a\xbc\xde\xad\xbe\xef\
    \0\0\0\x01\0\0\0\x02\
    \xbe\xde\0\x02\x40\x30\0\x22abc\0\
    vp8\0\x02";

fn collect(form: Form, data: &[u8]) -> Vec<(u8, Vec<u8>)> {
    Elements::new(form, data)
        .map(|(id, value)| (id, value.to_vec()))
        .collect()
}

#[test]
fn a_packet_with_everything_is_taken_apart() {
    let packet = Packet::parse(FULL).unwrap();
    assert_eq!(packet.fields(), FIELDS);
    assert_eq!(packet.payload(), b"vp8");
    let elements: Vec<_> = packet.elements().collect();
    assert_eq!(elements, [(4, &b"0"[..]), (2, &b"abc"[..])]);
    assert_eq!(packet.elements().find(2), Some(&b"abc"[..]));
    assert_eq!(packet.elements().find(3), None);
}

#[test]
fn every_cut_of_a_header_is_refused() {
    for length in 0..32 {
        let error = Header::parse(&FULL[..length]).unwrap_err();
        assert_eq!(error, RtpError::TooShort, "{length} bytes");
    }
    assert_eq!(Header::parse(&FULL[..32]).unwrap().length, 32);
}

#[test]
fn another_version_is_refused() {
    let mut bytes = FULL.to_vec();
    for version in [0x00, 0x40, 0xc0] {
        bytes[0] = version;
        assert_eq!(Packet::parse(&bytes).unwrap_err(), RtpError::Version);
    }
}

#[test]
fn padding_must_fit_the_payload() {
    let mut bytes = FULL.to_vec();
    for (padding, payload) in [(1, Some(4)), (5, Some(0)), (6, None), (0, None)] {
        *bytes.last_mut().unwrap() = padding;
        let length = Packet::parse(&bytes).map(|packet| packet.payload().len());
        assert_eq!(length, payload.ok_or(RtpError::Padding), "{padding}");
    }
    let header_alone = b"\xa0\x60\0\x01\0\0\0\0\0\0\0\x01";
    assert_eq!(Packet::parse(header_alone).unwrap_err(), RtpError::Padding);
}

#[test]
fn an_extension_of_another_profile_is_stepped_over() {
    let bytes = b"\x90\x60\0\x01\0\0\0\0\0\0\0\x01\xca\xfe\0\x01\x10\x11\x12\x13payload";
    let packet = Packet::parse(bytes).unwrap();
    assert!(packet.header().extended);
    assert_eq!(packet.elements().count(), 0);
    assert_eq!(packet.payload(), b"payload");
}

#[test]
fn two_byte_elements_may_be_empty_and_long() {
    let mut data = b"\x0c\0\0\0\xff\x11".to_vec();
    data.extend_from_slice(&[7; 17]);
    let expected = [(12, vec![]), (255, vec![7; 17])];
    assert_eq!(collect(Form::TwoByte, &data), expected);
    assert_eq!(Form::from_profile(0x100f), Some(Form::TwoByte));
    assert_eq!(Form::from_profile(0x1010), None);
}

#[test]
fn one_byte_ids_0_with_a_length_and_15_end_the_block() {
    assert_eq!(
        collect(Form::OneByte, b"\x10a\xf0b\x20c"),
        [(1, b"a".to_vec())]
    );
    assert_eq!(
        collect(Form::OneByte, b"\x10a\x01bc\x20d"),
        [(1, b"a".to_vec())]
    );
}

#[test]
fn an_element_beyond_the_block_ends_it() {
    assert_eq!(collect(Form::OneByte, b"\x10a\x22bc"), [(1, b"a".to_vec())]);
    assert_eq!(
        collect(Form::TwoByte, b"\x01\x01a\x02"),
        [(1, b"a".to_vec())]
    );
}

#[test]
fn the_one_byte_form_is_used_when_all_elements_fit_it() {
    let mut out = b"before".to_vec();
    let written = write_block(&mut out, [(1, &b"a"[..]), (14, &[9; 16])].into_iter());
    assert_eq!(written, 24);
    assert_eq!(&out[6..12], b"\xbe\xde\0\x05\x10a");
    assert_eq!(out.len(), 30);
}

#[test]
fn one_element_that_needs_it_makes_the_block_two_byte() {
    let cases: [(u8, &[u8]); 3] = [(15, b"a"), (1, &[9; 17]), (1, b"")];
    for element in cases {
        let mut out = Vec::new();
        let written = write_block(&mut out, [(2, &b"b"[..]), element].into_iter());
        assert_eq!(written % 4, 0);
        assert_eq!(out[..2], [0x10, 0x00], "{element:?}");
        assert_eq!(
            collect(Form::TwoByte, &out[4..])[1],
            (element.0, element.1.to_vec())
        );
    }
}

#[test]
fn no_elements_make_no_block() {
    let mut out = Vec::new();
    assert_eq!(write_block(&mut out, std::iter::empty()), 0);
    assert_eq!(
        write_block(&mut out, [(0, &b"a"[..]), (1, &[0; 256])].into_iter()),
        0
    );
    assert!(out.is_empty());
}

#[test]
fn fields_are_overwritten_in_place_and_nothing_else_is() {
    let mut bytes = FULL.to_vec();
    let mut header = HeaderMut::new(&mut bytes).unwrap();
    header
        .set_marker(false)
        .set_payload_type(PayloadType(0xff))
        .set_sequence(1);
    header.set_timestamp(2).set_ssrc(Ssrc(3));
    let fields = Packet::parse(&bytes).unwrap().fields();
    let payload_type = PayloadType(127);
    assert_eq!(
        fields,
        Fields {
            marker: false,
            payload_type,
            sequence: 1,
            timestamp: 2,
            ssrc: Ssrc(3)
        }
    );
    assert_eq!((bytes[0], &bytes[12..]), (FULL[0], &FULL[12..]));
    assert!(HeaderMut::new(&mut bytes[..11]).is_none());
}

#[test]
fn every_uri_leads_to_its_extension_and_back() {
    assert_eq!(Extension::all().count(), 15);
    for (position, extension) in Extension::all().enumerate() {
        assert_eq!(extension as usize, position);
        assert_eq!(Extension::from_uri(extension.uri()), Some(extension));
    }
    assert_eq!(Extension::from_uri("urn:example:unknown"), None);
}

#[test]
fn a_map_goes_both_ways_and_refuses_what_is_ambiguous() {
    let mut map = ExtensionMap::new();
    assert_eq!(map.insert(0, Extension::Mid), Err(MapError::Zero));
    assert_eq!(map.insert(4, Extension::Mid), Ok(()));
    assert_eq!(map.insert(4, Extension::Mid), Ok(()));
    assert_eq!(map.insert(4, Extension::Rid), Err(MapError::Taken));
    assert_eq!(map.insert(255, Extension::Mid), Ok(()));
    assert_eq!(
        (map.extension(4), map.extension(255)),
        (None, Some(Extension::Mid))
    );
    assert_eq!(
        (map.id(Extension::Mid), map.id(Extension::Rid)),
        (Some(255), None)
    );
    assert_eq!(map.insert(4, Extension::Rid), Ok(()));
}

#[test]
fn values_are_read_and_written() {
    let level = AudioLevel {
        voice: true,
        level: 30,
    };
    assert_eq!(AudioLevel::parse(&level.to_bytes()), Some(level));
    assert_eq!(AudioLevel::parse(b""), None);
    assert_eq!(parse_transport_sequence(b"\x12\x34"), Some(0x1234));
    assert_eq!(parse_transport_sequence(b"\x12"), None);
    assert_eq!(
        parse_abs_send_time(&abs_send_time_bytes(0x12_3456)),
        Some(0x12_3456)
    );
    assert_eq!(parse_abs_send_time(b"\x12\x34"), None);
}

fn elements() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let value = proptest::collection::vec(any::<u8>(), 0..40);
    proptest::collection::vec((1..=255u8, value), 0..12)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        elements in elements(),
        narrow: bool,
        marker: bool,
        payload_type in 0..128u8,
        sequence: u16,
        timestamp: u32,
        ssrc: u32,
        payload: Vec<u8>,
    ) {
        let fields = Fields { marker, payload_type: PayloadType(payload_type), sequence, timestamp, ssrc: Ssrc(ssrc) };
        let fits = |(id, value): &(u8, Vec<u8>)| *id < 15 && (1..=16).contains(&value.len());
        let elements: Vec<_> = elements.into_iter().filter(|element| !narrow || fits(element)).collect();
        let borrowed = elements.iter().map(|(id, value)| (*id, value.as_slice()));
        let mut bytes = Vec::new();
        fields.write(&mut bytes, !elements.is_empty());
        write_block(&mut bytes, borrowed);
        bytes.extend_from_slice(&payload);
        let packet = Packet::parse(&bytes).unwrap();
        prop_assert_eq!(packet.fields(), fields);
        prop_assert_eq!(packet.payload(), payload);
        let read: Vec<_> = packet.elements().map(|(id, value)| (id, value.to_vec())).collect();
        prop_assert_eq!(read, elements);
    }
}
