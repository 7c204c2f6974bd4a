//! Payload descriptors of every codec, and their rewriting: which codec is the first byte's choice.

use folkmoot_core::codec::{Codec, Inspector, Payload, vp8, vp9};

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let codec = input.pick([
        Codec::Vp8,
        Codec::Vp9,
        Codec::H264,
        Codec::Av1,
        Codec::Opus,
        Codec::Other,
    ]);
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
