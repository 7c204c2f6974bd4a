//! Packets are left to gather where many come alone, and nowhere else.

use folkmoot_core::gathering::Gathering;
use folkmoot_core::time::Time;
use proptest::prelude::*;
use std::time::Duration;

/// Packets at a steady rate for a second.
fn after_a_second(gathering: &mut Gathering, from: u64, rate: u64) -> Duration {
    for tick in 1..=100 {
        gathering.count(
            from * rate + rate * tick / 100,
            Time::from_millis(from * 1000 + tick * 10),
        );
    }
    gathering.pause()
}

#[test]
fn one_camera_and_one_voice_are_forwarded_at_once() {
    assert_eq!(
        after_a_second(&mut Gathering::default(), 0, 350),
        Duration::ZERO
    );
}

#[test]
fn twenty_voices_wait_for_one_another() {
    assert_eq!(
        after_a_second(&mut Gathering::default(), 0, 1000),
        Duration::from_millis(2)
    );
}

#[test]
fn the_wait_ends_with_the_packets() {
    let mut gathering = Gathering::default();
    assert!(!after_a_second(&mut gathering, 0, 1000).is_zero());
    gathering.count(1000, Time::from_millis(1200));
    assert_eq!(gathering.pause(), Duration::ZERO);
}

proptest! {
    #[test]
    fn nobody_waits_longer_than_four_packets_take_or_two_milliseconds(rate in 0u64..1_000_000) {
        let pause = after_a_second(&mut Gathering::default(), 0, rate);
        prop_assert!(pause <= Duration::from_millis(2));
        prop_assert!(pause.as_micros() <= 4_200_000 / u128::from(rate.max(1)));
    }

    #[test]
    fn no_clock_and_no_count_is_too_odd(steps in prop::collection::vec((any::<u64>(), any::<u64>()), 0..50)) {
        let mut gathering = Gathering::default();
        for (media, micros) in steps {
            gathering.count(media, Time::from_micros(micros));
            prop_assert!(gathering.pause() <= Duration::from_millis(2));
        }
    }
}
