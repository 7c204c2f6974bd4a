//! When which packet of a transport came, for transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::Duration;

use crate::id::Ssrc;
use crate::rtcp::twcc;
use crate::sequence::SequenceUnwrapper;
use crate::time::Time;

/// How often to tell the sender.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// Packets between two feedbacks: far more than a sender can send in that time.
const CAPACITY: usize = 2048;

/// Arrivals not reported yet.
#[derive(Debug, Default)]
pub struct Arrivals {
    unwrapper: SequenceUnwrapper,
    /// Number of the first of `times`.
    base: u64,
    times: Vec<Option<Time>>,
    media: Ssrc,
    count: u8,
    sent: Time,
}

impl Arrivals {
    /// The packet with the transport-wide number `sequence` came.
    pub fn note(&mut self, sequence: u16, media: Ssrc, now: Time) {
        let sequence = self.unwrapper.unwrap(sequence);
        self.media = media;
        if self.times.is_empty() && sequence >= self.base {
            // Packets missing since the last feedback are reported as missing, unless there are too many to be true.
            if self.base == 0 || sequence - self.base > CAPACITY as u64 / 4 {
                self.base = sequence;
            }
        }
        let Some(index) = sequence.checked_sub(self.base).map(|index| index as usize) else {
            return;
        };
        if index >= CAPACITY {
            return;
        }
        if index >= self.times.len() {
            self.times.resize(index + 1, None);
        }
        if let Some(time) = self.times.get_mut(index) {
            *time = Some(now);
        }
    }

    /// When the next feedback is due.
    pub fn due(&self) -> Time {
        if self.times.is_empty() {
            Time::FAR
        } else {
            self.sent + INTERVAL
        }
    }

    /// Append a feedback about everything not reported yet.
    pub fn write(&mut self, out: &mut Vec<u8>, sender: Ssrc, now: Time) {
        self.sent = now;
        let mut start = 0;
        while let Some(rest) = self.times.get(start..).filter(|rest| !rest.is_empty()) {
            let missing = rest.iter().take_while(|time| time.is_none()).count();
            let head = twcc::Feedback {
                sender,
                media: self.media,
                base: (self.base + start as u64) as u16,
                count: self.count,
            };
            let covered = twcc::write(out, &head, rest);
            if covered == 0 || missing == rest.len() {
                break;
            }
            self.count = self.count.wrapping_add(1);
            start += covered;
        }
        self.base += self.times.len() as u64;
        self.times.clear();
    }
}
