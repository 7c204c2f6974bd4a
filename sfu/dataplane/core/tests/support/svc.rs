//! A camera whose one stream has spatial and temporal layers: VP9 by its payload descriptor, AV1 by the dependency
//! descriptor, with the dependencies of libwebrtc's L1T1 to L3T3 and their _KEY kinds.

use std::collections::{BTreeMap, BTreeSet};

use super::media::Track;
use super::peer::{Got, Peer};

pub const DESCRIPTOR_ID: u8 = 12;
pub const OUT_DESCRIPTOR_ID: u8 = 11;
/// Temporal layers of successive pictures, by how many there are.
const PATTERNS: [&[u8]; 3] = [&[0], &[0, 1], &[0, 2, 1, 2]];
const MARK: [u8; 4] = [0xfe, 0xed, 0xfa, 0xce];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Vp9,
    Av1,
}

/// A scalability mode, LxTy or LxTy_KEY.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    pub spatial: u8,
    pub temporal: u8,
    /// Spatial layers depend on each other in key pictures only.
    pub key: bool,
}

/// One layer of one picture.
pub type LayerFrame = (u64, u8);

pub struct SvcCamera {
    pub track: Track,
    pub kind: Kind,
    pub mode: Mode,
    pub packets: u8,
    picture: u64,
    /// Pictures since the last key picture.
    since_key: u64,
    frame_number: u16,
    /// What each frame needs, of all sent.
    pub needs: BTreeMap<LayerFrame, BTreeSet<LayerFrame>>,
    /// The layers of each picture sent.
    pub temporal: BTreeMap<u64, u8>,
}

impl SvcCamera {
    pub fn new(kind: Kind, mode: Mode, track: Track, packets: u8) -> Self {
        Self {
            track,
            kind,
            mode,
            packets,
            picture: 0,
            since_key: 0,
            frame_number: 65_000,
            needs: BTreeMap::new(),
            temporal: BTreeMap::new(),
        }
    }

