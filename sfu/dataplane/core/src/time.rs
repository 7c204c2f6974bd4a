//! The two clocks of the media plane: a monotonic one of our own, and the wall clock of RTCP.

use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A point on a monotonic axis in microseconds; the origin is the caller's affair.
///
/// All arithmetic saturates: a deadline far in the future is [`Time::FAR`], not a wrapped one in the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The origin of the axis.
    pub const ZERO: Self = Self(0);
    /// Later than everything: "no deadline".
    pub const FAR: Self = Self(u64::MAX);

    /// The point `micros` microseconds after the origin.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The point `millis` milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The value of the `abs-send-time` header extension: 24 bits of 6.18 fixed point seconds, wrapping every 64 s.
    pub fn abs_send_time(self) -> u32 {
        let fraction = (u128::from(self.0) << 18) / 1_000_000;
        (fraction & 0x00ff_ffff) as u32
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// An NTP timestamp (RFC 3550 section 4): seconds since 1900 in 32.32 fixed point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ntp(u64);

impl Ntp {
    /// Seconds between the NTP epoch (1900) and the Unix epoch (1970).
    const UNIX_EPOCH: u64 = 2_208_988_800;

    /// From the 64 bits on the wire.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits for the wire.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The timestamp of the moment `since` after the Unix epoch; wraps with the NTP era in 2036, as NTP does.
    pub fn from_unix(since: Duration) -> Self {
        let seconds = since.as_secs().wrapping_add(Self::UNIX_EPOCH) & 0xffff_ffff;
        Self(seconds << 32 | fraction(since.subsec_nanos()))
    }

    /// The middle 32 bits (16.16): what LSR and XR carry.
    pub const fn compact(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Time passed since `earlier`, across the end of an era as well; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let difference = self.0.wrapping_sub(earlier.0);
        if difference > u64::MAX / 2 {
            return Duration::ZERO;
        }
        let nanos = ((difference & 0xffff_ffff) * 1_000_000_000) >> 32;
        Duration::new(difference >> 32, nanos as u32)
    }
}

impl Add<Duration> for Ntp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let seconds = duration.as_secs() & 0xffff_ffff;
        Self(
            self.0
                .wrapping_add(seconds << 32 | fraction(duration.subsec_nanos())),
        )
    }
}

/// Nanoseconds below a second as a 32-bit binary fraction, rounded up so that the way back is exact to the nanosecond.
fn fraction(nanos: u32) -> u64 {
    (u64::from(nanos) << 32).div_ceil(1_000_000_000)
}

/// A duration in units of 1/65536 s, the unit of DLSR (RFC 3550 section 6.4.1); saturates at about 18 hours.
pub fn to_compact(duration: Duration) -> u32 {
    let units = (duration.as_nanos() << 16) / 1_000_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// The duration of `units` of 1/65536 s.
pub fn from_compact(units: u32) -> Duration {
    Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16)
}

/// The round trip a receiver report tells its sender (RFC 3550 section 6.4.1): `now - LSR - DLSR`, all in 16.16.
///
/// `None` when the report answers no sender report yet, or when its numbers would make time run backwards.
pub fn round_trip(now: Ntp, last_sender_report: u32, delay: u32) -> Option<Duration> {
    if last_sender_report == 0 {
        return None;
    }
    let units = now
        .compact()
        .wrapping_sub(last_sender_report)
        .wrapping_sub(delay);
    (units <= u32::MAX / 2).then(|| from_compact(units))
}
