//! Commands about producers.

use super::{Done, conflict, full};
use crate::engine::Engine;
use crate::id::{ProducerId, Ssrc, TransportId};
use crate::io::{CommandError, Reply};
use crate::producer::Producer;
use crate::spec::ProducerSpec;
use crate::stream::Way;
use crate::time::Time;
use crate::transport::Source;

impl Engine {
    pub(super) fn add_producer(
        &mut self,
        transport: TransportId,
        id: ProducerId,
        spec: ProducerSpec,
        now: Time,
    ) -> Done {
        if self.tables.producer_slots.contains_key(&id) {
            return Err(conflict("the producer exists"));
        }
        let (transport, on) = self.tables.transport(transport)?;
        let is_piped = on.pipe.is_some();
        let mut producer = Producer::new(id, transport, spec, now)?;
        if is_piped {
            producer.set_piped();
        }
        let sources = self.sources_of(&producer)?;
        let slot = self.tables.insert_producer(producer);
        self.out.schedule(now);
        if let Some(transport) = self.tables.transports.get_mut(transport) {
            for (ssrc, stream, way) in sources {
                let source = Source {
                    producer: slot,
                    stream,
                    way,
                };
                transport
                    .bind(ssrc, source)
                    .map_err(|_| conflict("an ssrc is taken"))?;
            }
        }
        Ok(Reply::Done)
    }

    /// The SSRCs a producer signals; refused when they, or its MID and RIDs, would be ambiguous on its transport.
    fn sources_of(&self, producer: &Producer) -> Result<Vec<(Ssrc, usize, Way)>, CommandError> {
        let transport = self.tables.transports.get(producer.transport);
        let transport =
            transport.ok_or_else(|| CommandError::NotFound("no such transport".to_owned()))?;
        let signalled = producer
            .streams
            .iter()
            .enumerate()
            .flat_map(|(index, stream)| {
                let direct = stream.encoding.ssrc.map(|ssrc| (ssrc, index, Way::Direct));
                direct.into_iter().chain(
                    stream
                        .encoding
                        .rtx_ssrc
                        .map(|ssrc| (ssrc, index, Way::Repaired)),
                )
            });
        let sources: Vec<_> = signalled.collect();
        let mut ssrcs: Vec<_> = sources.iter().map(|(ssrc, _, _)| *ssrc).collect();
        ssrcs.sort_unstable();
        if ssrcs
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b))
            || ssrcs
                .iter()
                .any(|ssrc| transport.incoming.contains_key(ssrc))
        {
            return Err(conflict("an ssrc is taken"));
        }
        let mut rids: Vec<_> = producer
            .streams
            .iter()
            .filter_map(|stream| stream.encoding.rid)
            .collect();
        rids.sort_unstable();
        let same_mid = |slot: &usize| {
            self.tables
                .producers
                .get(*slot)
                .is_some_and(|other| other.mid == producer.mid)
        };
        if rids.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
            || (producer.mid.is_some() && transport.producers.iter().any(same_mid))
        {
            return Err(conflict("the mid or a rid is taken"));
        }
        if transport.producers.len() >= transport.max_producers()
            || transport.incoming.len() + sources.len() > transport.max_ssrcs()
        {
            return Err(full("too many producers or ssrcs on the transport"));
        }
        Ok(sources)
    }

    pub(super) fn pause_producer(&mut self, id: ProducerId, paused: bool) -> Done {
        let (_, producer) = self.tables.producer(id)?;
        if std::mem::replace(&mut producer.paused, paused) == paused {
            return Ok(Reply::Done);
        }
        for slot in producer.consumers.clone() {
            if let Some(consumer) = self.tables.consumers.get_mut(slot) {
                consumer.resync();
            }
            self.tables.request_keyframe(slot, &mut self.out);
        }
        Ok(Reply::Done)
    }
}