    fn pattern(&self) -> &'static [u8] {
        PATTERNS[usize::from(self.mode.temporal) - 1]
    }

    /// All packets of the next picture, 33 ms after the one before.
    pub fn shoot(&mut self, peer: &mut Peer, key: bool) -> Vec<Vec<u8>> {
        self.picture += 1;
        self.since_key = if key || self.picture == 1 {
            0
        } else {
            self.since_key + 1
        };
        let key = self.since_key == 0;
        let temporal = self.pattern()[(self.since_key % self.pattern().len() as u64) as usize];
        self.temporal.insert(self.picture, temporal);
        self.track.timestamp = self.track.timestamp.wrapping_add(3000);
        self.track.picture = (self.track.picture + 1) & 0x7fff;
        if temporal == 0 {
            self.track.tl0 = self.track.tl0.wrapping_add(1);
        }
        let mut sent = Vec::new();
        for spatial in 0..self.mode.spatial {
            let needs = self.needs_of(spatial, temporal, key);
            self.needs.insert((self.picture, spatial), needs);
            self.frame_number = self.frame_number.wrapping_add(1);
            for index in 0..self.packets {
                let ends = index + 1 == self.packets;
                let marker = ends && spatial + 1 == self.mode.spatial;
                let payload = self.payload((spatial, temporal), key, (index == 0, ends), index);
                if self.kind == Kind::Av1 {
                    let value = self.descriptor((spatial, temporal), key, (index == 0, ends));
                    self.track.extensions = vec![(DESCRIPTOR_ID, value)];
                }
                sent.push(self.track.packet(peer, &payload, marker));
            }
        }
        sent
    }

    fn needs_of(&self, spatial: u8, temporal: u8, key: bool) -> BTreeSet<LayerFrame> {
        let mut needs = BTreeSet::new();
        if spatial > 0 && (key || !self.mode.key) {
            needs.insert((self.picture, spatial - 1));
        }
        if !key {
            let back = match (self.pattern().len(), self.since_key % 4) {
                (1, _) | (2, 1 | 3) | (4, 1 | 3) => 1,
                (4, 0) => 4,
                _ => 2,
            };
            // The first pictures after a key picture go back to it.
            needs.insert((self.picture - back.min(self.since_key), spatial));
        }
        debug_assert!(temporal < 3);
        needs
    }

    fn payload(
        &self,
        (spatial, temporal): (u8, u8),
        key: bool,
        (starts, ends): (bool, bool),
        index: u8,
    ) -> Vec<u8> {
        let mut payload = Vec::new();
        if self.kind == Kind::Vp9 {
            let inter_layer = spatial > 0 && (key || !self.mode.key);
            let flags = 0xa0 | u8::from(!key) << 6 | u8::from(starts) << 3 | u8::from(ends) << 2;
            let [high, low] = (self.track.picture | 0x8000).to_be_bytes();
            let layers = temporal << 5
                | u8::from(temporal > 0 && self.opens(temporal)) << 4
                | spatial << 1
                | u8::from(inter_layer);
            payload.extend_from_slice(&[flags, high, low, layers, self.track.tl0]);
        }
        payload.extend_from_slice(&MARK);
        payload.extend_from_slice(&self.picture.to_be_bytes());
        payload.extend_from_slice(&[spatial, temporal, index, self.packets]);
        payload.resize(payload.len().max(self.track.size), 0x55);
        payload
    }

    /// Whether a frame of this temporal layer needs nothing above the lowest: a receiver may begin with it.
    fn opens(&self, temporal: u8) -> bool {
        temporal < 2 || self.since_key % 4 == 1
    }

    /// Decode target (s, t) has the number `s * temporal layers + t`.
    fn indications(&self, spatial: u8, temporal: u8, key: bool) -> Vec<u32> {
        let all = (0..self.mode.spatial).flat_map(|s| (0..self.mode.temporal).map(move |t| (s, t)));
        all.map(|(s, t)| {
            let below = s < spatial || t < temporal;
            let elsewhere = self.mode.key && !key && s != spatial;
            match () {
                () if below || elsewhere => 0,
                () if s == spatial && t == temporal && temporal > 0 => 1,
                () if s == spatial || key => 2,
                () => 3,
            }
        })
        .collect()
    }

    fn descriptor(
        &self,
        (spatial, temporal): (u8, u8),
        key: bool,
        (starts, ends): (bool, bool),
    ) -> Vec<u8> {
        let per_layer = u32::from(self.mode.temporal) + 1;
        let within = if key { 0 } else { 1 + u32::from(temporal) };
        let template = u32::from(spatial) * per_layer + within;
        let mut bits = Bits::default();
        bits.put(u32::from(starts), 1)
            .put(u32::from(ends), 1)
            .put(template, 6);
        bits.put(u32::from(self.frame_number), 16);
        if key && starts && spatial == 0 {
            bits.put(0b1_0000, 5);
            self.structure(&mut bits);
        }
        bits.bytes()
    }

    fn structure(&self, bits: &mut Bits) {
        bits.put(0, 6)
            .put(u32::from(self.mode.spatial * self.mode.temporal) - 1, 5);
        let layers = (0..self.mode.spatial).flat_map(|s| {
            std::iter::once((s, 0, true)).chain((0..self.mode.temporal).map(move |t| (s, t, false)))
        });
        let templates: Vec<_> = layers.collect();
        for (index, (s, t, _)) in templates.iter().enumerate() {
            let next = match templates.get(index + 1) {
                None => 3,
                Some((next, _, _)) if next != s => 2,
                Some((_, next, _)) if next != t => 1,
                Some(_) => 0,
            };
            bits.put(next, 2);
        }
        for (s, t, key) in &templates {
            for indication in self.indications(*s, *t, *key) {
                bits.put(indication, 2);
            }
        }
        for _ in &templates {
            bits.put(0, 1);
        }
        // No chains: ns(targets + 1) of 0 is as many zeros as the number below has bits.
        let n = u32::from(self.mode.spatial * self.mode.temporal) + 1;
        bits.put(0, n.ilog2()).put(0, 1);
    }
}

/// Writes bits, most significant first.
#[derive(Default)]
pub struct Bits(Vec<bool>);

impl Bits {
    pub fn put(&mut self, value: u32, count: u32) -> &mut Self {
        self.0
            .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            (0..8).fold(0, |byte, bit| {
                byte << 1 | u8::from(*bits.get(bit).unwrap_or(&false))
            })
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// What a forwarded packet is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub picture: u64,
    pub spatial: u8,
    pub temporal: u8,
    pub index: u8,
    pub packets: u8,
}

/// `None` for a filler.
pub fn read(got: &Got) -> Option<Part> {
    let at = got.payload.windows(4).position(|bytes| bytes == MARK)?;
    let body = &got.payload[at + 4..];
    Some(Part {
        picture: u64::from_be_bytes(body[..8].try_into().unwrap()),
        spatial: body[8],
        temporal: body[9],
        index: body[10],
        packets: body[11],
    })
}

/// The frames that came whole.
pub fn whole(stream: &[Got]) -> BTreeSet<LayerFrame> {
    let mut parts: BTreeMap<LayerFrame, BTreeSet<u8>> = BTreeMap::new();
    let mut sizes = BTreeMap::new();
    for part in stream.iter().filter_map(read) {
        let frame = (part.picture, part.spatial);
        parts.entry(frame).or_default().insert(part.index);
        sizes.insert(frame, part.packets);
    }
    parts.retain(|frame, indices| indices.len() == usize::from(sizes[frame]));
    parts.into_keys().collect()
}
