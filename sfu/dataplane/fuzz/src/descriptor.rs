//! Dependency descriptors in a row, each read with the structure that was carried before it, and cut to fewer targets.

use folkmoot_core::codec::descriptor::{Descriptor, Structure, renumber};
use folkmoot_core::codec::targets::{Announced, restrict};
use folkmoot_core::codec::{Codec, Inspector, Payload};
use folkmoot_core::ladder::Layers;

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut inspector = Inspector::new(if input.flag() {
        Codec::Av1
    } else {
        Codec::H264
    });
    let (mut known, mut active) = (None, u32::MAX);
    while !input.is_empty() {
        let value = input.bytes(255);
        let _ = inspector.inspect(Payload {
            bytes: &[0x10, 0x30],
            marker: true,
            descriptor: Some(value),
        });
        if let Ok(descriptor) = Descriptor::parse(value, known.as_ref()) {
            known = descriptor.structure.clone().or(known);
            active = descriptor.active_targets.unwrap_or(active);
            if let Some(structure) = &known {
                cut(value, &descriptor, structure, active);
            }
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

/// For every limit: the same descriptor, but for the targets it calls active.
fn cut(value: &[u8], descriptor: &Descriptor, structure: &Structure, active: u32) {
    let announced = Announced::new(structure, active);
    for (spatial, temporal) in [(0, 0), (0, 7), (1, 1), (3, 0), (3, 7)] {
        let limit = Layers { spatial, temporal };
        let mut out = [0xaa; 255];
        let Some(length) = restrict(value, &announced, limit, &mut out) else {
            continue;
        };
        let read = Descriptor::parse(&out[..length], Some(structure))
            .unwrap_or_else(|error| panic!("cut, it cannot be read: {error:?}"));
        assert_eq!(read.active_targets, Some(announced.within(limit)));
        assert_eq!(
            (read.frame, read.template_id, &read.structure),
            (
                descriptor.frame,
                descriptor.template_id,
                &descriptor.structure
            ),
        );
    }
}
