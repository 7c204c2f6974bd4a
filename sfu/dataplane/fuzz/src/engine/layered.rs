//! Streams with layers within: AV1 told of by dependency descriptors, VP9 by its payload descriptor.

use std::time::Duration;

use folkmoot_core::extension::{Extension, write_block};
use folkmoot_core::id::{Mid, PayloadType, ProducerId, Ssrc, TransportId};
use folkmoot_core::io::Command;
use folkmoot_core::rtp::Fields;
use folkmoot_core::spec::Kind;

use super::commands::{VIDEO, consume, consumer_spec, extension_id, flow, video};
use super::world::{World, tuple};
use crate::input::Input;

/// Who shows what: the person, its SSRC and the handle.
const AV1: (u8, u32, u32) = (0, 9, 2);
const VP9: (u8, u32, u32) = (1, 10, 3);

/// Two cameras with three spatial and three temporal layers, which the others get.
pub fn furnish(world: &mut World) {
    for (mime, (person, ssrc, producer)) in [("video/av1", AV1), ("video/vp9", VP9)] {
        let mut spec = video(mime, 1, true);
        spec.mid = Mid::new("l");
        for encoding in &mut spec.encodings {
            (encoding.ssrc, encoding.rtx_ssrc) = (Some(Ssrc(ssrc)), Some(Ssrc(ssrc + 4)));
            encoding.spatial_layers = 3;
        }
        world.execute(Command::AddProducer {
            transport: TransportId(person.into()),
            producer: ProducerId(producer),
            spec,
        });
    }
    for (consumer, transport, producer, mime) in [
        (3, 1, AV1.2, "video/av1"),
        (4, 2, AV1.2, "video/av1"),
        (5, 2, VP9.2, "video/vp9"),
    ] {
        let spec = consumer_spec(world, Kind::Video, mime);
        consume(world, (consumer, transport, producer), spec);
    }
    flow(world, 1, ProducerId(AV1.2), 1);
}

/// What the fuzzer chose of a stretch of a stream.
struct Shape {
    spatial: u8,
    temporal: u8,
    /// Spatial layers depend on each other in key pictures only.
    key_mode: bool,
    /// What descriptors may have besides.
    custom: bool,
    chains: bool,
    sizes: bool,
    /// Targets told to be active, of all, where they are told.
    active: Option<u16>,
}

impl Shape {
    fn read(input: &mut Input<'_>) -> Self {
        let (layers, extras) = (input.byte(), input.byte());
        Self {
            spatial: layers % 3 + 1,
            temporal: layers / 3 % 3 + 1,
            key_mode: extras & 1 == 1,
            custom: extras & 2 == 2,
            chains: extras & 4 == 4,
            sizes: extras & 8 == 8,
            active: (extras & 16 == 16).then(|| input.word()),
        }
    }

    /// Every layer with a template for key pictures before that of others.
    fn templates(&self) -> impl Iterator<Item = (u8, u8, bool)> + Clone {
        let temporal = self.temporal;
        (0..self.spatial).flat_map(move |s| {
            std::iter::once((s, 0, true)).chain((0..temporal).map(move |t| (s, t, false)))
        })
    }

    fn targets(&self) -> u32 {
        u32::from(self.spatial * self.temporal)
    }

    fn indications(&self, bits: &mut Bits, (spatial, temporal, key): (u8, u8, bool)) {
        for (s, t) in (0..self.spatial).flat_map(|s| (0..self.temporal).map(move |t| (s, t))) {
            let elsewhere = self.key_mode && !key && s != spatial;
            bits.put(
                match () {
                    () if s < spatial || t < temporal || elsewhere => 0,
                    () if s == spatial && t == temporal && temporal > 0 => 1,
                    () if s == spatial || key => 2,
                    () => 3,
                },
                2,
            );
        }
    }

    fn structure(&self, bits: &mut Bits) {
        bits.put(0, 6);
        bits.put(self.targets() - 1, 5);
        let mut templates = self.templates().peekable();
        while let Some((s, t, _)) = templates.next() {
            let next = match templates.peek() {
                None => 3,
                Some((next, _, _)) if *next != s => 2,
                Some((_, next, _)) if *next != t => 1,
                Some(_) => 0,
            };
            bits.put(next, 2);
        }
        self.templates()
            .for_each(|template| self.indications(bits, template));
        self.templates().for_each(|_| bits.put(0, 1));
        // ns(targets + 1): none is as many zeros as the number has bits below its highest, and one bit less where it is short.
        let width = (self.targets() + 1).ilog2();
        if self.chains {
            // One chain, which protects all targets (ns(1) has no bits), and a difference for each template.
            let short = (2 << width) - (self.targets() + 1);
            let (value, bits_of) = if short > 1 {
                (1, width)
            } else {
                (1 + short, width + 1)
            };
            bits.put(value, bits_of);
            self.templates().for_each(|_| bits.put(1, 4));
        } else {
            bits.put(0, width);
        }
        bits.put(u32::from(self.sizes), 1);
        for layer in (0..u32::from(self.spatial)).filter(|_| self.sizes) {
            bits.put(320 << layer, 16);
            bits.put(180 << layer, 16);
        }
    }

