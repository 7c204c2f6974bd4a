//! Somebody's voice, and how long it takes to be heard.

use std::collections::HashMap;
use std::time::Duration;

use folkmoot_core::time::Time;

use super::media::Track;
use super::millis;
use super::peer::{Got, Peer};

/// A packet of sound.
const FRAME: Duration = Duration::from_millis(20);
/// Bytes of one.
const BODY: usize = 100;

/// What one person says.
pub struct Voice {
    track: Track,
    heard_as: u32,
    next: Time,
    left: HashMap<u16, Time>,
}

impl Voice {
    /// A microphone that sends as `ssrc`, and is heard as `heard_as`.
    pub fn new(ssrc: u32, heard_as: u32, now: Time) -> Self {
        let size = BODY;
        Self {
            track: Track {
                size,
                ..Track::audio(ssrc)
            },
            heard_as,
            next: now,
            left: HashMap::new(),
        }
    }

    /// What is due.
    pub fn speak(&mut self, peer: &mut Peer, now: Time) -> Option<Vec<u8>> {
        if now < self.next {
            return None;
        }
        self.next += FRAME;
        self.left.insert(self.track.sequence as u16, now);
        Some(self.track.sound(peer))
    }

    /// How long each packet took that was said between `from` and `to`; those that were never heard are left out.
    pub fn delays(&self, got: &[Got], from: Time, to: Time) -> Vec<Duration> {
        let heard = got.iter().filter(|got| got.ssrc == self.heard_as);
        let mut delays: Vec<_> = heard
            .filter_map(|got| {
                let name = u16::from_be_bytes([got.payload[1], got.payload[2]]);
                let left = *self.left.get(&name)?;
                (left >= from && left < to).then(|| got.at.since(left))
            })
            .collect();
        delays.sort();
        delays
    }

    /// How many packets a time takes.
    pub fn packets(from: Time, to: Time) -> usize {
        (to.since(from).as_millis() / millis(20).as_millis()) as usize
    }
}
