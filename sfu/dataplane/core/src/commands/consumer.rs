//! Commands about consumers.

use super::{Done, conflict, full};
use crate::consumer::{Consumer, FirstNumbers};
use crate::egress::tell_change;
use crate::engine::Engine;
use crate::id::{ConsumerId, ProducerId, TransportId};
use crate::ingress::want_keyframe;
use crate::io::Reply;
use crate::ladder::Layers;
use crate::producer;
use crate::spec::ConsumerSpec;
use crate::time::Time;
use crate::transport;

impl Engine {
    pub(super) fn add_consumer(
        &mut self,
        transport: TransportId,
        (id, producer): (ConsumerId, ProducerId),
        spec: ConsumerSpec,
        now: Time,
    ) -> Done {
        if self.tables.consumer_slots.contains_key(&id) {
            return Err(conflict("the consumer exists"));
        }
        let first = FirstNumbers {
            media: self.random.next() as u16,
            rtx: self.random.next() as u16,
        };
        let (slot, transport) = self.tables.transport(transport)?;
        let ssrcs = [Some(spec.ssrc), spec.rtx_ssrc];
        if ssrcs
            .iter()
            .flatten()
            .any(|ssrc| transport.used.contains(ssrc))
            || spec.rtx_ssrc == Some(spec.ssrc)
        {
            return Err(conflict("an ssrc is or was in use"));
        }
        if transport.consumers.len() >= transport::MAX_CONSUMERS
            || transport.used.len() + 2 > transport::MAX_USED
        {
            return Err(full("too many consumers on the transport"));
        }
        let (producer, source) = self.tables.producer(producer)?;
        if source.consumers.len() >= producer::MAX_CONSUMERS {
            return Err(full("too many consumers of the producer"));
        }
        let mut consumer = Consumer::new(id, slot, (producer, source), spec, first)?;
        consumer.available(source.active);
        let slot = self.tables.insert_consumer(consumer);
        self.stir_consumer(slot, now);
        self.tables.request_keyframe(slot, &mut self.out);
        Ok(Reply::Done)
    }

    pub(super) fn pause_consumer(&mut self, id: ConsumerId, paused: bool, now: Time) -> Done {
        let (slot, consumer) = self.tables.consumer(id)?;
        if consumer.is_paused() != paused {
            consumer.set_paused(paused);
            self.stir_consumer(slot, now);
            self.tables.request_keyframe(slot, &mut self.out);
        }
        Ok(Reply::Done)
    }

    pub(super) fn set_layers(&mut self, id: ConsumerId, layers: Layers, now: Time) -> Done {
        let (slot, consumer) = self.tables.consumer(id)?;
        let producer = consumer.producer;
        if let (Some(consumer), Some(producer)) = (
            self.tables.consumers.get_mut(slot),
            self.tables.producers.get_mut(producer),
        ) {
            consumer.prefer(layers, producer.active);
            if let Some(needed) = consumer.awaits().filter(|_| !producer.paused) {
                want_keyframe(&mut producer.streams, needed, &mut self.out);
            }
            tell_change(consumer, &mut self.out);
        }
        self.stir_consumer(slot, now);
        Ok(Reply::Done)
    }
}
