//! Payload descriptors of every codec, and their rewriting: which codec is the first byte's choice. Redundant sound is one.

use folkmoot_core::codec::red::{self, Red};
use folkmoot_core::codec::{Codec, Inspector, Payload, vp8, vp9};
use folkmoot_core::id::PayloadType;

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    match input.below(7) {
        6 => redundant(&mut input),
        chosen => payloads(chosen, &mut input),
    }
}

/// Blocks of one payload type become blocks of another, and nothing else of them changes.
fn redundant(input: &mut Input<'_>) {
    let [before, after] = [input.byte(), input.byte()].map(|byte| PayloadType(byte & 0x7f));
    let payload = input.rest();
    let Ok(read) = Red::parse(payload, before) else {
        return;
    };
    assert!(read.whole == payload && payload.ends_with(read.primary));
    let mut copy = payload.to_vec();
    red::rewrite(&mut copy, after);
    let again = Red::parse(&copy, after).map(|red| red.primary);
    assert_eq!(again, Ok(read.primary), "rewritten, it says the same");
    red::rewrite(&mut copy, before);
    assert_eq!(copy, payload, "and back");
}

fn payloads(chosen: u8, input: &mut Input<'_>) {
    let codecs = [
        Codec::Vp8,
        Codec::Vp9,
        Codec::H264,
        Codec::Av1,
        Codec::Opus,
        Codec::Other,
    ];
    let codec = codecs[usize::from(chosen)];
    let mut inspector = Inspector::new(codec);
    while !input.is_empty() {
        let marker = input.flag();
        let bytes = input.bytes(1500);
        let frame = inspector.inspect(Payload {
            bytes,
            marker,
            descriptor: None,
        });
        let mut copy = bytes.to_vec();
        match codec {
            Codec::Vp8 => drop(vp8::rewrite(&mut copy, 0x7fff, 0xff, 0x1f)),
            Codec::Vp9 => drop(vp9::rewrite(&mut copy, 0x7fff, 0xff)),
            _ => {}
        }
        let again = inspector.inspect(Payload {
            bytes: &copy,
            marker,
            descriptor: None,
        });
        assert_eq!(
            frame.is_ok(),
            again.is_ok(),
            "rewritten, a payload is as readable as before"
        );
    }
}
