//! How well a stream is received (RFC 3550 appendix A.3 and A.8), and how much of it.

use crate::bitrate::Bitrate;
use crate::clock::ticks;
use crate::stats::Traffic;
use crate::time::Time;

/// Receive statistics of one SSRC. Retransmissions do not count as received: loss reports are about the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reception {
    first: u64,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    transit: Option<i64>,
    /// Scaled by 16.
    jitter: u64,
    traffic: Traffic,
    bitrate: Bitrate,
}

/// The numbers of a report block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// In 1/256, since the last report.
    pub fraction: u8,
    /// Since the beginning.
    pub total: i64,
    /// Highest sequence number, with the number of cycles above.
    pub highest: u32,
}

impl Reception {
    /// A packet of the stream itself came.
    pub fn receive(&mut self, sequence: u64, timestamp: u32, bytes: usize, now: Time, rate: u32) {
        if self.received == 0 {
            self.first = sequence;
        }
        self.received += 1;
        if sequence >= self.highest {
            self.highest = sequence;
            self.measure_jitter(timestamp, now, rate);
        }
        self.count(bytes, now);
    }

    /// Bytes came, as the stream or as a retransmission of it.
    pub fn count(&mut self, bytes: usize, now: Time) {
        self.traffic.count(bytes);
        self.bitrate.count(bytes, now);
    }

    fn measure_jitter(&mut self, timestamp: u32, now: Time, rate: u32) {
        let arrival = ticks(now.since(Time::ZERO), rate);
        let transit = i64::from((arrival as u32).wrapping_sub(timestamp) as i32);
        if let Some(before) = self.transit.replace(transit) {
            let difference = u64::from((transit as i32).wrapping_sub(before as i32).unsigned_abs());
            self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4);
        }
    }

    /// The numbers for a report block; the fraction counts from here on anew.
    pub fn report(&mut self) -> Loss {
        let expected = self.expected();
        let expected_interval = expected - self.expected_before;
        let received_interval = self.received - self.received_before;
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost = expected_interval.saturating_sub(received_interval);
        let fraction = (lost << 8).checked_div(expected_interval).unwrap_or(0);
        Loss {
            fraction: u8::try_from(fraction).unwrap_or(u8::MAX),
            total: self.lost(),
            highest: self.highest.saturating_sub(1 << 16) as u32,
        }
    }

    fn expected(&self) -> u64 {
        if self.received == 0 {
            0
        } else {
            self.highest.saturating_sub(self.first) + 1
        }
    }

    /// Packets expected and not received.
    pub fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// In timestamp units.
    pub const fn jitter(&self) -> u32 {
        (self.jitter >> 4) as u32
    }

    /// Packets and bytes, retransmissions among them.
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Bits per second, over the last full second; 0 when nothing came since.
    pub fn bitrate(&self, now: Time) -> u64 {
        self.bitrate.get(now)
    }
}
