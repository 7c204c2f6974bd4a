//! How loud somebody is, as their own microphone says with each packet (RFC 6464). Nothing is decoded for it.

use std::time::Duration;

use crate::id::ProducerId;
use crate::io::Event;
use crate::output::Output;
use crate::tables::Tables;
use crate::time::Time;

/// Between two tellings.
pub const INTERVAL: Duration = Duration::from_millis(250);
/// What is quieter than this is silence: -65 dBov.
const AUDIBLE: u8 = 127 - 65;
/// Voices told of at once, the first that are found: more would be a choir, not a conversation.
pub const MAX_VOICES: usize = 256;

/// Packets of one producer since the last telling.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loudness {
    sum: u32,
    packets: u32,
}

impl Loudness {
    /// A packet came with this value of the extension: one bit for voice, seven for how far it is below the loudest.
    pub fn note(&mut self, value: &[u8]) {
        if let [byte, ..] = value {
            self.sum = self.sum.saturating_add(u32::from(127 - (byte & 0x7f)));
            self.packets = self.packets.saturating_add(1);
        }
    }

    /// The mean since the last call, 127 the loudest; `None` for silence.
    pub fn take(&mut self) -> Option<u8> {
        let Self { sum, packets } = std::mem::take(self);
        let mean = sum.checked_div(packets)? as u8;
        (mean >= AUDIBLE).then_some(mean)
    }
}

impl Tables {
    /// Tell who can be heard, if anybody can. Returns when to look again.
    pub fn poll_loudness(&mut self, due: Time, out: &mut Output, now: Time) -> Time {
        if now < due {
            return due;
        }
        let mut levels = Vec::new();
        let mut hears = false;
        for (_, producer) in &mut self.producers {
            hears |= producer.loudness.packets > 0;
            let level = producer.loudness.take();
            // What came over a pipe is told of by the worker it came from.
            if let Some(level) = level.filter(|_| !producer.paused && !producer.is_piped)
                && levels.len() < MAX_VOICES
            {
                levels.push((producer.id, level));
            }
        }
        if !levels.is_empty() {
            out.tell(Event::AudioLevels(levels));
        }
        if hears { now + INTERVAL } else { Time::FAR }
    }
}

/// Levels by producer.
pub type Levels = Vec<(ProducerId, u8)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_what_was_said_is_told_and_silence_is_not() {
        let mut loudness = Loudness::default();
        assert_eq!(loudness.take(), None);
        for level in [20, 30, 40] {
            loudness.note(&[0x80 | level]);
        }
        assert_eq!(loudness.take(), Some(97));
        loudness.note(&[127]);
        assert_eq!(loudness.take(), None);
        loudness.note(&[]);
        assert_eq!(loudness.take(), None);
    }
}
