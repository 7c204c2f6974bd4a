//! The snapshot of everything, and its sums.

use crate::engine::Engine;
use crate::producer::Producer;
use crate::stats::{Statistics, Totals};
use crate::time::Time;

impl Engine {
    pub(super) fn totals(&self) -> Totals {
        Totals {
            transports: self.tables.transports.len(),
            producers: self.tables.producers.len(),
            consumers: self.tables.consumers.len(),
            drops: self.out.drops.clone(),
            received: self.received,
            sent: self.out.sent,
        }
    }

    pub(super) fn statistics(&self, now: Time) -> Statistics {
        let tables = &self.tables;
        let transport = |slot| {
            tables
                .transports
                .get(slot)
                .map_or(0, |transport| transport.id.0)
        };
        let producer = |slot| {
            tables
                .producers
                .get(slot)
                .map_or(0, |producer: &Producer| producer.id.0)
        };
        Statistics {
            transports: tables
                .transports
                .iter()
                .map(|(_, each)| (each.id, each.statistics()))
                .collect(),
            producers: tables
                .producers
                .iter()
                .map(|(_, each)| (each.id, each.statistics(transport(each.transport), now)))
                .collect(),
            consumers: tables
                .consumers
                .iter()
                .map(|(_, each)| {
                    (
                        each.id,
                        each.statistics(transport(each.transport), producer(each.producer), now),
                    )
                })
                .collect(),
            pipe_consumers: tables
                .pipe_consumers
                .iter()
                .map(|(_, each)| {
                    (
                        each.id,
                        each.statistics(transport(each.transport), producer(each.producer), now),
                    )
                })
                .collect(),
            drops: self.out.drops.clone(),
            received: self.received,
            sent: self.out.sent,
        }
    }
}
