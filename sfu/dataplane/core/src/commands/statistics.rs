//! The snapshot of everything, of one transport, and the sums.

use crate::engine::Engine;
use crate::id::{ConsumerId, PipeConsumerId, ProducerId, TransportId};
use crate::io::CommandError;
use crate::stats::{
    ConsumerStatistics, PipeConsumerStatistics, ProducerStatistics, Statistics, Totals,
};
use crate::tables::Tables;
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
            repairs: self.out.repairs,
        }
    }

    pub(super) fn statistics(&self, now: Time) -> Statistics {
        let tables = &self.tables;
        Statistics {
            transports: tables
                .transports
                .iter()
                .map(|(_, each)| (each.id, each.statistics(now)))
                .collect(),
            producers: tables
                .producers
                .iter()
                .filter_map(|(slot, _)| producer(tables, slot, now))
                .collect(),
            consumers: tables
                .consumers
                .iter()
                .filter_map(|(slot, _)| consumer(tables, slot, now))
                .collect(),
            pipe_consumers: tables
                .pipe_consumers
                .iter()
                .filter_map(|(slot, _)| pipe_consumer(tables, slot, now))
                .collect(),
            drops: self.out.drops.clone(),
            received: self.received,
            sent: self.out.sent,
        }
    }

    /// Of one transport with what it holds; its cost does not grow with anything else.
    pub(super) fn statistics_of(
        &mut self,
        id: TransportId,
        now: Time,
    ) -> Result<Statistics, CommandError> {
        let (at, _) = self.tables.transport(id)?;
        let tables = &self.tables;
        let Some(transport) = tables.transports.get(at) else {
            return Ok(Statistics::default());
        };
        Ok(Statistics {
            transports: vec![(transport.id, transport.statistics(now))],
            producers: transport
                .producers
                .iter()
                .filter_map(|slot| producer(tables, *slot, now))
                .collect(),
            consumers: transport
                .consumers
                .iter()
                .filter_map(|slot| consumer(tables, *slot, now))
                .collect(),
            drops: transport.drops.clone(),
            received: transport.received,
            sent: transport.sent,
            ..Statistics::default()
        })
    }
}

fn transport_id(tables: &Tables, slot: usize) -> u32 {
    tables.transports.get(slot).map_or(0, |found| found.id.0)
}

fn producer_id(tables: &Tables, slot: usize) -> u32 {
    tables.producers.get(slot).map_or(0, |found| found.id.0)
}

fn producer(tables: &Tables, slot: usize, now: Time) -> Option<(ProducerId, ProducerStatistics)> {
    let found = tables.producers.get(slot)?;
    let transport = transport_id(tables, found.transport);
    Some((found.id, found.statistics(transport, now)))
}

fn consumer(tables: &Tables, slot: usize, now: Time) -> Option<(ConsumerId, ConsumerStatistics)> {
    let found = tables.consumers.get(slot)?;
    let transport = transport_id(tables, found.transport);
    let producer = producer_id(tables, found.producer);
    Some((found.id, found.statistics(transport, producer, now)))
}

fn pipe_consumer(
    tables: &Tables,
    slot: usize,
    now: Time,
) -> Option<(PipeConsumerId, PipeConsumerStatistics)> {
    let found = tables.pipe_consumers.get(slot)?;
    let transport = transport_id(tables, found.transport);
    let producer = producer_id(tables, found.producer);
    Some((found.id, found.statistics(transport, producer, now)))
}
