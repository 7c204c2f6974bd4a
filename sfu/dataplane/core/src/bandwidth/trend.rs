//! Whether the way takes longer and longer: the slope of a line through the latest delays.

use std::collections::VecDeque;

use super::groups::Variation;

/// Observations the line is drawn through.
const WINDOW: usize = 20;
/// How much of the smoothed delay stays with each observation.
const SMOOTHING: f64 = 0.9;
/// Makes the slope, of a few parts in a hundred, a number that a threshold of milliseconds can be compared with.
const GAIN: f64 = 4.0;
/// Observations after which more of them give the slope no more weight.
const MOST_WEIGHT: u32 = 60;

/// Follows the delay.
#[derive(Debug, Default)]
pub struct Trend {
    /// Arrival and smoothed delay, in milliseconds since the first observation.
    points: VecDeque<(f64, f64)>,
    first_ms: Option<f64>,
    accumulated: f64,
    smoothed: f64,
    observations: u32,
}

impl Trend {
    /// The slope after this observation, weighted: above zero while a queue grows. `None` before the line is long enough.
    pub fn update(&mut self, variation: Variation) -> Option<f64> {
        let first = *self.first_ms.get_or_insert(variation.arrival_ms);
        self.observations = (self.observations + 1).min(MOST_WEIGHT);
        self.accumulated += variation.delay_ms;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        self.points
            .push_back((variation.arrival_ms - first, self.smoothed));
        if self.points.len() < WINDOW {
            return None;
        }
        Some(self.slope()? * f64::from(self.observations) * GAIN)
    }

    /// Least squares; `None` when all arrived at once.
    fn slope(&self) -> Option<f64> {
        let count = self.points.len() as f64;
        let (sum_x, sum_y) = self
            .points
            .iter()
            .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (numerator, denominator) = self.points.iter().fold((0.0, 0.0), |(n, d), (x, y)| {
            (n + (x - mean_x) * (y - mean_y), d + (x - mean_x).powi(2))
        });
        (denominator > 0.0).then(|| numerator / denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The weighted slope after `count` bursts 10 ms apart, each `delay_ms` later than the one before.
    fn after(count: u32, delay_ms: f64) -> Option<f64> {
        let mut trend = Trend::default();
        (0..count).fold(None, |_, index| {
            trend.update(Variation {
                delay_ms,
                arrival_ms: f64::from(index) * (10.0 + delay_ms),
            })
        })
    }

    #[test]
    fn a_line_needs_a_window_of_observations() {
        assert_eq!(after(19, 1.0), None);
        assert!(after(20, 1.0).is_some());
    }

    #[test]
    fn a_steady_way_has_no_slope_and_a_growing_queue_has_that_of_its_growth() {
        assert_eq!(after(60, 0.0), Some(0.0));
        // A millisecond in eleven, and smoothing has caught up.
        let slope = after(200, 1.0).unwrap_or_default() / 60.0 / GAIN;
        assert!((slope - 1.0 / 11.0).abs() < 0.005, "{slope}");
    }

    #[test]
    fn an_emptying_queue_slopes_down() {
        assert!(after(60, -1.0).unwrap_or_default() < -1.0);
    }
}
