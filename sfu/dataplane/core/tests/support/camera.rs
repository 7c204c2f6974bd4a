//! A camera with simulcast: three encodings at their bitrates, key frames when asked.

use folkmoot_core::time::Time;

use super::media::{Frame, Track};
use super::peer::Peer;

/// Bytes of a packet's payload.
const BODY: usize = 1_000;
/// How much larger than others a key frame is.
const KEY: u64 = 4;
pub const FRAMES: u64 = 30;
/// T0 T2 T1 T2, with the larger frames below.
const PATTERN: [(u8, u64); 4] = [(0, 160), (2, 60), (1, 120), (2, 60)];

struct Encoding {
    track: Track,
    rate: u64,
    /// Bytes owed to the rate.
    credit: i64,
}

/// What one person's camera sends.
pub struct Camera {
    encodings: Vec<Encoding>,
    frame: u64,
    heard: usize,
}

impl Camera {
    /// `encodings`: SSRC and bits per second, lowest first.
    pub fn new(encodings: &[(u32, u64)]) -> Self {
        let encodings = encodings.iter().map(|(ssrc, rate)| Encoding {
            track: Track {
                size: BODY,
                ..Track::video(*ssrc)
            },
            rate: *rate,
            credit: 0,
        });
        Self {
            encodings: encodings.collect(),
            frame: 0,
            heard: 0,
        }
    }

    /// The next frame of every encoding.
    pub fn shoot(&mut self, peer: &mut Peer, _now: Time) -> Vec<Vec<u8>> {
        let plis = peer
            .heard
            .plis
            .get(self.heard..)
            .unwrap_or_default()
            .to_vec();
        self.heard = peer.heard.plis.len();
        let (temporal, share) = PATTERN[(self.frame % 4) as usize];
        let mut sent = Vec::new();
        for encoding in &mut self.encodings {
            let ssrc = encoding.track.ssrc;
            let key = self.frame == 0 || plis.iter().any(|(asked, _)| *asked == ssrc);
            let usual = encoding.rate / 8 / FRAMES * share / 100;
            let wished = if key { usual * KEY } else { usual };
            encoding.credit += (encoding.rate / 8 / FRAMES) as i64;
            // A key frame is paid back by smaller frames after it.
            let bytes = if key || encoding.credit >= 0 {
                wished
            } else {
                wished / 2
            };
            encoding.credit = (encoding.credit - bytes as i64).max(-(encoding.rate as i64) / 8);
            let packets = (bytes as usize).div_ceil(BODY).max(1);
            let body = (bytes as usize / packets).max(40);
            encoding.track.size = body;
            let frame = Frame {
                key,
                temporal: if key { 0 } else { temporal },
                packets,
            };
            sent.extend(encoding.track.frame(peer, frame));
        }
        self.frame += 1;
        sent
    }
}
