//! All transports, producers and consumers, and how they are found.
//!
//! Objects live in slabs and refer to each other by slot; handles of the control plane are looked up once per command.

use std::collections::HashMap;
use std::hash::Hash;

use slab::Slab;

use crate::consumer::Consumer;
use crate::id::{ConsumerId, PipeConsumerId, ProducerId, Ssrc, TransportId};
use crate::io::{CommandError, Tuple};
use crate::pipe::PipeConsumer;
use crate::producer::Producer;
use crate::transport::Transport;

/// Fast, and seeded so that addresses cannot be chosen to collide.
pub type Hasher = foldhash::fast::FixedState;

/// Transports of one engine.
pub const MAX_TRANSPORTS: usize = 10_000;

/// The whole state.
#[derive(Debug)]
pub struct Tables {
    /// By slot.
    pub transports: Slab<Transport>,
    /// By slot.
    pub producers: Slab<Producer>,
    /// By slot.
    pub consumers: Slab<Consumer>,
    /// By slot.
    pub pipe_consumers: Slab<PipeConsumer>,
    /// Slots of transports by validated path: a path belongs to one transport.
    pub tuples: HashMap<Tuple, usize, Hasher>,
    /// Slots of transports by the server's user fragments.
    pub ufrags: HashMap<String, usize, Hasher>,
    /// Slots by handle.
    pub transport_slots: HashMap<TransportId, usize, Hasher>,
    /// Slots by handle.
    pub producer_slots: HashMap<ProducerId, usize, Hasher>,
    /// Slots by handle.
    pub consumer_slots: HashMap<ConsumerId, usize, Hasher>,
    /// Slots by handle.
    pub pipe_consumer_slots: HashMap<PipeConsumerId, usize, Hasher>,
}

fn find<K: Hash + Eq + Copy>(
    slots: &HashMap<K, usize, Hasher>,
    id: K,
    noun: &str,
) -> Result<usize, CommandError> {
    slots
        .get(&id)
        .copied()
        .ok_or_else(|| CommandError::NotFound(format!("no such {noun}")))
}

fn gone(noun: &str) -> CommandError {
    CommandError::NotFound(format!("no such {noun}"))
}

impl Tables {
    /// Empty ones.
    pub fn new(hasher: &Hasher) -> Self {
        Self {
            transports: Slab::new(),
            producers: Slab::new(),
            consumers: Slab::new(),
            pipe_consumers: Slab::new(),
            tuples: HashMap::with_hasher(hasher.clone()),
            ufrags: HashMap::with_hasher(hasher.clone()),
            transport_slots: HashMap::with_hasher(hasher.clone()),
            producer_slots: HashMap::with_hasher(hasher.clone()),
            consumer_slots: HashMap::with_hasher(hasher.clone()),
            pipe_consumer_slots: HashMap::with_hasher(hasher.clone()),
        }
    }

    /// Whether there is nothing, not even an entry of an index.
    pub fn is_empty(&self) -> bool {
        self.transports.is_empty()
            && self.producers.is_empty()
            && self.consumers.is_empty()
            && self.pipe_consumers.is_empty()
            && self.tuples.is_empty()
            && self.ufrags.is_empty()
            && self.transport_slots.is_empty()
            && self.producer_slots.is_empty()
            && self.consumer_slots.is_empty()
            && self.pipe_consumer_slots.is_empty()
    }

    /// A transport by handle.
    pub fn transport(&mut self, id: TransportId) -> Result<(usize, &mut Transport), CommandError> {
        let slot = find(&self.transport_slots, id, "transport")?;
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or_else(|| gone("transport"))?;
        Ok((slot, transport))
    }

    /// A producer by handle.
    pub fn producer(&mut self, id: ProducerId) -> Result<(usize, &mut Producer), CommandError> {
        let slot = find(&self.producer_slots, id, "producer")?;
        let producer = self
            .producers
            .get_mut(slot)
            .ok_or_else(|| gone("producer"))?;
        Ok((slot, producer))
    }

    /// A consumer by handle.
    pub fn consumer(&mut self, id: ConsumerId) -> Result<(usize, &mut Consumer), CommandError> {
        let slot = find(&self.consumer_slots, id, "consumer")?;
        let consumer = self
            .consumers
            .get_mut(slot)
            .ok_or_else(|| gone("consumer"))?;
        Ok((slot, consumer))
    }

    /// A pipe consumer by handle.
    pub fn pipe_consumer(
        &mut self,
        id: PipeConsumerId,
    ) -> Result<(usize, &mut PipeConsumer), CommandError> {
        let slot = find(&self.pipe_consumer_slots, id, "pipe consumer")?;
        let consumer = self
            .pipe_consumers
            .get_mut(slot)
            .ok_or_else(|| gone("pipe consumer"))?;
        Ok((slot, consumer))
    }

