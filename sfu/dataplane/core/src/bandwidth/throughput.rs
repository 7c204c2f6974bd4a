//! How much arrives at the receiver.

use std::collections::VecDeque;

/// What is averaged over, in microseconds of the receiver's axis.
const WINDOW: i64 = 500_000;
/// A rate over less than this is not believed.
const SHORTEST: i64 = 150_000;
/// Entries: one a millisecond.
const STEP: i64 = 1_000;

/// The acknowledged bitrate.
#[derive(Debug, Default)]
pub struct Throughput {
    /// Millisecond of arrival and bytes that arrived in it; bounded by the window.
    arrivals: VecDeque<(i64, u64)>,
    bytes: u64,
}

impl Throughput {
    /// Bytes arrived.
    pub fn count(&mut self, arrival: i64, bytes: usize) {
        let step = arrival.div_euclid(STEP);
        self.bytes += bytes as u64;
        match self.arrivals.back_mut() {
            Some((last, sum)) if *last >= step => *sum += bytes as u64,
            _ => self.arrivals.push_back((step, bytes as u64)),
        }
        while let Some((first, sum)) = self.arrivals.front().copied()
            && step - first > WINDOW / STEP
        {
            self.bytes -= sum;
            self.arrivals.pop_front();
        }
    }

    /// Bits per second of late; `None` before there is enough to tell.
    pub fn get(&self) -> Option<u64> {
        let ((first, head), (last, _)) = (*self.arrivals.front()?, *self.arrivals.back()?);
        let micros = (last - first) * STEP;
        // What arrived at the first moment took its time before it.
        (micros >= SHORTEST).then(|| (self.bytes - head) * 8_000_000 / micros.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_told_at_its_rate_soon_and_follows_a_step_within_the_window() {
        let mut throughput = Throughput::default();
        for millis in 0..1000 {
            throughput.count(millis * 1000, 125);
            if millis == 100 {
                assert_eq!(throughput.get(), None);
            }
        }
        assert_eq!(throughput.get(), Some(1_000_000));
        for millis in 1000..1520 {
            throughput.count(millis * 1000, 250);
        }
        assert_eq!(throughput.get(), Some(2_000_000));
    }
}
