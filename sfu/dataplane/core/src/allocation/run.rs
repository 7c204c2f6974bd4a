//! The allocation of a running meeting: from the tables into a plan and back.

use std::time::Duration;

use super::demand::Demand;
use super::plan::{Budget, Planner, Row};
use super::rungs::Rungs;
use crate::consumer::Consumer;
use crate::egress::tell_change;
use crate::ingress::want_keyframe;
use crate::io::{Event, LayerReason};
use crate::ladder::Layers;
use crate::layer::Active;
use crate::output::Output;
use crate::producer::Producer;
use crate::resend::{with_repairs, without_repairs};
use crate::spec::Kind;
use crate::tables::Tables;
use crate::time::Time;

/// Between two plans for a transport, unless something is asked for.
const INTERVAL: Duration = Duration::from_millis(250);
/// The same where there is no estimate: only sizes of pictures can have changed.
const CALM_INTERVAL: Duration = Duration::from_secs(1);
/// What is set aside for sound wherever there is any, in bits per second: one voice, though nobody speaks right now.
const LEAST_SOUND: u64 = 40_000;

/// What the estimate has to reach so that everything is given with headroom to spare, in percent of what it costs: a
/// little more than the plan asks for, as estimates waver.
const WANTED_PERCENT: u64 = 125;

/// When a transport is planned for next, and whether something but bandwidth has changed since the last time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    due: Time,
    stirred: bool,
    budget: u64,
}

impl Pace {
    /// The path carries much less than it did: plan now.
    pub fn advance(&mut self) {
        self.due = Time::ZERO;
    }

    /// Consumers came, went, or want something else: plan anew, and without grudge.
    pub fn stir(&mut self) {
        self.due = Time::ZERO;
        self.stirred = true;
    }
}

/// Memory that plans are made in.
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<Row>,
    planner: Planner,
}

impl Tables {
    /// Divide what a transport's path carries over its consumers, if that is due. Returns when it is due next.
    pub fn poll_allocation(
        &mut self,
        slot: usize,
        scratch: &mut Scratch,
        out: &mut Output,
        now: Time,
    ) -> Time {
        let Some(transport) = self.transports.get_mut(slot) else {
            return Time::FAR;
        };
        if transport.consumers.is_empty() || !transport.can_send() {
            return Time::FAR;
        }
        if now < transport.pace.due {
            return transport.pace.due;
        }
        // Without feedback too: what was learnt fades, and what waits is to follow.
        transport.sending.adjust(now);
        let estimate = transport.sending.estimate(now);
        let interval = estimate.map_or(CALM_INTERVAL, |_| INTERVAL);
        let stirred = std::mem::take(&mut transport.pace.stirred);
        transport.pace.due = now + interval;
        let sound = self.gather(slot, stirred, &mut scratch.rows, now);
        self.want(slot, sound, &scratch.rows);
        let budget = self.budget(slot, estimate, sound);
        scratch.planner.plan(budget, &mut scratch.rows, now);
        for row in &scratch.rows {
            self.apply(row, estimate, out);
        }
        now + interval
    }

    /// What is left of the estimate for pictures, with room to send again what is lost of them: where there is none,
    /// repairs are refused, and a picture of a higher layer stands still.
    fn budget(&mut self, slot: usize, estimate: Option<u64>, sound: u64) -> Option<Budget> {
        let transport = self.transports.get_mut(slot)?;
        let left = estimate?.saturating_sub(sound);
        let now = without_repairs(left, transport.sending.lost());
        let pace = &mut transport.pace;
        let before = std::mem::replace(&mut pace.budget, now);
        Some(Budget { now, before })
    }

    /// Tell the estimator what would be sent if there were room for all of it, and the room it takes to be given that:
    /// it probes for nothing else.
    fn want(&mut self, slot: usize, sound: u64, rows: &[Row]) {
        let top = |row: &Row| row.rungs.rate(row.rungs.top());
        let wanted = rows.iter().map(top).fold(sound, u64::saturating_add);
        if let Some(transport) = self.transports.get_mut(slot) {
            let wanted = with_repairs(wanted, transport.sending.lost());
            let wanted = wanted.saturating_mul(WANTED_PERCENT) / 100;
            transport.sending.want(wanted);
        }
    }

    /// One row for each video that may flow on the transport. Returns the bits per second that its sound takes.
    fn gather(&mut self, slot: usize, stirred: bool, rows: &mut Vec<Row>, now: Time) -> u64 {
        rows.clear();
        let Some(transport) = self.transports.get(slot) else {
            return 0;
        };
        let (mut sound, mut least) = (0u64, 0);
        for slot in &transport.consumers {
            let Some(consumer) = self.consumers.get_mut(*slot) else {
                continue;
            };
            let Some(producer) = self.producers.get_mut(consumer.producer) else {
                continue;
            };
            let Some(wanted) = consumer.wanted().filter(|_| !producer.paused) else {
                let aim = consumer.wanted().map(|wanted| wanted.spatial);
                producer.aim(&mut consumer.demand, aim);
                continue;
            };
            if producer.kind == Kind::Audio {
                producer.aim(&mut consumer.demand, Some(0));
                sound = sound.saturating_add(consumer.counters.bitrate.get(now));
                least = LEAST_SOUND;
                continue;
            }
            rows.push(row(*slot, consumer, producer, wanted, stirred));
        }
        sound.max(least)
    }

