//! Is the path used too much? The slope of the delays against a threshold that adapts to them (draft-ietf-rmcat-gcc-02
//! section 5.4; Carlucci et al., "Analysis and Design of the Google Congestion Control for WebRTC", 2016).

/// The slope must be above the threshold for so long, in milliseconds.
const PERSISTENCE_MS: f64 = 10.0;
/// How fast the threshold follows a slope above it, per millisecond.
const RISE: f64 = 0.0087;
/// How fast it follows one below: slower would let a competing flow starve us, faster would cry wolf.
const FALL: f64 = 0.039;
/// Slopes further above the threshold than this do not move it: they are an event, not the way the path is.
const OUTLIER: f64 = 15.0;
const LOWEST: f64 = 6.0;
const HIGHEST: f64 = 600.0;
const FIRST: f64 = 12.5;
/// Longest step of adaptation, in milliseconds.
const LONGEST_STEP_MS: f64 = 100.0;

/// What the delays say of the use of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// Delays stay as they are.
    #[default]
    Normal,
    /// A queue grows.
    Over,
    /// A queue empties.
    Under,
}

/// Compares slopes with the threshold.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    threshold: f64,
    updated_ms: Option<f64>,
    over_since_ms: Option<f64>,
    over_count: u32,
    previous: f64,
    usage: Usage,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            threshold: FIRST,
            updated_ms: None,
            over_since_ms: None,
            over_count: 0,
            previous: 0.0,
            usage: Usage::Normal,
        }
    }
}

impl Detector {
    /// What was said last.
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// The slope at `now_ms` on the receiver's axis.
    pub fn detect(&mut self, slope: f64, now_ms: f64) -> Usage {
        if slope > self.threshold {
            let since = *self
                .over_since_ms
                .get_or_insert(self.updated_ms.unwrap_or(now_ms));
            self.over_count += 1;
            let persists = now_ms - since >= PERSISTENCE_MS && self.over_count > 1;
            if persists && slope >= self.previous {
                self.usage = Usage::Over;
            }
        } else {
            self.over_since_ms = None;
            self.over_count = 0;
            self.usage = if slope < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.previous = slope;
        self.adapt(slope, now_ms);
        self.usage
    }

    fn adapt(&mut self, slope: f64, now_ms: f64) {
        let elapsed = (now_ms - self.updated_ms.unwrap_or(now_ms)).clamp(0.0, LONGEST_STEP_MS);
        self.updated_ms = Some(now_ms);
        let distance = slope.abs() - self.threshold;
        if distance > OUTLIER {
            return;
        }
        let speed = if distance < 0.0 { FALL } else { RISE };
        self.threshold = (self.threshold + speed * distance * elapsed).clamp(LOWEST, HIGHEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_steep_slope_is_an_event_and_two_are_overuse() {
        let mut detector = Detector::default();
        assert_eq!(detector.detect(0.0, 0.0), Usage::Normal);
        assert_eq!(detector.detect(20.0, 5.0), Usage::Normal);
        assert_eq!(detector.detect(25.0, 20.0), Usage::Over);
        assert_eq!(detector.detect(0.0, 30.0), Usage::Normal);
        assert_eq!(detector.detect(-30.0, 40.0), Usage::Under);
    }

    #[test]
    fn a_path_that_always_jitters_raises_the_threshold() {
        let mut detector = Detector::default();
        let over = (0..2000).filter(|step| {
            let slope = if step % 2 == 0 { 14.0 } else { -14.0 };
            detector.detect(slope, f64::from(*step) * 20.0) == Usage::Over
        });
        assert!(over.count() < 5);
    }
}
