//! Whole meetings over bad roads, on a virtual clock: does the estimate find the link, does the queue stay short, does the
//! picture move? With `FOLKMOOT_TRACES` set to a folder, each leaves its trace there.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::time::Duration;

use support::bad_road::BadRoad;
use support::lane::Weather;

const USUAL: [u64; 3] = [100_000, 300_000, 900_000];
/// What the highest encoding of one camera takes: nobody probes for more.
const NEEDED: u64 = 800_000;

fn road(rate: u64) -> Weather {
    Weather {
        rate,
        queue_ms: 1_000,
        delay_ms: 25,
        ..Weather::default()
    }
}

#[test]
fn the_estimate_follows_a_link_down_and_up_again() {
    let mut meeting = BadRoad::new(1, 2, USUAL, road(2_000_000));
    meeting.run(15);
    meeting.weather(road(300_000));
    meeting.run(15);
    meeting.weather(road(2_000_000));
    meeting.run(20);
    meeting.save("step");
    let found = meeting
        .between(14.0, 15.0)
        .map(|m| m.estimate)
        .max()
        .unwrap();
    assert!((1_700_000..2_300_000).contains(&found), "{found}");
    let queue = meeting
        .between(17.0, 30.0)
        .map(|m| m.queue_ms)
        .max()
        .unwrap();
    assert!(queue < 200, "{queue} ms two seconds after the step down");
    let again = meeting
        .between(37.5, 38.5)
        .map(|m| m.estimate)
        .max()
        .unwrap();
    assert!(
        again >= 1_700_000,
        "{again} eight seconds after the step up"
    );
    assert!(
        meeting.frozen(17, 50) <= 5,
        "{} % frozen",
        meeting.frozen(17, 50)
    );
}

/// A minute over a link with room for everything, but that loses, overtakes or doubles.
fn rough(name: &str, weather: Weather) -> BadRoad {
    let mut meeting = BadRoad::new(7, 1, USUAL, weather);
    meeting.run(60);
    meeting.save(name);
    meeting
}

fn lossy(loss: u64) -> Weather {
    Weather {
        loss,
        delay_ms: 50,
        ..road(20_000_000)
    }
}

#[test]
fn loss_that_is_not_ours_is_repaired_and_does_not_take_the_estimate_away() {
    for (loss, frozen) in [(50, 2), (100, 6), (200, 25)] {
        let meeting = rough(&format!("loss-{}", loss / 10), lossy(loss));
        let estimate = meeting
            .between(30.0, 60.0)
            .map(|m| m.estimate)
            .min()
            .unwrap();
        assert!(
            estimate >= NEEDED,
            "{estimate} at {loss} in a thousand lost"
        );
        let seen = meeting.frozen(10, 60);
        assert!(
            seen <= frozen,
            "{seen} % frozen at {loss} in a thousand lost"
        );
        let lowest = meeting
            .between(30.0, 60.0)
            .map(|m| m.layers.0)
            .min()
            .unwrap();
        assert_eq!(lowest, 2, "at {loss} in a thousand lost");
    }
}

#[test]
fn loss_in_bursts_costs_pictures_and_not_the_estimate() {
    let meeting = rough(
        "bursts",
        Weather {
            burst: 8,
            ..lossy(50)
        },
    );
    assert!(
        meeting.frozen(10, 60) <= 5,
        "{} % frozen",
        meeting.frozen(10, 60)
    );
    assert!(meeting.between(30.0, 60.0).all(|m| m.estimate >= NEEDED));
}

#[test]
fn what_is_overtaken_or_comes_twice_is_no_congestion() {
    let meeting = rough(
        "reordered",
        Weather {
            loss: 0,
            reorder: 50,
            jitter_ms: 50,
            duplicate: 10,
            ..lossy(0)
        },
    );
    assert!(meeting.between(20.0, 60.0).all(|m| m.estimate >= NEEDED));
    assert_eq!(meeting.frozen(10, 60), 0);
    assert!(meeting.between(20.0, 60.0).all(|m| m.layers == (2, 2)));
}

#[test]
fn a_steady_link_makes_at_most_two_switches_a_minute() {
    for rate in [250_000, 500_000, 800_000, 1_400_000, 3_000_000] {
        let mut meeting = BadRoad::new(rate, 2, USUAL, road(rate));
        meeting.run(150);
        meeting.save(&format!("steady-{}", rate / 1000));
        for minute in [30.0, 60.0, 90.0] {
            let spatial: Vec<_> = meeting
                .between(minute, minute + 60.0)
                .map(|m| m.layers.0)
                .collect();
            let switches = spatial.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(switches <= 2, "{switches} from {minute} s on at {rate}");
        }
    }
}

#[test]
fn nobody_starves_among_twenty() {
    let mut meeting = BadRoad::new(3, 20, USUAL, road(4_000_000));
    meeting.run(30);
    meeting.save("twenty");
    let now = meeting.network.now;
    for (ssrc, eye) in &meeting.viewer.eyes {
        let frozen = eye.frozen(now - Duration::from_secs(15), now);
        assert!(frozen < Duration::from_secs(1), "{ssrc}: {frozen:?}");
    }
}

#[test]
fn sound_is_heard_and_pictures_move_while_the_link_is_choked() {
    let mut meeting = BadRoad::new(5, 2, USUAL, road(2_000_000));
    meeting.speak();
    meeting.run(15);
    meeting.weather(road(300_000));
    meeting.run(30);
    meeting.weather(road(2_000_000));
    meeting.run(20);
    meeting.save("sound");
    let (delays, said) = meeting.heard(17, 45);
    assert!(
        delays.len() * 100 >= said * 99,
        "{} of {said}",
        delays.len()
    );
    let longest = delays.last().unwrap();
    assert!(*longest < Duration::from_millis(25 + 200), "{longest:?}");
    let frozen = meeting.frozen(18, 65);
    assert!(frozen <= 3, "{frozen} % frozen");
    for moment in meeting.between(25.0, 45.0) {
        assert!((200_000..330_000).contains(&moment.estimate), "{moment:?}");
    }
    let again = meeting.between(52.5, 53.5).map(|m| m.estimate).max();
    assert!(again >= Some(1_700_000), "{again:?} eight seconds after");
}

/// What it takes to begin anew: nothing flows that anybody could tell of, so nothing is heard of a path that got better.
#[test]
fn an_estimate_with_room_for_sound_alone_is_not_for_good() {
    let mut meeting = BadRoad::new(6, 1, USUAL, road(60_000));
    meeting.speak();
    meeting.run(20);
    meeting.weather(road(2_000_000));
    meeting.run(20);
    let again = meeting.between(30.0, 40.0).map(|m| m.estimate).max();
    assert!(again >= Some(NEEDED), "{again:?}");
    let frozen = meeting.frozen(30, 40);
    assert_eq!(frozen, 0, "% frozen");
}