    fn apply(&mut self, row: &Row, estimate: Option<u64>, out: &mut Output) {
        let Some(consumer) = self.consumers.get_mut(row.key) else {
            return;
        };
        let Some(producer) = self.producers.get_mut(consumer.producer) else {
            return;
        };
        let was_limited = consumer.demand.is_limited;
        let given = row.given().unwrap_or(Some(row.most));
        let demand = &mut consumer.demand;
        demand.standing = row.standing;
        demand.estimate = estimate;
        demand.is_limited = row.is_limited();
        let aim = if demand.is_limited {
            given.map(|layers| layers.spatial)
        } else {
            Some(row.most.spatial)
        };
        producer.aim(demand, aim);
        let reason = if demand.is_limited || was_limited {
            LayerReason::Bandwidth
        } else {
            LayerReason::Requested
        };
        // Who is not limited is not held to what flows now: a layer that begins to flow is theirs at once.
        let allotted = if estimate.is_none() {
            Some(row.most)
        } else {
            given
        };
        if consumer.allotted() != allotted {
            consumer.allot(allotted, producer.active, reason);
        }
        if let Some(needed) = consumer.awaits() {
            want_keyframe(&mut producer.streams, needed, out);
        }
        tell_change(consumer, out);
    }

    /// See what a producer's layers cost and whether anybody wants them. Returns when to look again.
    pub fn poll_interest(&mut self, slot: usize, out: &mut Output, now: Time) -> Time {
        let Some(producer) = self.producers.get(slot) else {
            return Time::FAR;
        };
        if now < producer.look {
            return producer.look;
        }
        let mut wanted = 0;
        for consumer in producer
            .consumers
            .iter()
            .filter_map(|slot| self.consumers.get(*slot))
        {
            wanted |= interest(consumer, producer, now);
        }
        for pipe in producer
            .pipe_consumers
            .iter()
            .filter_map(|slot| self.pipe_consumers.get(*slot))
        {
            wanted |= pipe.wanted();
        }
        let Some(producer) = self.producers.get_mut(slot) else {
            return Time::FAR;
        };
        if !producer.is_asked() {
            producer.look = Time::FAR;
            return Time::FAR;
        }
        producer.price(now);
        if let Some(told) = producer.interest.update(wanted, now) {
            out.tell(Event::LayersWanted {
                producer: producer.id,
                spatial: told,
                layers: producer.spatial_layers(),
            });
        }
        producer.look = if producer.consumers.is_empty() && producer.pipe_consumers.is_empty() {
            producer.interest.due()
        } else {
            now + INTERVAL
        };
        producer.look
    }
}

fn row(
    key: usize,
    consumer: &mut Consumer,
    producer: &Producer,
    wanted: Layers,
    stirred: bool,
) -> Row {
    let demand: &mut Demand = &mut consumer.demand;
    let most = demand.most(wanted, &producer.sizes());
    if stirred {
        demand.standing.pardon();
    }
    Row {
        key,
        age: consumer.id.0,
        weight: demand.weight(producer.boost, producer.content),
        most,
        rungs: Rungs::new(producer.tariff.ladder(), most, producer.content),
        standing: demand.standing,
    }
}

impl Producer {
    /// Whether its layers are asked to stop: a microphone goes on, but for one that comes over a pipe.
    const fn is_asked(&self) -> bool {
        matches!(self.kind, Kind::Video) || self.is_piped
    }

    /// A consumer aims at another of its layers: look at once who wants what.
    fn aim(&mut self, demand: &mut Demand, aim: Option<u8>) {
        if std::mem::replace(&mut demand.aim, aim) != aim {
            self.look = Time::ZERO;
        }
    }
}

/// The layers one consumer wants of its producer: the one it aims at with the lowest to fall back to, and whatever it
/// is sent meanwhile. Where the one it aims at does not come, the one below it, though that may be asleep. Of an SVC stream,
/// everything up to what it aims at.
fn interest(consumer: &Consumer, producer: &Producer, now: Time) -> Active {
    if consumer.wanted().is_none() {
        return 0;
    }
    let highest = producer.spatial_layers().saturating_sub(1);
    let Some(aim) = consumer.demand.aim.map(|aim| aim.min(highest)) else {
        return 0;
    };
    let bit = |layer: u8| 1u8.checked_shl(layer.into()).unwrap_or(0);
    if producer.is_layered() {
        return bit(aim) | (bit(aim) - 1);
    }
    let current = consumer.flowing().map_or(0, bit);
    let is_missing = producer.active & bit(aim) == 0;
    let awaited = producer.interest.asleep() | producer.interest.returning(now);
    let is_given_up = is_missing && awaited & bit(aim) == 0;
    let fallback = (producer.active & (bit(aim) - 1)).checked_ilog2();
    let fallback = fallback.filter(|_| is_missing);
    let next = aim.checked_sub(1).filter(|_| is_given_up);
    let below = next.map_or(0, bit) | fallback.map_or(0, |layer| bit(layer as u8));
    bit(aim) | bit(0) | current | below
}
