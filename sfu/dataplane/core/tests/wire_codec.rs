//! Payload descriptors of VP8, VP9, H264, AV1 and Opus. The dependency descriptor has a file of its own.
#![allow(
    clippy::unwrap_used,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::codec::{Codec, CodecError, Frame, Inspector, Payload, PictureId, vp8, vp9};
use proptest::prelude::*;

fn inspect(codec: Codec, bytes: &[u8]) -> Result<Frame, CodecError> {
    let payload = Payload {
        bytes,
        marker: false,
        descriptor: None,
    };
    Inspector::new(codec).inspect(payload)
}

fn frame(codec: Codec, bytes: &[u8]) -> Frame {
    inspect(codec, bytes).unwrap()
}

/// As Chromium sends it: picture id of 15 bits (0x1234), TL0PICIDX 5, TID 0 with Y, key frame of 640x360.
const VP8_KEY: &[u8] = b"\x90\xe0\x92\x34\x05\x20\x50\x2e\x00\x9d\x01\x2a\x80\x02\x68\x01";
/// The first packet of an inter frame in temporal layer 2, which needs only the base layer and which nobody needs.
const VP8_DELTA: &[u8] = b"\xb0\xe0\x92\x35\x05\xa0\x51\x2e";
/// A later packet of the same frame.
const VP8_LATER: &[u8] = b"\xa0\xe0\x92\x35\x05\xa0\x50\x2e";

/// Non-flexible key picture, spatial layer 0 of two, with the structure: 320x180 and 640x360.
const VP9_KEY: &[u8] = b"\xaa\x80\x07\x00\x09\x30\x01\x40\0\xb4\x02\x80\x01\x68body";
/// Spatial layer 1 of the same picture, first and last packet, predicted from layer 0.
const VP9_KEY_UPPER: &[u8] = b"\xac\x80\x07\x03\x09body";
/// Flexible mode, inter picture with two references, temporal layer 1 with switching up.
const VP9_FLEXIBLE: &[u8] = b"\xf8\x81\x02\x30\x03\x04body";

#[test]
fn codecs_are_known_by_their_mime_type_in_any_case() {
    for (mime, codec) in [
        ("audio/opus", Codec::Opus),
        ("video/VP8", Codec::Vp8),
        ("video/vp9", Codec::Vp9),
        ("video/H264", Codec::H264),
        ("video/AV1", Codec::Av1),
        ("audio/PCMU", Codec::Other),
    ] {
        assert_eq!(Codec::from_mime(mime), codec, "{mime}");
    }
}

#[test]
fn a_vp8_key_frame_tells_its_size_and_its_numbers() {
    let key = frame(Codec::Vp8, VP8_KEY);
    assert!(key.keyframe && key.starts_frame && key.switches_to.is_some());
    assert!(!key.ends_frame && !key.discardable);
    assert_eq!((key.temporal, key.resolution), (0, Some((640, 360))));
    assert_eq!(key.picture_id, Some(PictureId::Long(0x1234)));
    assert_eq!(key.tl0_picture_index, Some(5));
}

#[test]
fn a_vp8_inter_frame_tells_its_layer() {
    let delta = frame(Codec::Vp8, VP8_DELTA);
    assert!(
        !delta.keyframe && delta.starts_frame && delta.switches_to.is_some() && delta.discardable
    );
    assert_eq!((delta.temporal, delta.resolution), (2, None));
}

#[test]
fn only_the_first_packet_of_a_vp8_frame_starts_it() {
    let later = frame(Codec::Vp8, VP8_LATER);
    assert!(!later.starts_frame && !later.keyframe);
    // S is set, but of partition 3.
    let partition = frame(Codec::Vp8, b"\x13\x50");
    assert!(!partition.starts_frame && !partition.keyframe);
}

#[test]
fn a_vp8_descriptor_may_be_a_single_byte() {
    let plain = frame(Codec::Vp8, b"\x10\x51");
    assert!(plain.starts_frame && !plain.keyframe);
    assert_eq!(
        (plain.picture_id, plain.tl0_picture_index, plain.temporal),
        (None, None, 0)
    );
}

