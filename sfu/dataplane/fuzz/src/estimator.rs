//! The bandwidth estimator under feedback of any kind: what it says stays between what a path can carry at least and most.

use std::time::Duration;

use folkmoot_core::bandwidth::{Estimator, LEAST, Limits, MOST};
use folkmoot_core::rtcp::twcc::Status;
use folkmoot_core::rtcp::{Compound, Packet};
use folkmoot_core::time::Time;

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut estimator = Estimator::new(Limits::default());
    let mut now = Time::from_millis(1_000);
    while !input.is_empty() {
        match input.below(6) {
            0 => now += Duration::from_micros(u64::from(input.word()) * 16),
            1 => {
                for _ in 0..=input.byte() {
                    estimator.sent(usize::from(input.word()), now);
                    now += Duration::from_micros(u64::from(input.byte()));
                }
            }
            2 => estimator.receiver_estimate(input.long(), now),
            3 => estimator.want(input.long()),
            4 => reported(&mut estimator, &mut input, now),
            _ => told(&mut estimator, input.bytes(400), now),
        }
        estimator.poll(now);
        if let Some(estimate) = estimator.estimate(now) {
            assert!(
                (LEAST..=MOST).contains(&estimate),
                "an estimate of {estimate}"
            );
        }
    }
}

/// Plausible feedback: of packets that were sent, with times in order or not.
fn reported(estimator: &mut Estimator, input: &mut Input<'_>, now: Time) {
    let back = u16::from(input.byte());
    let first = estimator.next_number().wrapping_sub(back);
    let mut clock = i64::from(input.word()) * 64_000;
    let statuses: Vec<_> = (0..back)
        .map(|offset| {
            let step = input.byte();
            clock += i64::from(step as i8) * 250;
            let arrival = (step != 0x80).then_some(clock);
            Status {
                sequence: first.wrapping_add(offset),
                arrival,
            }
        })
        .collect();
    estimator.feedback(statuses.into_iter(), now);
}

/// Any feedback that can be read.
fn told(estimator: &mut Estimator, bytes: &[u8], now: Time) {
    let Ok(compound) = Compound::parse(bytes) else {
        return;
    };
    for packet in compound {
        if let Ok(Packet::Twcc(feedback)) = packet {
            estimator.feedback(feedback.statuses(), now);
        }
    }
}
