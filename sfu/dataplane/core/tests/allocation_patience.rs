//! How a division changes over time: down at once, up with patience, and never up and down.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

use std::time::Duration;

use folkmoot_core::allocation::interest::{HOLD, Interest};
use folkmoot_core::allocation::standing::RIPE;
use folkmoot_core::allocation::tariff::{Expected, Shape, Tariff};
use folkmoot_core::allocation::{Budget, Planner, Row, Rungs, Standing};
use folkmoot_core::ladder::{Ladder, Layers};
use folkmoot_core::random::Random;
use folkmoot_core::spec::Content;
use folkmoot_core::time::Time;
use proptest::prelude::*;

const TICK: Duration = Duration::from_millis(250);
const MINUTE: Duration = Duration::from_secs(60);
const SHAPE: Shape = Shape {
    spatial: 3,
    temporal: 3,
};

fn noisy(random: &mut Random, value: u64, percent: u64) -> u64 {
    if percent == 0 {
        return value;
    }
    let swing = random.next() % (2 * percent + 1);
    value * (100 - percent + swing) / 100
}

/// Some cameras on one transport, planned for every 250 ms as the engine does.
struct Room {
    rows: Vec<Row>,
    tariffs: Vec<Tariff>,
    planner: Planner,
    random: Random,
    noise: u64,
    budget: u64,
    now: Time,
    switches: Vec<Vec<Time>>,
}

impl Room {
    fn new(people: u32, noise: u64, seed: u64) -> Self {
        let row = |age| Row {
            key: age as usize,
            age,
            weight: 100,
            rungs: Rungs::default(),
            most: Layers::HIGHEST,
            standing: Standing::default(),
        };
        Self {
            rows: (0..people).map(row).collect(),
            tariffs: vec![Tariff::default(); people as usize],
            planner: Planner::default(),
            random: Random::new(seed),
            noise,
            budget: 0,
            now: Time::from_millis(10_000),
            switches: vec![Vec::new(); people as usize],
        }
    }

    fn measure(&mut self) -> Ladder {
        let mut ladder = Ladder::default();
        for (spatial, rate) in (0..).zip([100_000, 300_000, 900_000]) {
            let rate = noisy(&mut self.random, rate, self.noise);
            for (temporal, percent) in (0..).zip([40, 60, 100]) {
                ladder.set(Layers { spatial, temporal }, rate * percent / 100);
            }
        }
        ladder
    }

    fn step(&mut self, budget: u64) {
        self.now += TICK;
        for index in 0..self.rows.len() {
            let measured = self.measure();
            self.tariffs[index].update(&measured, Expected::default(), SHAPE, self.now);
        }
        for row in &mut self.rows {
            row.rungs = Rungs::new(self.tariffs[row.key].ladder(), row.most, Content::Camera);
        }
        let before = self.given();
        let changed = Budget {
            now: budget,
            before: std::mem::replace(&mut self.budget, budget),
        };
        self.planner.plan(Some(changed), &mut self.rows, self.now);
        for (key, (before, after)) in before.iter().zip(self.given()).enumerate() {
            if before.is_some() && *before != after {
                self.switches[key].push(self.now);
            }
        }
    }

    fn run(&mut self, duration: Duration, mut budget: impl FnMut(&mut Random) -> u64) {
        let end = self.now + duration;
        while self.now < end {
            let budget = budget(&mut self.random);
            self.step(budget);
        }
    }

    fn given(&self) -> Vec<Option<Option<Layers>>> {
        let mut given = vec![None; self.rows.len()];
        for row in &self.rows {
            given[row.key] = row.given();
        }
        given
    }

    fn spatial(&self, key: usize) -> i32 {
        self.given()[key]
            .unwrap()
            .map_or(-1, |layers| layers.spatial.into())
    }

    /// The most switches one consumer had within any minute after `since`.
    fn worst_minute(&self, since: Time) -> usize {
        let minute = |switches: &Vec<Time>| {
            let late = switches.iter().filter(|at| **at > since);
            late.clone()
                .map(|begin| {
                    late.clone()
                        .filter(|at| *at >= begin && **at < *begin + MINUTE)
                        .count()
                })
                .max()
                .unwrap_or(0)
        };
        self.switches.iter().map(minute).max().unwrap_or(0)
    }
}

#[test]
fn down_at_once_and_up_after_a_moment_with_headroom() {
    let mut room = Room::new(1, 0, 1);
    room.step(2_000_000);
    assert_eq!(room.spatial(0), 2);
    room.step(350_000);
    assert_eq!(room.spatial(0), 1, "at once");
    room.step(2_000_000);
    assert_eq!(room.spatial(0), 1, "not yet");
    let began = room.now;
    while room.spatial(0) < 2 {
        room.step(2_000_000);
    }
    assert!(room.now.since(began) >= RIPE && room.now.since(began) <= RIPE + TICK * 2);
    room.step(300_000);
    let level = room.given();
    room.run(MINUTE, |_| 320_000);
    assert_eq!(
        room.given(),
        level,
        "a little more than it costs is no reason to switch"
    );
}

#[test]
fn a_steep_fall_goes_below_the_estimate_at_once_instead_of_after_it() {
    let cost = |room: &Room| {
        room.rows[0]
            .rungs
            .rate(room.rows[0].rungs.level(room.given()[0].unwrap()))
    };
    let mut room = Room::new(1, 0, 1);
    room.run(Duration::from_secs(5), |_| 2_000_000);
    room.step(300_000);
    assert!(cost(&room) <= 300_000 * 100 / 160, "the queue drains");
    let given = room.given();
    room.step(240_000);
    room.step(200_000);
    assert_eq!(
        room.given(),
        given,
        "and what comes after is no further switch"
    );
}