#[test]
fn a_vp8_layer_counts_only_with_its_flag() {
    // K alone: the byte is there for KEYIDX, TID and Y in it mean nothing.
    let keyed = frame(Codec::Vp8, b"\x90\x10\xff\x51");
    assert_eq!((keyed.temporal, keyed.switches_to), (0, None));
}

#[test]
fn the_marker_ends_a_vp8_frame() {
    let payload = Payload {
        bytes: VP8_LATER,
        marker: true,
        descriptor: None,
    };
    assert!(
        Inspector::new(Codec::Vp8)
            .inspect(payload)
            .unwrap()
            .ends_frame
    );
}

#[test]
fn vp8_numbers_are_rewritten_in_the_width_they_have() {
    let mut long = VP8_KEY.to_vec();
    vp8::rewrite(&mut long, 0x7fff, 0xee, 0x15).unwrap();
    let rewritten = frame(Codec::Vp8, &long);
    let before = frame(Codec::Vp8, VP8_KEY);
    let expected = Frame {
        picture_id: Some(PictureId::Long(0x7fff)),
        tl0_picture_index: Some(0xee),
        key_index: before.key_index.map(|_| 0x15),
        ..before
    };
    assert_eq!(rewritten, expected);

    let mut short = b"\x90\x80\x05\x51".to_vec();
    vp8::rewrite(&mut short, 0x1ff, 3, 1).unwrap();
    assert_eq!(short, b"\x90\x80\x7f\x51");

    let mut none = b"\x10\x51".to_vec();
    vp8::rewrite(&mut none, 9, 9, 9).unwrap();
    assert_eq!(none, b"\x10\x51");

    // TID 1, Y, KEYIDX 3: only the last of these is a number of its own.
    let mut keyed = b"\x90\x30\x63\x51".to_vec();
    vp8::rewrite(&mut keyed, 9, 9, 0x3e).unwrap();
    assert_eq!(keyed, b"\x90\x30\x7e\x51");
    assert_eq!(frame(Codec::Vp8, &keyed).key_index, Some(0x1e));
}

#[test]
fn the_lowest_layer_of_a_vp9_key_picture_is_the_key_frame() {
    let key = frame(Codec::Vp9, VP9_KEY);
    assert!(key.keyframe && key.starts_frame && !key.ends_frame && !key.inter_layer);
    assert_eq!((key.spatial, key.temporal), (0, 0));
    assert_eq!(key.picture_id, Some(PictureId::Long(7)));
    assert_eq!(key.tl0_picture_index, Some(9));
    assert_eq!(key.resolution, Some((640, 360)));

    let upper = frame(Codec::Vp9, VP9_KEY_UPPER);
    assert!(!upper.keyframe && upper.starts_frame && upper.ends_frame && upper.inter_layer);
    assert_eq!((upper.spatial, upper.temporal), (1, 0));
}

#[test]
fn vp9_in_flexible_mode_lists_references_instead_of_a_base_layer_index() {
    let inter = frame(Codec::Vp9, VP9_FLEXIBLE);
    assert!(!inter.keyframe && inter.starts_frame && inter.switches_to.is_some());
    assert_eq!((inter.spatial, inter.temporal), (0, 1));
    assert_eq!(
        (inter.picture_id, inter.tl0_picture_index),
        (Some(PictureId::Long(0x102)), None)
    );
    let four_references = b"\xf8\x81\x02\x30\x03\x05\x07\x08body";
    assert_eq!(
        inspect(Codec::Vp9, four_references),
        Err(CodecError::Invalid)
    );
}

#[test]
fn a_vp9_structure_with_picture_groups_is_stepped_over() {
    // Two pictures: one with one reference, one with two.
    let bytes = b"\x0a\x08\x02\x04\x01\x28\x01\x02body";
    assert!(frame(Codec::Vp9, bytes).keyframe);
    let cut = bytes.split_last_chunk::<4>().unwrap().0;
    assert_eq!(inspect(Codec::Vp9, cut), Err(CodecError::TooShort));
}

