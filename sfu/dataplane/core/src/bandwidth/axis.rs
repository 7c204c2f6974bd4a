//! The receiver's time axis: arrivals are told on a clock of 24 bits that starts again every twelve days.

/// A wrapping of the reference time, in microseconds.
const CYCLE: i64 = (1 << 24) * 64_000;
/// No packet arrives so much before or after another, in microseconds: the clock itself was set.
const LEAP: i64 = 60_000_000;

/// Puts arrivals on one axis.
#[derive(Clone, Copy, Debug, Default)]
pub struct Axis {
    newest: Option<i64>,
}

/// Where an arrival lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At so many microseconds on the axis.
    At(i64),
    /// Nowhere near what was before: a new axis begins here.
    Anew(i64),
}

impl Axis {
    /// An arrival, in microseconds as the feedback has it. The axis never gets longer than what was really told on it, so
    /// that a receiver whose clock only leaps cannot wear it out.
    pub fn place(&mut self, arrival: i64) -> Place {
        let Some(newest) = self.newest else {
            self.newest = Some(arrival);
            return Place::At(arrival);
        };
        let ahead = (arrival - newest + CYCLE / 2).rem_euclid(CYCLE) - CYCLE / 2;
        if ahead.abs() > LEAP {
            self.newest = Some(arrival);
            return Place::Anew(arrival);
        }
        self.newest = Some(newest + ahead.max(0));
        Place::At(newest + ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_goes_on_where_the_clock_starts_again() {
        let mut axis = Axis::default();
        let last = CYCLE / 2 - 1_000;
        assert_eq!(axis.place(last), Place::At(last));
        assert_eq!(axis.place(-CYCLE / 2 + 1_000), Place::At(last + 2_000));
        assert_eq!(axis.place(last + 500), Place::At(last + 500));
    }

    #[test]
    fn a_leap_begins_a_new_axis() {
        let mut axis = Axis::default();
        axis.place(1_000_000);
        assert_eq!(axis.place(200_000_000), Place::Anew(200_000_000));
        assert_eq!(axis.place(1_000_000), Place::Anew(1_000_000));
        assert_eq!(axis.place(1_500_000), Place::At(1_500_000));
    }
}