#[test]
fn an_upgrade_taken_back_is_tried_again_ever_later() {
    let mut room = Room::new(1, 0, 1);
    room.run(Duration::from_secs(5), |_| 500_000);
    assert_eq!(room.spatial(0), 1);
    let mut ups = Vec::new();
    // A path that looks wider than it is: as soon as the top layer flows, it turns out not to fit.
    while ups.len() < 4 {
        let before = room.spatial(0);
        room.step(if before == 2 { 500_000 } else { 730_000 });
        if room.spatial(0) > before {
            ups.push(room.now);
        }
    }
    let waits: Vec<_> = ups
        .windows(2)
        .map(|pair| pair[1].since(pair[0]).as_secs())
        .collect();
    assert!(
        waits[0] >= 60 && waits[1] >= 2 * 60 && waits[2] >= 4 * 60,
        "{waits:?}"
    );
}

#[test]
fn a_dip_of_the_path_is_no_failed_upgrade() {
    let mut room = Room::new(1, 0, 1);
    room.run(Duration::from_secs(10), |_| 400_000);
    room.run(Duration::from_secs(10), |_| 2_000_000);
    assert_eq!(room.spatial(0), 2);
    room.run(Duration::from_secs(10), |_| 150_000);
    assert_eq!(room.spatial(0), 0);
    room.run(Duration::from_secs(3), |_| 2_000_000);
    assert_eq!(room.spatial(0), 2, "back as soon as the path is");
}

#[test]
fn a_speaker_is_raised_at_the_cost_of_the_others() {
    let mut room = Room::new(4, 0, 1);
    room.run(Duration::from_secs(5), |_| 1_400_000);
    assert_eq!(
        (0..4).map(|key| room.spatial(key)).collect::<Vec<_>>(),
        vec![1; 4]
    );
    room.rows
        .iter_mut()
        .find(|row| row.key == 3)
        .unwrap()
        .weight = 140;
    room.run(RIPE + TICK * 3, |_| 1_400_000);
    assert_eq!(room.spatial(3), 2);
    let less = |key| [0, 1].contains(&room.spatial(key));
    assert!((0..3).all(less), "less, and not nothing");
}

#[test]
fn whoever_asks_for_more_has_it_at_once_if_it_fits() {
    let mut room = Room::new(1, 0, 1);
    room.rows[0].most = Layers {
        spatial: 0,
        temporal: 2,
    };
    room.run(Duration::from_secs(5), |_| 2_000_000);
    assert_eq!(room.spatial(0), 0);
    room.rows[0].most = Layers::HIGHEST;
    room.rows[0].standing.pardon();
    room.step(2_000_000);
    assert_eq!(room.spatial(0), 2);
}

#[test]
fn twenty_cameras_share_a_path_that_narrows_and_widens_and_nobody_starves() {
    let mut room = Room::new(20, 10, 7);
    room.run(Duration::from_secs(20), |random| {
        noisy(random, 2_000_000, 8)
    });
    assert!((0..20).all(|key| room.spatial(key) >= 0));
    room.run(Duration::from_secs(20), |random| noisy(random, 300_000, 8));
    assert!(
        (0..20).filter(|key| room.spatial(*key) == 0).count() >= 6,
        "as many as fit"
    );
    let began = room.now;
    room.run(Duration::from_secs(5), |random| noisy(random, 2_000_000, 8));
    assert!(
        (0..20).all(|key| room.spatial(key) >= 0),
        "all back within five seconds"
    );
    room.run(MINUTE * 10, |random| noisy(random, 2_000_000, 8));
    assert!(room.worst_minute(began + Duration::from_secs(10)) <= 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn steady_conditions_make_at_most_two_switches_a_minute(
        seed in any::<u64>(), people in 1u32..21, budget in 100_000u64..6_000_000, noise in 0u64..16, wobble in 0u64..11,
    ) {
        let mut room = Room::new(people, noise, seed);
        room.run(MINUTE * 6, |random| noisy(random, budget, wobble));
        let worst = room.worst_minute(Time::ZERO);
        prop_assert!(worst <= 2, "{worst} switches within a minute");
    }
}

#[test]
fn a_layer_nobody_wants_is_told_after_a_hold_and_at_once_when_wanted_again() {
    let mut now = Time::from_millis(1_000);
    let mut interest = Interest::new(3, now);
    assert_eq!(
        interest.update(0b111, now),
        None,
        "all flow from the beginning"
    );
    assert_eq!(interest.due(), Time::FAR);
    now += TICK;
    assert_eq!(interest.update(0b001, now), None);
    assert_eq!(interest.due(), now + HOLD);
    assert_eq!(interest.update(0b001, now + HOLD - TICK), None);
    now += HOLD;
    assert_eq!(interest.update(0b001, now), Some(0b001));
    assert_eq!(interest.asleep(), 0b110);
    assert_eq!(interest.due(), Time::FAR);
    now += TICK * 100;
    assert_eq!(interest.update(0b101, now), Some(0b101), "at once");
    assert_eq!((interest.asleep(), interest.returning(now)), (0b010, 0b100));
    assert_eq!(interest.returning(now + MINUTE), 0);
}

#[test]
fn a_layer_wanted_again_within_the_hold_is_never_told_to_stop() {
    let mut now = Time::from_millis(1_000);
    let mut interest = Interest::new(3, now);
    for round in 0..100 {
        let wanted = if round % 2 == 0 { 0b001 } else { 0b111 };
        assert_eq!(interest.update(wanted, now), None);
        now += HOLD - TICK;
    }
    now += HOLD * 2;
    interest.update(0, now);
    assert_eq!(interest.update(0, now + HOLD), Some(0), "nothing at all");
}
