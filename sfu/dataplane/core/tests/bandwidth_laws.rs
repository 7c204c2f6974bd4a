//! What holds for an estimate whatever its receiver says: it stays within its bounds, and saying it costs the worker nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may fail as tests do"
)]

use std::time::Duration;

use folkmoot_core::bandwidth::estimator::MOST_GONE;
use folkmoot_core::bandwidth::sent::Carried;
use folkmoot_core::bandwidth::{Estimator, INITIAL, LEAST, Limits, MOST};
use folkmoot_core::id::ConsumerId;
use folkmoot_core::rtcp::twcc::Status;
use folkmoot_core::time::Time;
use proptest::prelude::*;

/// The reference time is of 24 bits, in units of 64 ms.
const REFERENCES: i64 = 1 << 24;
const REFERENCE_UNIT: i64 = 64_000;

/// One that sent `packets` of a thousand bytes, a millisecond apart.
fn sender(packets: u64) -> (Estimator, Time) {
    let mut estimator = Estimator::new(Limits::default());
    for millis in 0..packets {
        estimator.sent(1_000, Time::from_millis(1_000 + millis));
    }
    (estimator, Time::from_millis(1_000 + packets))
}

fn received(sequence: u16, arrival: i64) -> Status {
    Status {
        sequence,
        arrival: Some(arrival),
    }
}

#[test]
fn a_receiver_whose_clock_only_leaps_cannot_wear_the_time_axis_out() {
    let (mut estimator, mut now) = sender(1_000);
    // Half a cycle less one unit is the longest leap forwards that there is.
    let leap = (REFERENCES / 2 - 1) * REFERENCE_UNIT;
    let mut reference = 0;
    for number in 0..20_000_000_u64 {
        reference = (reference + leap) % (REFERENCES * REFERENCE_UNIT);
        estimator.feedback(
            [received((number % 900) as u16, reference)].into_iter(),
            now,
        );
        now += Duration::from_micros(1);
    }
    assert!((LEAST..=MOST).contains(&estimator.estimate(now).unwrap()));
}

#[test]
fn a_receiver_whose_clock_begins_again_is_measured_from_there_on() {
    let mut estimator = Estimator::new(Limits::default());
    let mut delivered = Vec::new();
    for (origin, begin) in [(9_000_000_000, 0), (1_000_000, 2_000)] {
        for millis in begin..begin + 2_000_u64 {
            let now = Time::from_millis(millis);
            estimator.sent(125, now);
            let arrival = origin + (millis as i64 - begin as i64) * 1_000;
            estimator.feedback([received(millis as u16, arrival)].into_iter(), now);
        }
        delivered.push(estimator.delivered().unwrap());
    }
    assert_eq!(delivered, [1_000_000, 1_000_000]);
}

#[test]
fn sound_that_goes_without_numbers_counts_as_delivered_with_the_picture_behind_it() {
    let mut estimator = Estimator::new(Limits::default());
    for millis in (0..2_000_u64).step_by(20) {
        let now = Time::from_millis(millis);
        estimator.unstamped(160);
        estimator.sent(1_000, now);
        let arrival = millis as i64 * 1_000 + 30_000;
        let number = (millis / 20) as u16;
        estimator.feedback([received(number, arrival)].into_iter(), now);
    }
    assert_eq!(estimator.delivered(), Some(1_160 * 8 * 50));
}

#[test]
fn sound_while_no_picture_flows_is_not_believed_to_have_come_with_the_next_one() {
    let mut estimator = Estimator::new(Limits::default());
    for millis in (0..2_000_u64).step_by(20) {
        let now = Time::from_millis(60_000 + millis);
        if millis == 1_000 {
            // As much as a minute of it, and the last picture was long before.
            estimator.unstamped(60_000);
        }
        let skipped = if millis < 1_000 { 0 } else { 1_000 };
        estimator.sent(1_000, now + Duration::from_millis(skipped));
        let arrival = (millis + skipped) as i64 * 1_000;
        let number = (millis / 20) as u16;
        estimator.feedback([received(number, arrival)].into_iter(), now);
        let delivered = estimator.delivered().unwrap_or(0);
        assert!(delivered <= 1_000 * 8 * 50, "{delivered}");
    }
}

/// What a receiver may say at a time: of which packets, and when they came, if they did.
fn saying() -> impl Strategy<Value = Vec<(u16, Option<i64>)>> {
    let arrival = prop_oneof![
        -REFERENCES / 2 * REFERENCE_UNIT..REFERENCES / 2 * REFERENCE_UNIT,
        0..2_000_000_i64,
    ];
    prop::collection::vec((any::<u16>(), prop::option::of(arrival)), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// SFU-2, and case 34: whatever is said, and whenever.
    #[test]
    fn an_estimate_is_within_its_bounds_whatever_is_said(
        sayings in prop::collection::vec((saying(), 0..3_000_u64, any::<u64>(), any::<bool>()), 1..40),
        wanted in any::<u64>(),
    ) {
        let (mut estimator, mut now) = sender(300);
        estimator.want(wanted);
        for (saying, pause, remb, talks) in sayings {
            now += Duration::from_millis(pause);
            if talks {
                estimator.unstamped(remb as usize % 100_000);
                estimator.receiver_estimate(remb, now);
            }
            let statuses = saying.into_iter().map(|(sequence, arrival)| Status {
                sequence: sequence % 400,
                arrival,
            });
            estimator.feedback(statuses, now);
            estimator.poll(now);
            estimator.sent(1_200, now);
            if let Some(estimate) = estimator.estimate(now) {
                prop_assert!((LEAST..=MOST).contains(&estimate), "{}", estimate);
            }
        }
    }

    /// The order in which packets of a burst are told of, and being told twice, change nothing in the estimate's bounds
    /// or in what counts as delivered.
    #[test]
    fn what_is_told_twice_counts_once(times in 1..6_usize) {
        let (mut estimator, now) = sender(1_000);
        let statuses: Vec<_> = (0..1_000_u16).map(|number| received(number, i64::from(number) * 1_000)).collect();
        for _ in 0..times {
            estimator.feedback(statuses.iter().copied(), now);
        }
        prop_assert_eq!(estimator.delivered(), Some(8_000_000));
    }
}

#[test]
fn who_says_nothing_gets_the_beginning_for_a_second_and_then_no_estimate() {
    let (estimator, _) = sender(1);
    assert_eq!(estimator.estimate(Time::from_millis(1_500)), Some(INITIAL));
    assert_eq!(estimator.estimate(Time::from_millis(2_500)), None);
}

#[test]
fn of_a_feedback_that_misses_everything_no_more_is_told_than_could_be_repaired() {
    let mut estimator = Estimator::new(Limits::default());
    for number in 0..1_000 {
        estimator.sent(1_000, Time::from_millis(1_000 + number));
        estimator.carries(Carried {
            slot: 0,
            consumer: ConsumerId(1),
            sequence: number,
        });
    }
    let missing = |sequence| Status {
        sequence,
        arrival: None,
    };
    estimator.feedback((0..10).map(missing), Time::from_millis(2_000));
    assert_eq!(estimator.gone().len(), 10);
    estimator.feedback((0..1_000).map(missing), Time::from_millis(2_000));
    assert_eq!(estimator.gone().len(), MOST_GONE);
}
