//! What a camera and a microphone send.

use folkmoot_core::extension::write_block;
use folkmoot_core::id::{PayloadType, Ssrc};
use folkmoot_core::rtp::Fields;

use super::peer::Peer;

pub const VP8: u8 = 96;
pub const VP8_RTX: u8 = 97;
pub const OPUS: u8 = 111;
pub const MID_ID: u8 = 1;
pub const RID_ID: u8 = 2;
pub const RRID_ID: u8 = 3;
pub const LEVEL_ID: u8 = 4;
pub const TWCC_ID: u8 = 5;

/// One RTP stream being sent.
#[derive(Clone, Debug)]
pub struct Track {
    pub ssrc: u32,
    pub payload_type: u8,
    /// Extended.
    pub sequence: u64,
    pub timestamp: u32,
    pub picture: u16,
    pub tl0: u8,
    pub key_index: u8,
    pub extensions: Vec<(u8, Vec<u8>)>,
    /// Payloads are filled up to so many bytes.
    pub size: usize,
}

/// A VP8 frame to send.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub key: bool,
    pub temporal: u8,
    pub packets: usize,
}

impl Track {
    pub fn video(ssrc: u32) -> Self {
        Self {
            ssrc,
            payload_type: VP8,
            sequence: u64::from(ssrc % 1000) + 60_000,
            timestamp: ssrc.wrapping_mul(0x9e37_79b9),
            picture: (ssrc % 0x7fff) as u16,
            tl0: (ssrc % 251) as u8,
            key_index: (ssrc % 31) as u8,
            extensions: Vec::new(),
            size: 0,
        }
    }

    pub fn audio(ssrc: u32) -> Self {
        Self {
            payload_type: OPUS,
            ..Self::video(ssrc)
        }
    }

    pub fn with(mut self, id: u8, value: &[u8]) -> Self {
        self.extensions.push((id, value.to_vec()));
        self
    }

    pub fn packet(&mut self, peer: &mut Peer, payload: &[u8], marker: bool) -> Vec<u8> {
        let fields = Fields {
            marker,
            payload_type: PayloadType(self.payload_type),
            sequence: self.sequence as u16,
            timestamp: self.timestamp,
            ssrc: Ssrc(self.ssrc),
        };
        let mut out = Vec::new();
        fields.write(&mut out, !self.extensions.is_empty());
        write_block(
            &mut out,
            self.extensions
                .iter()
                .map(|(id, value)| (*id, value.as_slice())),
        );
        out.extend_from_slice(payload);
        let sealed = peer.seal_rtp(&out, self.sequence);
        peer.history.insert((self.ssrc, self.sequence as u16), out);
        self.sequence += 1;
        sealed
    }

    /// The next 20 ms of sound.
    pub fn sound(&mut self, peer: &mut Peer) -> Vec<u8> {
        let mut payload = vec![0x78, (self.sequence >> 8) as u8, self.sequence as u8, 9, 9];
        payload.resize(payload.len().max(self.size), 0x55);
        let packet = self.packet(peer, &payload, false);
        self.timestamp = self.timestamp.wrapping_add(960);
        packet
    }

    /// The next frame, 33 ms after the one before.
    pub fn frame(&mut self, peer: &mut Peer, frame: Frame) -> Vec<Vec<u8>> {
        self.timestamp = self.timestamp.wrapping_add(3000);
        self.picture = (self.picture + 1) & 0x7fff;
        self.key_index = (self.key_index + u8::from(frame.key)) & 0x1f;
        if frame.temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let packets = (0..frame.packets).map(|index| {
            let payload = self.vp8(frame, index);
            self.packet(peer, &payload, index + 1 == frame.packets)
        });
        packets.collect()
    }

    /// A descriptor with 15-bit picture id, TL0PICIDX, TID and KEYIDX, then a body that names the packet.
    fn vp8(&self, frame: Frame, index: usize) -> Vec<u8> {
        let start = if index == 0 { 0x10 } else { 0 };
        let [high, low] = (self.picture | 0x8000).to_be_bytes();
        let layer = frame.temporal << 6 | 0x20 | self.key_index;
        let mut payload = vec![0x80 | start, 0xf0, high, low, self.tl0, layer];
        payload.push(u8::from(!frame.key));
        payload.extend_from_slice(&[0, 0, 0x9d, 0x01, 0x2a]);
        payload.extend_from_slice(&self.ssrc.to_be_bytes());
        payload.extend_from_slice(&self.sequence.to_be_bytes());
        payload.resize(payload.len().max(self.size), 0x55);
        payload
    }
}

/// What a forwarded VP8 payload says: (picture id, TL0PICIDX, temporal layer, key frame, name of the packet).
pub fn read_vp8(payload: &[u8]) -> (u16, u8, u8, bool, (u32, u64)) {
    let picture = u16::from_be_bytes([payload[2], payload[3]]) & 0x7fff;
    let key = payload[0] & 0x10 != 0 && payload[6] & 1 == 0;
    let ssrc = u32::from_be_bytes(payload[12..16].try_into().unwrap());
    let sequence = u64::from_be_bytes(payload[16..24].try_into().unwrap());
    (picture, payload[4], payload[5] >> 6, key, (ssrc, sequence))
}