#[test]
fn vp9_numbers_are_rewritten() {
    let mut bytes = VP9_KEY.to_vec();
    vp9::rewrite(&mut bytes, 0x0102, 0xaa).unwrap();
    let before = frame(Codec::Vp9, VP9_KEY);
    let expected = Frame {
        picture_id: Some(PictureId::Long(0x0102)),
        tl0_picture_index: Some(0xaa),
        ..before
    };
    assert_eq!(frame(Codec::Vp9, &bytes), expected);
}

#[test]
fn h264_key_frames_are_told_by_parameter_sets_and_idr_slices() {
    let cases: [(&str, &[u8], bool, bool); 9] = [
        ("SPS", b"\x67\x42\xe0\x1f", true, true),
        ("PPS", b"\x68\xce\x3c\x80", false, false),
        ("first slice of an IDR picture", b"\x65\x88\x84", true, true),
        (
            "second slice of an IDR picture",
            b"\x65\x40\x84",
            false,
            false,
        ),
        (
            "first slice of another picture",
            b"\x61\x9a\x00",
            false,
            true,
        ),
        (
            "SPS, PPS and IDR together",
            b"\x78\0\x02\x67\x42\0\x02\x68\xce\0\x02\x65\x88",
            true,
            true,
        ),
        (
            "first fragment of an IDR slice",
            b"\x7c\x85\x88\x84",
            true,
            true,
        ),
        ("a later fragment of it", b"\x7c\x05\x88\x84", false, false),
        (
            "first fragment of another slice",
            b"\x5c\x81\x9a\x00",
            false,
            true,
        ),
    ];
    for (name, bytes, keyframe, starts_frame) in cases {
        let frame = frame(Codec::H264, bytes);
        assert_eq!(
            (frame.keyframe, frame.starts_frame),
            (keyframe, starts_frame),
            "{name}"
        );
    }
}

#[test]
fn an_h264_slice_nobody_refers_to_is_discardable() {
    assert!(frame(Codec::H264, b"\x01\x9a").discardable);
    assert!(!frame(Codec::H264, b"\x21\x9a").discardable);
}

#[test]
fn an_h264_aggregate_must_add_up() {
    for bytes in [&b"\x78\0\x03\x67\x42"[..], b"\x78\0", b"\x7c"] {
        assert_eq!(
            inspect(Codec::H264, bytes),
            Err(CodecError::TooShort),
            "{bytes:x?}"
        );
    }
    assert_eq!(inspect(Codec::H264, b"\x78\0\0"), Err(CodecError::Invalid));
}

#[test]
fn av1_key_frames_are_told_by_the_n_bit_and_by_sequence_headers() {
    let cases: [(&str, &[u8], bool, bool); 6] = [
        ("new coded video sequence", b"\x18\x08\x00", true, true),
        (
            "sequence header and frame with lengths",
            b"\x00\x02\x08\x00\x02\x30\x00",
            true,
            true,
        ),
        (
            "sequence header and frame, count of two",
            b"\x20\x02\x08\x00\x30\x00",
            true,
            true,
        ),
        ("frame", b"\x10\x30\x00", false, true),
        ("tile group", b"\x10\x20\x00", false, false),
        (
            "continued element that looks like a sequence header",
            b"\x90\x08\x00",
            false,
            false,
        ),
    ];
    for (name, bytes, keyframe, starts_frame) in cases {
        let frame = frame(Codec::Av1, bytes);
        assert_eq!(
            (frame.keyframe, frame.starts_frame),
            (keyframe, starts_frame),
            "{name}"
        );
    }
}

#[test]
fn an_av1_frame_header_with_extension_tells_its_layers() {
    let layered = frame(Codec::Av1, b"\x10\x34\x50\x00");
    assert_eq!((layered.temporal, layered.spatial), (2, 2));
}

