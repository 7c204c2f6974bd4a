//! Commands about who gets how much.

use super::{Done, invalid};
use crate::allocation::Size;
use crate::engine::Engine;
use crate::id::{ConsumerId, ProducerId};
use crate::io::Reply;
use crate::time::Time;

impl Engine {
    pub(super) fn set_consumer_size(
        &mut self,
        id: ConsumerId,
        width: u16,
        height: u16,
        now: Time,
    ) -> Done {
        if width == 0 || height == 0 {
            return Err(invalid("a picture is shown on one pixel at least"));
        }
        let (slot, consumer) = self.tables.consumer(id)?;
        consumer.demand.size = Some(Size { width, height });
        self.stir_consumer(slot, now);
        Ok(Reply::Done)
    }

    pub(super) fn set_consumer_priority(
        &mut self,
        id: ConsumerId,
        priority: u8,
        now: Time,
    ) -> Done {
        if priority == 0 {
            return Err(invalid("a priority is one at least"));
        }
        let (slot, consumer) = self.tables.consumer(id)?;
        consumer.demand.priority = priority;
        self.stir_consumer(slot, now);
        Ok(Reply::Done)
    }

    pub(super) fn set_producer_priority(
        &mut self,
        id: ProducerId,
        priority: u8,
        now: Time,
    ) -> Done {
        let (_, producer) = self.tables.producer(id)?;
        if std::mem::replace(&mut producer.boost, priority) == priority {
            return Ok(Reply::Done);
        }
        for slot in producer.consumers.clone() {
            self.stir_consumer(slot, now);
        }
        Ok(Reply::Done)
    }

    /// Something has changed that the plan for a consumer's transport depends on.
    pub(super) fn stir_consumer(&mut self, slot: usize, now: Time) {
        if let Some(consumer) = self.tables.consumers.get(slot) {
            self.stir(consumer.transport, now);
        }
    }

    /// Something has changed that the plan for a transport depends on.
    pub(super) fn stir(&mut self, transport: usize, now: Time) {
        if let Some(transport) = self.tables.transports.get_mut(transport) {
            transport.pace.stir();
            self.out.schedule(now);
        }
    }
}
