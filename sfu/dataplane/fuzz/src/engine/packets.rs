//! Datagrams: anything, checks, and RTP and RTCP under the right keys.

use std::time::Duration;

use folkmoot_core::extension::{Extension, write_block};
use folkmoot_core::id::{PayloadType, Ssrc};
use folkmoot_core::rtcp::{nack, pli, remb};
use folkmoot_core::rtp::Fields;

use super::commands::{AUDIO, ENCODINGS, RED, RTX, VIDEO, extension_id};
use super::person;
use super::world::{PEOPLE, World, tuple};
use crate::input::Input;

pub fn raw(world: &mut World, input: &mut Input<'_>) {
    let from = tuple(input.below(PEOPLE), input.byte());
    if input.flag() && input.flag() {
        world.engine.disconnected(from, world.now);
    }
    world.datagram(from, input.bytes(300).to_vec());
}

pub fn check(world: &mut World, input: &mut Input<'_>) {
    let (whose, way) = (input.below(PEOPLE), input.byte());
    let from = tuple(
        if input.flag() {
            whose
        } else {
            input.below(PEOPLE)
        },
        way,
    );
    world.validated.insert(from);
    world.datagram(from, person::check(whose, input.byte(), input.flag()));
}

/// SSRCs a person may send from: those of its producers, others' and none's.
fn ssrc(input: &mut Input<'_>) -> u32 {
    u32::from(input.below(16)) + 1
}

/// One packet whose every part is the fuzzer's.
pub fn media(world: &mut World, input: &mut Input<'_>) {
    let (from, way, ssrc) = (input.below(PEOPLE), input.byte() % 2 * 2, ssrc(input));
    let step = match input.byte() {
        large @ 0xf0.. => (i16::from(large) - 0xf7) * 4000,
        small => i16::from(small as i8).clamp(-120, 120) / 8 + 1,
    };
    let number = world.people[usize::from(from)].number(ssrc, step);
    let head = input.byte();
    let fields = Fields {
        marker: head & 1 == 1,
        payload_type: PayloadType([VIDEO, RTX, AUDIO, VIDEO + 9, RED][usize::from(head >> 1) % 5]),
        sequence: number as u16,
        timestamp: u32::from(input.word()) << (head >> 3 & 0x0f),
        ssrc: Ssrc(ssrc),
    };
    let mut packet = Vec::new();
    fields.write(&mut packet, false);
    packet[0] |= head & 0x80 >> 2;
    if input.flag() {
        let mut elements = Vec::new();
        for _ in 0..input.below(5) {
            elements.push((input.below(13), input.bytes(40)));
        }
        if write_block(&mut packet, elements.into_iter()) > 0 {
            packet[0] |= 0x10;
        }
    }
    packet.extend_from_slice(input.bytes(300));
    let sealed = world.people[usize::from(from)].seal_rtp(&packet, number);
    world.datagram(tuple(from, way), sealed);
}

/// A stretch of a plausible VP8 or Opus stream, with the numbers and layers the fuzzer chose.
pub fn burst(world: &mut World, input: &mut Input<'_>) {
    let from = input.below(PEOPLE);
    let encoding = input.below(ENCODINGS as u8 + 1);
    let audio = encoding == ENCODINGS as u8;
    let key = input.flag();
    for index in 0..input.below(40) {
        let ssrc = if audio { 8 } else { u32::from(encoding) + 1 };
        let number = world.people[usize::from(from)].number(ssrc, 1);
        let timestamp = (world.now.as_micros() * 9 / 100) as u32;
        let mut packet = Vec::new();
        let payload_type = PayloadType(if audio { AUDIO } else { VIDEO });
        let fields = Fields {
            marker: true,
            payload_type,
            sequence: number as u16,
            timestamp,
            ssrc: Ssrc(ssrc),
        };
        fields.write(&mut packet, true);
        let rid = [b'0' + encoding];
        let mid: &[u8] = if audio { b"a" } else { b"v" };
        let elements = [
            (extension_id(Extension::Mid), mid),
            (extension_id(Extension::Rid), &rid[..]),
        ];
        write_block(&mut packet, elements.into_iter());
        let [high, low] = (number as u16 & 0x7fff | 0x8000).to_be_bytes();
        let layer = (index & 3).min(2) << 6 | 0x20;
        packet.extend_from_slice(&[
            0x90,
            0xe0,
            high,
            low,
            number as u8,
            layer,
            u8::from(!(key && index == 0)),
        ]);
        packet.extend_from_slice(&[0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1]);
        packet.resize(packet.len() + usize::from(input.byte()) * 4, 0x55);
        let sealed = world.people[usize::from(from)].seal_rtp(&packet, number);
        world.datagram(tuple(from, 0), sealed);
        world.step(Duration::from_millis(u64::from(input.byte() & 0x3f)));
    }
}

/// RTCP: the fuzzer's own, or about the SSRC of a consumer.
pub fn feedback(world: &mut World, input: &mut Input<'_>) {
    let (from, way) = (input.below(PEOPLE), input.byte() % 2 * 2);
    let newest = world.next_ssrc;
    let media = Ssrc(newest.saturating_sub(input.below(12).into()));
    let mut packet = Vec::new();
    match input.below(5) {
        0 => {
            let (first, count) = (input.word(), u16::from(input.byte()));
            let sequences = (0..=count).map(|offset| first.wrapping_add(offset * (count % 7 + 1)));
            nack::write(&mut packet, Ssrc(1), media, sequences);
        }
        1 => pli::write(&mut packet, Ssrc(1), media),
        2 => remb::write(&mut packet, Ssrc(1), input.long() >> 20, &[media]),
        kind => {
            let types = [200, 201, 202, 203, 205, 206, 207];
            let body = input.bytes(400);
            let body = &body[..body.len() / 4 * 4];
            packet.extend([
                0x80 | input.below(32),
                input.pick(types),
                0,
                (body.len() / 4) as u8 + 1,
            ]);
            packet.extend(Ssrc(1).0.to_be_bytes());
            packet.extend_from_slice(body);
            if let (4, Some(about)) = (kind, packet.get_mut(8..12)) {
                about.copy_from_slice(&media.0.to_be_bytes());
            }
        }
    }
    let sealed = world.people[usize::from(from)].seal_rtcp(&packet);
    world.datagram(tuple(from, way), sealed);
}

/// Transport-wide feedback about what a person was really sent: some of it lost, the rest later and later, or sooner.
pub fn arrivals(world: &mut World, input: &mut Input<'_>) {
    let (from, lost) = (input.below(PEOPLE), input.byte());
    let (delay, slope) = (u64::from(input.byte()), u64::from(input.byte()));
    let person = &mut world.people[usize::from(from)];
    for (index, (number, at)) in (0u64..).zip(std::mem::take(&mut person.stamps)) {
        if lost >> (index % 8) & 1 == 0 {
            let late = Duration::from_micros(delay * 1_000 + index * slope * 16);
            person.arrivals.note(number, Ssrc(1), at + late);
        }
    }
    let mut packet = Vec::new();
    person.arrivals.write(&mut packet, Ssrc(1), world.now);
    let sealed = person.seal_rtcp(&packet);
    world.datagram(tuple(from, 0), sealed);
}
