//! Dependency descriptors in a row, each read with the structure that was carried before it.

use folkmoot_core::codec::descriptor::{Descriptor, renumber};
use folkmoot_core::codec::{Codec, Inspector, Payload};

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut inspector = Inspector::new(if input.flag() {
        Codec::Av1
    } else {
        Codec::H264
    });
    let mut known = None;
    while !input.is_empty() {
        let value = input.bytes(255);
        let _ = inspector.inspect(Payload {
            bytes: &[0x10, 0x30],
            marker: true,
            descriptor: Some(value),
        });
        if let Ok(descriptor) = Descriptor::parse(value, known.as_ref()) {
            known = descriptor.structure.or(known);
        }
        if let Some(structure) = &known {
            for target in 0..=structure.targets() {
                structure.target_layers(target);
            }
            structure.target_for(3, 7);
        }
        let mut copy = value.to_vec();
        renumber(&mut copy, 0xabcd);
        assert_eq!(copy.len(), value.len());
    }
}
