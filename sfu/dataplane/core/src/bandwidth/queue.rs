//! How much lies on the way: what a round trip takes longer than the shortest of late.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Time;

/// The shortest round trip is that of so long: a path may change.
const MEMORY: Duration = Duration::from_secs(20);
/// Candidates for the shortest are so far apart at least.
const STEP: Duration = Duration::from_millis(50);
/// How many there are at most.
#[cfg(test)]
const MOST_CANDIDATES: usize = (MEMORY.as_millis() / STEP.as_millis()) as usize + 1;
/// For so long what was measured is believed to be so still: feedback comes so often.
const CONFIRMED: Duration = Duration::from_millis(200);
/// Less is jitter, and the time a receiver waits before it tells.
const NOTHING: Duration = Duration::from_millis(120);
/// What lies on the way is to be gone after so long.
const DRAIN: f64 = 1.0;
/// Something goes on in the meantime.
const LEAST_SHARE: f64 = 0.2;

/// Round trips of late.
#[derive(Debug, Default)]
pub struct Queue {
    /// Rising in both: candidates for the shortest; bounded by the memory and the step.
    shortest: VecDeque<(Time, Duration)>,
    latest: Duration,
    measured: Time,
}

impl Queue {
    /// A round trip was measured.
    pub fn measure(&mut self, round_trip: Duration, now: Time) {
        (self.latest, self.measured) = (round_trip, now);
        while self
            .shortest
            .back()
            .is_some_and(|(_, other)| *other >= round_trip)
        {
            self.shortest.pop_back();
        }
        // One just as new that is shorter will do.
        if self
            .shortest
            .back()
            .is_none_or(|(at, _)| now.since(*at) >= STEP)
        {
            self.shortest.push_back((now, round_trip));
        }
        while self
            .shortest
            .front()
            .is_some_and(|(at, _)| now.since(*at) > MEMORY)
        {
            self.shortest.pop_front();
        }
    }

    /// What is waiting on the way; zero when it may be jitter. What was seen and not confirmed since has been emptying.
    pub fn length(&self, now: Time) -> Duration {
        let shortest = self
            .shortest
            .front()
            .map_or(self.latest, |(_, shortest)| *shortest);
        let emptied = now.since(self.measured).saturating_sub(CONFIRMED);
        let length = self.latest.saturating_sub(shortest + emptied);
        if length > NOTHING {
            length
        } else {
            Duration::ZERO
        }
    }

    /// The share of a rate that may be used so that the queue empties soon.
    pub fn share(&self, now: Time) -> f64 {
        (1.0 - self.length(now).as_secs_f64() / DRAIN).max(LEAST_SHARE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_queue_leaves_room_to_empty_and_a_short_one_takes_none() {
        let mut queue = Queue::default();
        let measure = |queue: &mut Queue, at: u64, millis: u64| {
            queue.measure(Duration::from_millis(millis), Time::from_millis(at));
            queue.share(Time::from_millis(at))
        };
        assert_eq!(measure(&mut queue, 0, 50), 1.0);
        assert_eq!(measure(&mut queue, 100, 150), 1.0);
        assert_eq!(measure(&mut queue, 200, 550), 0.5);
        assert_eq!(measure(&mut queue, 300, 5_000), LEAST_SHARE);
        // A longer way for longer than the memory is the way.
        for at in 1..250 {
            measure(&mut queue, 300 + at * 100, 550);
        }
        assert_eq!(queue.length(Time::from_millis(25_200)), Duration::ZERO);
    }

    #[test]
    fn a_round_trip_that_only_grows_fills_no_memory() {
        let (mut queue, mut most) = (Queue::default(), 0);
        for micros in 0..60_000 {
            let now = Time::from_millis(micros);
            queue.measure(Duration::from_micros(micros), now);
            most = most.max(queue.shortest.len());
        }
        assert_eq!(most, MOST_CANDIDATES);
    }

    #[test]
    fn a_queue_that_nobody_tells_of_any_more_empties() {
        let mut queue = Queue::default();
        queue.measure(Duration::from_millis(50), Time::from_millis(0));
        queue.measure(Duration::from_millis(1_050), Time::from_millis(100));
        let length = |at| queue.length(Time::from_millis(at)).as_millis();
        assert_eq!(
            [length(100), length(300), length(800), length(1_300)],
            [1_000, 1_000, 500, 0]
        );
    }
}