    /// Insert a producer and tie it to its transport.
    pub fn insert_producer(&mut self, producer: Producer) -> usize {
        let (id, transport) = (producer.id, producer.transport);
        let slot = self.producers.insert(producer);
        self.producer_slots.insert(id, slot);
        if let Some(transport) = self.transports.get_mut(transport) {
            transport.producers.push(slot);
        }
        slot
    }

    /// Insert a consumer and tie it to its transport and its producer.
    pub fn insert_consumer(&mut self, mut consumer: Consumer) -> usize {
        let (id, transport, producer) = (consumer.id, consumer.transport, consumer.producer);
        let ssrcs = ssrcs(&consumer);
        let entry = self.consumers.vacant_entry();
        let slot = entry.key();
        consumer.slot = slot;
        entry.insert(consumer);
        self.consumer_slots.insert(id, slot);
        if let Some(producer) = self.producers.get_mut(producer) {
            producer.consumers.push(slot);
        }
        if let Some(transport) = self.transports.get_mut(transport) {
            transport.consumers.push(slot);
            transport.used.extend(ssrcs.into_iter().flatten());
            transport
                .outgoing
                .extend(ssrcs.into_iter().flatten().map(|ssrc| (ssrc, slot)));
        }
        slot
    }

    /// Insert a pipe consumer and tie it to its pipe and its producer.
    pub fn insert_pipe_consumer(&mut self, consumer: PipeConsumer) {
        let (id, transport, producer) = (consumer.id, consumer.transport, consumer.producer);
        let slot = self.pipe_consumers.insert(consumer);
        self.pipe_consumer_slots.insert(id, slot);
        if let Some(producer) = self.producers.get_mut(producer) {
            producer.pipe_consumers.push(slot);
        }
        let transport = self.transports.get_mut(transport);
        let pipe = transport.and_then(|transport| transport.pipe.as_deref_mut());
        if let (Some(pipe), Some(consumer)) = (pipe, self.pipe_consumers.get(slot)) {
            pipe.insert(slot, &consumer.strands);
        }
    }

    /// Remove a pipe consumer and every trace of it.
    pub fn remove_pipe_consumer(&mut self, slot: usize) {
        let Some(consumer) = self.pipe_consumers.try_remove(slot) else {
            return;
        };
        self.pipe_consumer_slots.remove(&consumer.id);
        if let Some(producer) = self.producers.get_mut(consumer.producer) {
            producer.pipe_consumers.retain(|other| *other != slot);
        }
        let transport = self.transports.get_mut(consumer.transport);
        if let Some(pipe) = transport.and_then(|transport| transport.pipe.as_deref_mut()) {
            pipe.remove(slot, &consumer.strands);
        }
    }

    /// Remove a consumer and every trace of it.
    pub fn remove_consumer(&mut self, slot: usize) {
        let Some(consumer) = self.consumers.try_remove(slot) else {
            return;
        };
        self.consumer_slots.remove(&consumer.id);
        if let Some(producer) = self.producers.get_mut(consumer.producer) {
            producer.consumers.retain(|other| *other != slot);
        }
        if let Some(transport) = self.transports.get_mut(consumer.transport) {
            transport.consumers.retain(|other| *other != slot);
            for ssrc in ssrcs(&consumer).into_iter().flatten() {
                transport.outgoing.remove(&ssrc);
            }
        }
    }

    /// Remove a producer, its consumers and every trace of them.
    pub fn remove_producer(&mut self, slot: usize) {
        let Some(producer) = self.producers.try_remove(slot) else {
            return;
        };
        self.producer_slots.remove(&producer.id);
        for consumer in producer.consumers {
            self.remove_consumer(consumer);
        }
        for consumer in producer.pipe_consumers {
            self.remove_pipe_consumer(consumer);
        }
        let Some(transport) = self.transports.get_mut(producer.transport) else {
            return;
        };
        transport.producers.retain(|other| *other != slot);
        let bound = transport
            .incoming
            .iter()
            .filter(|(_, source)| source.producer == slot);
        for ssrc in bound.map(|(ssrc, _)| *ssrc).collect::<Vec<_>>() {
            transport.unbind(ssrc);
        }
    }

    /// Remove a transport, all that comes in and goes out on it, and every trace of them.
    pub fn remove_transport(&mut self, slot: usize) {
        let Some(transport) = self.transports.try_remove(slot) else {
            return;
        };
        self.transport_slots.remove(&transport.id);
        for producer in transport.producers {
            self.remove_producer(producer);
        }
        for consumer in transport.consumers {
            self.remove_consumer(consumer);
        }
        for consumer in transport.pipe.into_iter().flat_map(|pipe| pipe.consumers) {
            self.remove_pipe_consumer(consumer);
        }
        for tuple in transport.ice.tuples() {
            self.tuples.remove(&tuple);
        }
        for ufrag in transport.ice.ufrags() {
            self.ufrags.remove(ufrag);
        }
    }
}

fn ssrcs(consumer: &Consumer) -> [Option<Ssrc>; 2] {
    [Some(consumer.ssrc), consumer.rtx.map(|rtx| rtx.ssrc)]
}
