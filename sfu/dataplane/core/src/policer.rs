//! What one stream may bring in: twice what its sender said it would send.

use crate::drop::DropReason;
use crate::spec::Kind;
use crate::time::Time;

/// A stream may be so many times as fast as was said: encoders overshoot, and repairs come on top.
const LENIENCE: u64 = 2;
/// What a stream may bring at once, as nanoseconds of its allowance: what a stalled path held back for two seconds.
const BURST: u64 = 1_000_000_000;
/// Nobody is held to less, in bits per second: a key frame of a small picture is large beside its bitrate.
const LOWEST: u64 = 250_000;
/// Nobody may claim more, and a video that claims nothing has this: no camera or screen in a browser reaches it.
const HIGHEST: u64 = 50_000_000;
/// A sound that claims nothing, uncompressed music included.
const SOUND: u64 = 2_000_000;

/// The brake on one incoming stream (the generic cell rate algorithm): one comparison a packet.
#[derive(Clone, Copy, Debug)]
pub struct Policer {
    /// Nanoseconds of the allowance that a byte uses up.
    per_byte: u64,
    /// Until when the allowance is used up, in nanoseconds.
    used: u64,
}

impl Policer {
    /// For a stream whose sender said it sends at most `ceiling` bits per second.
    pub fn new(kind: Kind, ceiling: Option<u64>) -> Self {
        let default = match kind {
            Kind::Audio => SOUND,
            Kind::Video => HIGHEST,
        };
        let allowed = ceiling.unwrap_or(default).clamp(LOWEST, HIGHEST) * LENIENCE;
        Self {
            per_byte: 8_000_000_000 / allowed,
            used: 0,
        }
    }

    /// For a stream that another worker has policed.
    pub const fn lenient() -> Self {
        Self {
            per_byte: 0,
            used: 0,
        }
    }

    /// Take a packet in.
    ///
    /// # Errors
    /// [`DropReason::Policed`] when the stream has had what it may have.
    pub fn admit(&mut self, bytes: usize, now: Time) -> Result<(), DropReason> {
        let now = now.as_micros().saturating_mul(1_000);
        let used = self.used.max(now);
        if used - now > BURST {
            return Err(DropReason::Policed);
        }
        self.used = used.saturating_add(self.per_byte * bytes as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits let through in each second, when `rate` bits a second come in packets of 1250 bytes.
    fn seconds(mut policer: Policer, rate: u64, count: u64) -> Vec<u64> {
        let gap = 10_000 * 1_000_000 / rate;
        let second = |second: u64| {
            let packets = (0..1_000_000 / gap).filter(|index| {
                let now = Time::from_micros(1_000_000 * (second + 5) + index * gap);
                policer.admit(1_250, now).is_ok()
            });
            packets.count() as u64 * 10_000
        };
        (0..count).map(second).collect()
    }

    #[test]
    fn a_stream_ten_times_as_fast_as_it_said_is_held_to_twice_within_a_second() {
        let policer = Policer::new(Kind::Video, Some(1_000_000));
        let passed = seconds(policer, 10_000_000, 5);
        assert!(passed[0] <= 4_100_000, "{passed:?}");
        for second in &passed[1..] {
            assert!((1_950_000..=2_050_000).contains(second), "{passed:?}");
        }
    }

    #[test]
    fn a_stream_half_as_fast_again_as_it_said_is_never_touched() {
        let policer = Policer::new(Kind::Video, Some(1_000_000));
        assert!(
            seconds(policer, 1_500_000, 60)
                .iter()
                .all(|bits| *bits >= 1_490_000)
        );
    }

    #[test]
    fn what_a_stalled_path_held_back_comes_through_at_once() {
        let mut policer = Policer::new(Kind::Video, Some(1_000_000));
        let now = Time::from_millis(9_000);
        assert!((0..200).all(|_| policer.admit(1_250, now).is_ok()));
    }

    #[test]
    fn nothing_that_is_claimed_switches_it_off() {
        for claim in [0, 1, u64::MAX] {
            let passed = seconds(Policer::new(Kind::Video, Some(claim)), 1_000_000_000, 3);
            assert!(passed[2] <= 2 * HIGHEST + 100_000, "{passed:?}");
        }
        assert!(seconds(Policer::new(Kind::Audio, None), 40_000_000, 3)[2] <= 2 * SOUND + 100_000);
    }
}
