//! The whole engine: a sequence of commands, datagrams and steps of time, decoded from the bytes.
//!
//! Datagrams are sealed with the real keys, so that what the fuzzer writes reaches everything behind SRTP.

mod commands;
mod packets;
mod person;
mod world;

use std::time::Duration;

use crate::input::Input;
use world::World;

/// More operations find nothing new and make inputs slow.
const MAX_OPERATIONS: usize = 200;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = World::new();
    if input.flag() {
        commands::furnish(&mut world);
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
    match input.below(8) {
        0 => world.step(Duration::from_millis(input.byte().into())),
        1 => world.step(Duration::from_millis(u64::from(input.byte()) * 160)),
        2 => commands::execute(world, input),
        3 => packets::check(world, input),
        4 => packets::raw(world, input),
        5 => packets::feedback(world, input),
        6 => packets::burst(world, input),
        _ => packets::media(world, input),
    }
}
