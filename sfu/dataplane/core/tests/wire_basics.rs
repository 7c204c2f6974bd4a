//! Time, names, classes of datagrams and wrap-around.
#![allow(
    clippy::unwrap_used,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::demux::{Class, classify};
use folkmoot_core::id::{Mid, Rid};
use folkmoot_core::sequence::{SequenceUnwrapper, TimestampUnwrapper};
use folkmoot_core::time::{Ntp, Time, from_compact, round_trip, to_compact};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn time_saturates_at_both_ends() {
    let second = Duration::from_secs(1);
    assert_eq!(Time::ZERO - second, Time::ZERO);
    assert_eq!(Time::FAR + second, Time::FAR);
    assert_eq!(Time::ZERO + Duration::MAX, Time::FAR);
    assert_eq!(Time::ZERO - Time::from_millis(5), Duration::ZERO);
    assert_eq!(
        Time::from_millis(5) - Time::from_micros(4_999),
        Duration::from_micros(1)
    );
}

#[test]
fn abs_send_time_counts_in_6_18_and_wraps_after_64_seconds() {
    assert_eq!(Time::from_millis(1_000).abs_send_time(), 1 << 18);
    assert_eq!(Time::from_millis(63_500).abs_send_time(), 0xfe_0000);
    assert_eq!(Time::from_millis(64_000).abs_send_time(), 0);
    assert!(Time::FAR.abs_send_time() <= 0xff_ffff);
}

#[test]
fn ntp_starts_in_1900_and_goes_on_after_its_era() {
    assert_eq!(
        Ntp::from_unix(Duration::ZERO).to_bits(),
        2_208_988_800 << 32
    );
    let before = Ntp::from_bits(u64::MAX);
    let after = before + Duration::from_secs(2);
    assert!(after < before, "the number wraps");
    assert_eq!(after.since(before).as_secs(), 2);
    assert_eq!(before.since(after), Duration::ZERO);
}

#[test]
fn the_example_of_rfc_3550_gives_its_round_trip() {
    // Section 6.4.1, figure 2: 0xb710:8000 - 0xb705:2000 - 5.250 s = 6.125 s.
    let now = Ntp::from_bits(0x0000_b710_8000_0000);
    assert_eq!(
        round_trip(now, 0xb705_2000, 0x0005_4000),
        Some(Duration::from_millis(6_125))
    );
}

#[test]
fn a_round_trip_needs_a_report_and_time_that_runs_forward() {
    let now = Ntp::from_bits(0x0000_0010_0000_0000);
    assert_eq!(round_trip(now, 0, 5), None);
    assert_eq!(round_trip(now, 0x0010_0000, 1), None);
}

#[test]
fn names_are_short_and_of_allowed_bytes() {
    assert_eq!(Mid::new("0").unwrap().as_str(), "0");
    assert_eq!(
        Mid::new("sixteen-bytes-ok").unwrap().to_string(),
        "sixteen-bytes-ok"
    );
    assert!(Mid::new("seventeen-bytes-x").is_none());
    assert!(Mid::new("").is_none());
    assert!(Mid::new("a b").is_none());
    assert!(Mid::new(b"\xffmid").is_none());
    assert!(Mid::new("audio.1").is_some());
    assert!(Rid::new("r0").is_some());
    assert!(Rid::new("audio.1").is_none());
    assert_eq!(format!("{:?}", Rid::new("hi").unwrap()), "Rid(hi)");
}

#[test]
fn datagrams_are_told_apart_by_rfc_7983_and_rfc_5761() {
    for first in 0..=u8::MAX {
        let expected = match first {
            0..=3 => Class::Stun,
            20..=63 => Class::Dtls,
            128..=191 => Class::Rtp,
            _ => Class::Unknown,
        };
        assert_eq!(classify(&[first, 0]), expected, "{first}");
    }
    for second in 0..=u8::MAX {
        let rtcp = (192..=223).contains(&second);
        let expected = if rtcp { Class::Rtcp } else { Class::Rtp };
        assert_eq!(classify(&[0x80, second]), expected, "{second}");
    }
}

#[test]
fn an_empty_datagram_and_a_lone_rtp_byte_are_unknown() {
    assert_eq!(classify(&[]), Class::Unknown);
    assert_eq!(classify(&[0x80]), Class::Unknown);
}

#[test]
fn a_packet_older_than_the_first_one_has_a_number_too() {
    let mut unwrapper = SequenceUnwrapper::new();
    let first = unwrapper.unwrap(0);
    assert_eq!(unwrapper.unwrap(0xffff), first - 1);
    assert_eq!(unwrapper.unwrap(1), first + 1);
    assert_eq!(unwrapper.highest(), Some(first + 1));
}

#[test]
fn peeking_changes_nothing() {
    let mut unwrapper = TimestampUnwrapper::new();
    let first = unwrapper.unwrap(u32::MAX);
    assert_eq!(unwrapper.peek(0), first + 1);
    assert_eq!(unwrapper.highest(), Some(first));
}

proptest! {
    #[test]
    fn sequences_stay_continuous_over_wraps_and_reordering(
        start: u16,
        steps in proptest::collection::vec((0u64..3_000, -1_000i64..=0), 1..400),
    ) {
        let mut unwrapper = SequenceUnwrapper::new();
        let mut head = 65_536 + u64::from(start);
        prop_assert_eq!(unwrapper.unwrap(start), head);
        for (forward, back) in steps {
            head += forward;
            prop_assert_eq!(unwrapper.unwrap(head as u16), head);
            let late = head.saturating_add_signed(back);
            prop_assert_eq!(unwrapper.unwrap(late as u16), late);
            prop_assert_eq!(unwrapper.highest(), Some(head));
        }
    }

    #[test]
    fn timestamps_stay_continuous_over_wraps_and_reordering(
        start: u32,
        steps in proptest::collection::vec((0u64..1 << 30, -(1i64 << 29)..=0), 1..400),
    ) {
        let mut unwrapper = TimestampUnwrapper::new();
        let mut head = (1 << 32) + u64::from(start);
        prop_assert_eq!(unwrapper.unwrap(start), head);
        for (forward, back) in steps {
            head += forward;
            prop_assert_eq!(unwrapper.unwrap(head as u32), head);
            let late = head.saturating_add_signed(back);
            prop_assert_eq!(unwrapper.unwrap(late as u32), late);
        }
    }

    #[test]
    fn sequences_never_panic(values: Vec<u16>) {
        let mut unwrapper = SequenceUnwrapper::new();
        for value in values {
            prop_assert_eq!(unwrapper.unwrap(value) as u16, value);
        }
    }

    #[test]
    fn ntp_adds_and_subtracts_exactly_to_the_nanosecond(bits: u64, nanos in 0u64..1 << 60) {
        let duration = Duration::from_nanos(nanos);
        let start = Ntp::from_bits(bits);
        prop_assert_eq!((start + duration).since(start), duration);
    }

    #[test]
    fn compact_durations_are_right_to_a_unit(micros in 0u64..65_000_000_000) {
        let duration = Duration::from_micros(micros);
        let back = from_compact(to_compact(duration));
        prop_assert!(back <= duration);
        prop_assert!(duration - back <= Duration::from_nanos(15_260));
    }
}