    fn descriptor(&self, layer: (u8, u8, bool), number: u16) -> Vec<u8> {
        let (spatial, temporal, key) = layer;
        let attached = key && spatial == 0;
        let template = self.templates().position(|known| known == layer);
        let mut bits = Bits::default();
        bits.put(0b11, 2);
        bits.put(template.unwrap_or(usize::from(temporal)) as u32, 6);
        bits.put(number.into(), 16);
        let told = self.active.filter(|_| spatial == 0);
        if attached || told.is_some() || self.custom {
            let flags = [attached, told.is_some(), self.custom, false, false];
            flags.iter().for_each(|flag| bits.put((*flag).into(), 1));
        }
        if attached {
            self.structure(&mut bits);
        }
        if let Some(active) = told {
            bits.put(active.into(), self.targets());
        }
        if self.custom {
            self.indications(&mut bits, layer);
        }
        bits.bytes()
    }

    fn vp9(&self, (spatial, temporal, key): (u8, u8, bool), picture: u16) -> Vec<u8> {
        let inter_layer = spatial > 0 && (key || !self.key_mode);
        let [high, low] = (picture | 0x8000).to_be_bytes();
        let layers =
            temporal << 5 | u8::from(temporal > 0) << 4 | spatial << 1 | u8::from(inter_layer);
        vec![0xac | u8::from(!key) << 6, high, low, layers, low]
    }
}

/// Pictures of one of the two cameras, key pictures and losses where the fuzzer wants them.
pub fn burst(world: &mut World, input: &mut Input<'_>) {
    let is_av1 = input.flag();
    let shape = Shape::read(input);
    let (from, ssrc, _) = if is_av1 { AV1 } else { VP9 };
    let first = input.word();
    for index in 0..u16::from(input.below(24)) {
        let choice = input.byte();
        let key = index == 0 || choice & 0xf0 == 0xf0;
        let temporal = if key { 0 } else { index as u8 % shape.temporal };
        for spatial in 0..shape.spatial {
            let number = world.people[usize::from(from)].number(ssrc, 1);
            let layer = (spatial, temporal, key);
            // As read, so that the fuzzer can find a number it sees compared.
            let picture = first.wrapping_add(index);
            let mut packet = Vec::new();
            let fields = Fields {
                marker: spatial + 1 == shape.spatial,
                payload_type: PayloadType(VIDEO),
                sequence: number as u16,
                timestamp: (world.now.as_micros() * 9 / 100) as u32,
                ssrc: Ssrc(ssrc),
            };
            fields.write(&mut packet, is_av1);
            if is_av1 {
                let value = shape.descriptor(
                    layer,
                    first.wrapping_add(index * 4).wrapping_add(spatial.into()),
                );
                let id = extension_id(Extension::DependencyDescriptor);
                write_block(&mut packet, std::iter::once((id, value.as_slice())));
                packet.extend_from_slice(&[0x10, 0x30]);
            } else {
                packet.extend(shape.vp9(layer, picture & 0x7fff));
            }
            packet.resize(packet.len() + 200 * usize::from(spatial + 1), 0x55);
            let is_lost = choice & 0xe0 == 0x60 && spatial == choice & 3;
            if !is_lost {
                let sealed = world.people[usize::from(from)].seal_rtp(&packet, number);
                world.datagram(tuple(from, 0), sealed);
            }
        }
        world.step(Duration::from_millis(u64::from(choice & 0x3f)));
    }
}

/// Writes bits, most significant first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        let bits = (0..count).rev().map(|bit| value >> bit & 1 == 1);
        self.0.extend(bits);
    }

    fn bytes(&self) -> Vec<u8> {
        let bit = |bits: &[bool], at: usize| u8::from(bits.get(at).copied().unwrap_or_default());
        let byte = |bits: &[bool]| (0..8).fold(0, |byte, at| byte << 1 | bit(bits, at));
        self.0.chunks(8).map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use folkmoot_core::codec::descriptor::Descriptor;

    use super::*;

    #[test]
    fn every_shape_makes_descriptors_that_can_be_read() {
        for (layers, extras) in
            (0..9).flat_map(|layers| (0..32).map(move |extras| (layers, extras)))
        {
            let shape = Shape::read(&mut Input::new(&[layers, extras, 0xff, 0xff]));
            let key = Descriptor::parse(&shape.descriptor((0, 0, true), 7), None);
            let structure = key.ok().and_then(|key| key.structure);
            assert!(structure.is_some(), "{layers} {extras}");
            for layer in shape.templates().skip(1) {
                let read = Descriptor::parse(&shape.descriptor(layer, 8), structure.as_ref());
                let frame = read.map(|read| (read.frame.spatial, read.frame.temporal));
                assert_eq!(frame, Ok((layer.0, layer.1)), "{layers} {extras}");
            }
        }
    }
}
