//! The dependency descriptor, written bit by bit after its specification and read back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::codec::descriptor::Descriptor;
use folkmoot_core::codec::targets::{Announced, restrict};
use folkmoot_core::codec::{Codec, CodecError, Inspector, Payload};
use folkmoot_core::ladder::Layers;
use proptest::prelude::*;

/// Writes bits, most significant first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) -> &mut Self {
        self.0
            .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn non_symmetric(&mut self, value: u32, n: u32) -> &mut Self {
        let width = u32::BITS - n.leading_zeros();
        let short = (1 << width) - n;
        if value < short {
            self.put(value, width - 1)
        } else {
            self.put(value + short, width)
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            (0..8).fold(0, |byte, bit| {
                byte << 1 | u8::from(*bits.get(bit).unwrap_or(&false))
            })
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// A structure as the specification's syntax has it.
#[derive(Clone, Debug)]
struct Shape {
    offset: u32,
    targets: u32,
    /// Spatial and temporal layer, and an indication for each target.
    templates: Vec<(u8, u8, Vec<u32>)>,
    chains: u32,
    resolutions: Vec<(u16, u16)>,
}

/// Flags, template, number.
fn mandatory(bits: &mut Bits, starts: bool, ends: bool, template: u32, number: u16) {
    bits.put(u32::from(starts), 1)
        .put(u32::from(ends), 1)
        .put(template, 6)
        .put(u32::from(number), 16);
}

impl Shape {
    /// One spatial layer, two temporal ones; a template for the key frame and one for each layer.
    fn l1t2() -> Self {
        Self {
            offset: 60,
            targets: 2,
            templates: vec![(0, 0, vec![2, 2]), (0, 0, vec![2, 3]), (0, 1, vec![0, 1])],
            chains: 1,
            resolutions: vec![(640, 360)],
        }
    }

    fn id(&self, index: usize) -> u32 {
        (self.offset + index as u32) % 64
    }

    fn write(&self, bits: &mut Bits) {
        bits.put(self.offset, 6).put(self.targets - 1, 5);
        for (index, (spatial, temporal, _)) in self.templates.iter().enumerate() {
            let next = match self.templates.get(index + 1) {
                None => 3,
                Some((s, t, _)) if (s, t) == (spatial, temporal) => 0,
                Some((s, _, _)) if s == spatial => 1,
                Some(_) => 2,
            };
            bits.put(next, 2);
        }
        for indication in self
            .templates
            .iter()
            .flat_map(|(_, _, indications)| indications)
        {
            bits.put(*indication, 2);
        }
        for index in 0..self.templates.len() as u32 {
            for _ in 0..index % 3 {
                bits.put(1, 1).put(index % 16, 4);
            }
            bits.put(0, 1);
        }
        bits.non_symmetric(self.chains, self.targets + 1);
        if self.chains > 0 {
            for target in 0..self.targets {
                bits.non_symmetric(target % self.chains, self.chains);
            }
            for _ in 0..self.templates.len() as u32 * self.chains {
                bits.put(9, 4);
            }
        }
        bits.put(u32::from(!self.resolutions.is_empty()), 1);
        for (width, height) in &self.resolutions {
            bits.put(u32::from(width - 1), 16)
                .put(u32::from(height - 1), 16);
        }
    }

    /// The descriptor of a key frame, which carries the structure.
    fn key(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        mandatory(&mut bits, true, true, self.id(0), 1);
        bits.put(0b10000, 5);
        self.write(&mut bits);
        bits.bytes()
    }
}

fn inspect(
    inspector: &mut Inspector,
    descriptor: &[u8],
) -> Result<folkmoot_core::codec::Frame, CodecError> {
    inspector.inspect(Payload {
        bytes: b"\x10\x30\0",
        marker: false,
        descriptor: Some(descriptor),
    })
}

#[test]
fn a_key_frame_brings_the_structure_that_later_frames_refer_to() {
    let shape = Shape::l1t2();
    let mut inspector = Inspector::new(Codec::Av1);
    let key = inspect(&mut inspector, &shape.key()).unwrap();
    assert!(key.keyframe && key.starts_frame && key.ends_frame && key.switches_to.is_some());
    assert_eq!(
        (key.frame_number, key.resolution),
        (Some(1), Some((640, 360)))
    );
    assert_eq!(
        (key.spatial, key.temporal, key.decode_targets),
        (0, 0, 0b11)
    );

    let mut bits = Bits::default();
    mandatory(&mut bits, true, false, shape.id(2), 0xfffe);
    let upper = inspect(&mut inspector, &bits.bytes()).unwrap();
    assert!(!upper.keyframe && upper.starts_frame && !upper.ends_frame && upper.discardable);
    assert_eq!((upper.temporal, upper.decode_targets), (1, 0b10));
    assert_eq!(upper.frame_number, Some(0xfffe));
    assert!(upper.switches_to.is_none());
}

#[test]
fn a_frame_before_any_structure_or_of_no_template_is_refused() {
    let shape = Shape::l1t2();
    let mut inspector = Inspector::new(Codec::Av1);
    let mut bits = Bits::default();
    mandatory(&mut bits, true, true, shape.id(0), 1);
    assert_eq!(
        inspect(&mut inspector, &bits.bytes()),
        Err(CodecError::NoTemplate)
    );
    inspect(&mut inspector, &shape.key()).unwrap();
    let mut bits = Bits::default();
    mandatory(&mut bits, true, true, shape.id(3), 2);
    assert_eq!(
        inspect(&mut inspector, &bits.bytes()),
        Err(CodecError::NoTemplate)
    );
    assert!(
        inspector.structure().is_some(),
        "a refused packet changes nothing"
    );
}

#[test]
fn active_targets_and_custom_indications_are_read() {
    let shape = Shape::l1t2();
    let key = Descriptor::parse(&shape.key(), None).unwrap();
    assert_eq!(key.active_targets, Some(0b11));
    let structure = key.structure.unwrap();
    let mut bits = Bits::default();
    mandatory(&mut bits, true, true, shape.id(1), 2);
    bits.put(0b01100, 5).put(0b01, 2).put(0b00_10, 4);
    let descriptor = Descriptor::parse(&bits.bytes(), Some(&structure)).unwrap();
    assert_eq!(descriptor.active_targets, Some(0b01));
    assert_eq!(descriptor.frame.decode_targets, 0b10);
    assert!(descriptor.frame.switches_to.is_some());
    assert_eq!(descriptor.template_id, 61);
}

#[test]
fn targets_are_found_by_layer() {
    let structure = Descriptor::parse(&Shape::l1t2().key(), None)
        .unwrap()
        .structure
        .unwrap();
    assert_eq!(structure.targets(), 2);
    assert_eq!(structure.target_layers(0), Some((0, 0)));
    assert_eq!(structure.target_layers(1), Some((0, 1)));
    assert_eq!(structure.target_layers(2), None);
    assert_eq!(structure.target_layers(255), None);
    assert_eq!(structure.target_for(0, 0), Some(0));
    assert_eq!(structure.target_for(3, 7), Some(1));
}

#[test]
fn too_many_templates_or_layers_are_refused() {
    let refused = |next: u32, times: usize| {
        let mut bits = Bits::default();
        mandatory(&mut bits, true, true, 0, 1);
        bits.put(0b10000, 5).put(0, 6).put(0, 5);
        for _ in 0..times {
            bits.put(next, 2);
        }
        for _ in 0..20 {
            bits.put(0, 20);
        }
        Descriptor::parse(&bits.bytes(), None).unwrap_err()
    };
    assert_eq!(refused(0, 64), CodecError::Invalid);
    assert_eq!(refused(1, 8), CodecError::Invalid);
    assert_eq!(refused(2, 4), CodecError::Invalid);
}

#[test]
fn every_cut_of_a_structure_is_refused() {
    let key = Shape::l1t2().key();
    for length in (0..key.len()).filter(|length| *length != 3) {
        assert_eq!(
            Descriptor::parse(&key[..length], None),
            Err(CodecError::TooShort),
            "{length}"
        );
    }
    assert_eq!(
        Descriptor::parse(&key[..3], None),
        Err(CodecError::NoTemplate)
    );
}

#[test]
fn vp8_is_read_from_its_payload_whatever_the_descriptor_says() {
    let mut inspector = Inspector::new(Codec::Vp8);
    let payload = Payload {
        bytes: b"\x90\x80\x05\x51",
        marker: false,
        descriptor: Some(b""),
    };
    assert_eq!(
        inspector
            .inspect(payload)
            .unwrap()
            .picture_id
            .unwrap()
            .value(),
        5
    );
}

fn shape() -> impl Strategy<Value = Shape> {
    let sizes = (1u8..=4, 1u8..=4, 1usize..=3, 1u32..=32);
    sizes.prop_flat_map(|(spatials, temporals, repeats, targets)| {
        let layers = (0..spatials).flat_map(move |s| (0..temporals).map(move |t| (s, t)));
        let layers: Vec<_> = layers
            .flat_map(|layer| std::iter::repeat_n(layer, repeats))
            .collect();
        let indications = proptest::collection::vec(0u32..4, layers.len() * targets as usize);
        let resolutions = proptest::collection::vec((1u16.., 1u16..), usize::from(spatials));
        (
            0u32..64,
            0..=targets,
            any::<bool>(),
            indications,
            resolutions,
        )
            .prop_map(
                move |(offset, chains, sized, indications, resolutions)| Shape {
                    offset,
                    targets,
                    chains,
                    resolutions: if sized { resolutions } else { Vec::new() },
                    templates: layers
                        .iter()
                        .zip(indications.chunks(targets as usize))
                        .map(|((s, t), indications)| (*s, *t, indications.to_vec()))
                        .collect(),
                },
            )
    })
}

proptest! {
    #[test]
    fn any_structure_is_read_as_written(shape in shape()) {
        let key = Descriptor::parse(&shape.key(), None).unwrap();
        let structure = key.structure.unwrap();
        for (index, (spatial, temporal, indications)) in shape.templates.iter().enumerate() {
            let mut bits = Bits::default();
            mandatory(&mut bits, true, true, shape.id(index), 7);
            let frame = Descriptor::parse(&bits.bytes(), Some(&structure)).unwrap().frame;
            prop_assert_eq!((frame.spatial, frame.temporal), (*spatial, *temporal));
            prop_assert_eq!(frame.resolution, shape.resolutions.get(usize::from(*spatial)).copied());
            let present = indications.iter().zip(0..).filter(|(indication, _)| **indication != 0);
            prop_assert_eq!(frame.decode_targets, present.fold(0, |set, (_, target)| set | 1u32 << target));
            let targets = indications.iter().zip(0..).filter(|(indication, _)| **indication == 2);
            let layers = targets.filter_map(|(_, target)| structure.target_layers(target));
            let own = layers.filter(|(s, _)| s == spatial);
            prop_assert_eq!(frame.switches_to, own.map(|(_, t)| t).max());
        }
    }

    #[test]
    fn a_restricted_descriptor_says_the_same_but_for_its_targets(
        shape in shape(),
        (spatial, temporal) in (0u8..4, 0u8..8),
        active in any::<u32>(),
        (attached, told) in any::<(bool, bool)>(),
    ) {
        let key = Descriptor::parse(&shape.key(), None).unwrap();
        let structure = key.structure.unwrap();
        let all = u32::MAX >> (32 - u32::from(structure.targets()));
        let limit = Layers { spatial, temporal };
        let value = match (attached, told) {
            (true, _) => shape.key(),
            (false, false) => {
                let mut bits = Bits::default();
                mandatory(&mut bits, true, true, shape.id(0), 7);
                bits.bytes()
            }
            (false, true) => {
                let mut bits = Bits::default();
                mandatory(&mut bits, true, true, shape.id(0), 7);
                bits.put(0b0_1000, 5).put(active & all, shape.targets);
                bits.bytes()
            }
        };
        let announced = Announced::new(&structure, active & all);
        let expected = announced.within(limit);
        let mut out = [0xaa; 255];
        match restrict(&value, &announced, limit, &mut out) {
            // A header extension has at most 255 bytes.
            None => prop_assert!(expected == 0 || value.len() > 250),
            Some(length) => {
                let before = Descriptor::parse(&value, Some(&structure)).unwrap();
                let after = Descriptor::parse(&out[..length], Some(&structure)).unwrap();
                prop_assert_eq!(after.active_targets, Some(expected));
                prop_assert_eq!(&after.structure, &before.structure);
                prop_assert_eq!(after.frame, before.frame);
                let mut again = [0x55; 255];
                let repeated = restrict(&out[..length], &announced, limit, &mut again).unwrap();
                prop_assert!(repeated <= length + 1);
            }
        }
    }

    #[test]
    fn restricting_what_is_no_descriptor_ends_in_nothing_or_in_bytes(
        shape in shape(),
        value in prop::collection::vec(any::<u8>(), 0..300),
        room in 0usize..255,
    ) {
        let structure = Descriptor::parse(&shape.key(), None).unwrap().structure.unwrap();
        let announced = Announced::new(&structure, u32::MAX);
        let mut out = vec![0; room];
        if let Some(length) = restrict(&value, &announced, Layers::default(), &mut out) {
            prop_assert!(length <= room);
        }
    }
}