#[test]
fn av1_elements_must_add_up() {
    assert_eq!(inspect(Codec::Av1, b"\x88\x30"), Err(CodecError::Invalid));
    assert_eq!(inspect(Codec::Av1, b"\x10"), Err(CodecError::TooShort));
    assert_eq!(
        inspect(Codec::Av1, b"\x00\x05\x30"),
        Err(CodecError::TooShort)
    );
    assert_eq!(inspect(Codec::Av1, b"\x10\x80"), Err(CodecError::Invalid));
    let endless = [&b"\x00"[..], &[0x80; 9]].concat();
    assert_eq!(inspect(Codec::Av1, &endless), Err(CodecError::Invalid));
}

#[test]
fn opus_in_dtx_is_silent() {
    assert!(frame(Codec::Opus, b"\xf8").silent);
    assert!(frame(Codec::Opus, b"\xf8\xff").silent);
    assert!(!frame(Codec::Opus, b"\xf8\xff\xfe").silent);
    assert!(frame(Codec::Opus, b"\xf8\xff\xfe").keyframe);
}

#[test]
fn other_codecs_are_whole_frames() {
    assert_eq!(frame(Codec::Other, b""), Frame::whole());
}

#[test]
fn every_cut_of_a_descriptor_is_refused() {
    for (codec, bytes, descriptor) in [
        (Codec::Vp8, VP8_KEY, 6),
        (Codec::Vp9, VP9_KEY, 14),
        (Codec::Vp9, VP9_FLEXIBLE, 6),
    ] {
        for length in 0..=descriptor {
            let cut = bytes.get(..length).unwrap();
            assert_eq!(
                inspect(codec, cut),
                Err(CodecError::TooShort),
                "{codec:?} {length}"
            );
        }
    }
}

proptest! {
    #[test]
    fn vp8_rewriting_changes_only_the_numbers(
        payload in proptest::collection::vec(any::<u8>(), 1..40),
        picture_id: u16,
        index: u8,
        key: u8,
    ) {
        let Ok(before) = vp8::inspect(&payload, false) else { return Ok(()) };
        let mut copy = payload.clone();
        vp8::rewrite(&mut copy, picture_id, index, key).unwrap();
        let id = before.picture_id.map(|id| match id {
            PictureId::Short(_) => PictureId::Short(picture_id as u8 & 0x7f),
            PictureId::Long(_) => PictureId::Long(picture_id & 0x7fff),
        });
        let tl0_picture_index = before.tl0_picture_index.map(|_| index);
        let key_index = before.key_index.map(|_| key & 0x1f);
        let expected = Frame { picture_id: id, tl0_picture_index, key_index, ..before };
        prop_assert_eq!(vp8::inspect(&copy, false), Ok(expected));
        let changed = payload.iter().zip(&copy).filter(|(a, b)| a != b).count();
        prop_assert!(changed <= 4);
    }

    #[test]
    fn vp9_rewriting_changes_only_the_numbers(
        payload in proptest::collection::vec(any::<u8>(), 1..60),
        picture_id: u16,
        index: u8,
    ) {
        let Ok(before) = vp9::inspect(&payload) else { return Ok(()) };
        let mut copy = payload.clone();
        vp9::rewrite(&mut copy, picture_id, index).unwrap();
        let after = vp9::inspect(&copy).unwrap();
        let numbers = |frame: Frame| Frame { picture_id: None, tl0_picture_index: None, ..frame };
        prop_assert_eq!(numbers(after), numbers(before));
        prop_assert_eq!(after.tl0_picture_index, before.tl0_picture_index.map(|_| index));
        let value = after.picture_id.map(PictureId::value);
        let mask = if matches!(before.picture_id, Some(PictureId::Short(_))) { 0x7f } else { 0x7fff };
        prop_assert_eq!(value, before.picture_id.map(|_| picture_id & mask));
    }
}
