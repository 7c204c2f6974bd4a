//! Commands about pipes and what goes out on them.

use super::{Done, conflict, full, invalid};
use crate::engine::Engine;
use crate::ice::Ice;
use crate::id::{PipeConsumerId, ProducerId, Ssrc, TransportId};
use crate::io::{Reply, Tuple};
use crate::pipe::{MAX_CONSUMERS, Pipe, PipeConsumer, PipeConsumerSpec};
use crate::srtp::Profile;
use crate::tables::MAX_TRANSPORTS;
use crate::time::Time;
use crate::transport::Transport;

impl Engine {
    pub(super) fn add_pipe(
        &mut self,
        id: TransportId,
        tuple: Tuple,
        (profile, rx, tx): (Profile, &[u8], &[u8]),
        now: Time,
    ) -> Done {
        if self.tables.transport_slots.contains_key(&id) || self.tables.tuples.contains_key(&tuple)
        {
            return Err(conflict("the transport or its path exists"));
        }
        if self.tables.transports.len() >= MAX_TRANSPORTS {
            return Err(full("too many transports"));
        }
        let ssrc = Ssrc(self.random.next() as u32);
        let mut transport = Transport::new(
            id,
            Ice::fixed(tuple),
            ssrc,
            (&self.hasher, self.limits),
            now,
        );
        transport
            .session
            .secure_pipe(profile, rx, tx)
            .map_err(|_| invalid("the keys have another length than the profile wants"))?;
        transport.pipe = Some(Box::new(Pipe::new(&self.hasher)));
        let slot = self.tables.transports.insert(transport);
        self.tables.transport_slots.insert(id, slot);
        self.tables.tuples.insert(tuple, slot);
        Ok(Reply::Done)
    }

    pub(super) fn add_pipe_consumer(
        &mut self,
        transport: TransportId,
        (id, producer): (PipeConsumerId, ProducerId),
        spec: &PipeConsumerSpec,
        now: Time,
    ) -> Done {
        if self.tables.pipe_consumer_slots.contains_key(&id) {
            return Err(conflict("the pipe consumer exists"));
        }
        let first: Vec<_> = spec
            .ssrcs
            .iter()
            .map(|_| self.random.next() as u16)
            .collect();
        let (slot, transport) = self.tables.transport(transport)?;
        let pipe = transport.pipe.as_deref();
        let pipe = pipe.ok_or_else(|| invalid("the transport is no pipe"))?;
        if !pipe.are_fresh(&spec.ssrcs) {
            return Err(conflict("an ssrc is or was in use"));
        }
        if pipe.consumers.len() >= MAX_CONSUMERS {
            return Err(full("too many producers on the pipe"));
        }
        let (producer, source) = self.tables.producer(producer)?;
        let consumer = PipeConsumer::new(id, slot, (producer, source), spec, first.into_iter())?;
        self.tables.insert_pipe_consumer(consumer);
        self.out.schedule(now);
        Ok(Reply::Done)
    }

    pub(super) fn set_wanted(&mut self, id: PipeConsumerId, wanted: u8, now: Time) -> Done {
        let (slot, consumer) = self.tables.pipe_consumer(id)?;
        let began = consumer.set_wanted(wanted);
        let (producer, single) = (consumer.producer, consumer.strands.len() == 1);
        // The other worker sees that there is something to ask for once a packet has come; a still picture sends few. Of
        // several encodings it will choose one, and ask for that.
        if began && single {
            self.tables.want_strand_keyframe((slot, 0), &mut self.out);
        }
        if let Some(producer) = self.tables.producers.get_mut(producer) {
            producer.look = Time::ZERO;
            self.out.schedule(now);
        }
        Ok(Reply::Done)
    }
}
