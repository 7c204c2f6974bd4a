//! The whole engine: a sequence of commands, datagrams and steps of time, decoded from the bytes.
//!
//! Datagrams are sealed with the real keys, so that what the fuzzer writes reaches everything behind SRTP.

mod commands;
mod layered;
mod packets;
mod person;
mod world;

use std::time::Duration;

use crate::input::Input;
use world::World;

/// From this byte on a room has streams with layers too.
const LAYERED_ROOM: u8 = 0xc0;
/// More operations find nothing new and make inputs slow.
const MAX_OPERATIONS: usize = 200;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = World::new();
    let room = input.byte();
    if room & 1 == 1 || room >= LAYERED_ROOM {
        commands::furnish(&mut world);
    }
    if room >= LAYERED_ROOM {
        layered::furnish(&mut world);
    }
    for _ in 0..MAX_OPERATIONS {
        if input.is_empty() {
            break;
        }
        operate(&mut world, &mut input);
    }
    world.step(Duration::from_secs(3));
    world.empty();
}

fn operate(world: &mut World, input: &mut Input<'_>) {
    // The larger bytes mean what was added later, so that the seeds of before still say what they said.
    let operation = match input.byte() {
        added @ 0xe0.. => added >> 4,
        byte => byte % 8,
    };
    match operation {
        0 => world.step(Duration::from_millis(input.byte().into())),
        1 => world.step(Duration::from_millis(u64::from(input.byte()) * 160)),
        2 => commands::execute(world, input),
        3 => packets::check(world, input),
        4 => packets::raw(world, input),
        5 => packets::feedback(world, input),
        6 => packets::burst(world, input),
        0xe => layered::burst(world, input),
        0xf => packets::arrivals(world, input),
        _ => packets::media(world, input),
    }
}
