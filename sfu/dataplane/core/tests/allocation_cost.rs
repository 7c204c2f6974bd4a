//! Plans cost no memory once they have been made once.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use folkmoot_core::allocation::{Budget, Planner, Row, Rungs, Standing};
use folkmoot_core::ladder::{Ladder, Layers};
use folkmoot_core::spec::Content;
use folkmoot_core::time::Time;
use folkmoot_core::transport::MAX_CONSUMERS;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_transport_with_as_many_consumers_as_it_may_have_is_planned_without_an_allocation() {
    let mut ladder = Ladder::default();
    for (spatial, rate) in (0..).zip([100_000, 300_000, 900_000]) {
        for (temporal, percent) in (0..).zip([40, 60, 100]) {
            ladder.set(Layers { spatial, temporal }, rate * percent / 100);
        }
    }
    let row = |key: usize| Row {
        key,
        age: key as u32,
        weight: 100 + (key % 7) as u16,
        rungs: Rungs::new(&ladder, Layers::HIGHEST, Content::Camera),
        most: Layers::HIGHEST,
        standing: Standing::default(),
    };
    let mut rows: Vec<_> = (0..MAX_CONSUMERS).map(row).collect();
    let mut planner = Planner::default();
    let mut plan = |budget: u64, at: u64| {
        planner.plan(
            Some(Budget::steady(budget)),
            &mut rows,
            Time::from_millis(at),
        );
    };
    plan(100_000_000, 1_000);
    let before = ALLOCATIONS.get();
    for round in 1..20 {
        plan(100_000_000 / round, 1_000 + round * 250);
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
