//! Carrying out what the control plane asks.

use crate::consumer::{Consumer, FirstNumbers};
use crate::egress::tell_change;
use crate::engine::Engine;
use crate::ice::{Credentials, Ice};
use crate::id::{ConsumerId, ProducerId, Ssrc, TransportId};
use crate::ingress::want_keyframe;
use crate::io::{Command, CommandError, Reply};
use crate::producer::{self, Producer};
use crate::spec::{ConsumerSpec, ProducerSpec};
use crate::srtp::Profile;
use crate::stats::Statistics;
use crate::stream::Way;
use crate::tables::MAX_TRANSPORTS;
use crate::time::Time;
use crate::transport::{self, MAX_SSRCS, Source, Transport};

type Done = Result<Reply, CommandError>;

fn invalid(text: &str) -> CommandError {
    CommandError::Validation(text.to_owned())
}

fn conflict(text: &str) -> CommandError {
    CommandError::Conflict(text.to_owned())
}

fn full(text: &str) -> CommandError {
    CommandError::CapacityExceeded(text.to_owned())
}

/// RFC 8445 section 5.3: at least 24 bits of user fragment, at least 128 bits of password.
fn credentials(ufrag: String, password: String) -> Result<Credentials, CommandError> {
    let is_ice = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    if !(4..=256).contains(&ufrag.len()) || !is_ice(&ufrag) {
        return Err(invalid("the user fragment has 4 to 256 ice-chars"));
    }
    if !(22..=256).contains(&password.len()) || !is_ice(&password) {
        return Err(invalid("the password has 22 to 256 ice-chars"));
    }
    Ok(Credentials { ufrag, password })
}

impl Engine {
    pub(crate) fn carry_out(&mut self, command: Command, now: Time) -> Done {
        match command {
            Command::AddTransport {
                transport,
                ufrag,
                password,
            } => self.add_transport(transport, ufrag, password, now),
            Command::RestartIce {
                transport,
                ufrag,
                password,
            } => self.restart_ice(transport, ufrag, password, now),
            Command::SendDtls {
                transport,
                datagram,
            } => self.send_dtls(transport, &datagram),
            Command::SetSrtpKeys {
                transport,
                profile,
                rx,
                tx,
            } => self.set_keys(transport, (profile, &rx, &tx), now),
            Command::RemoveTransport(id) => {
                let (slot, _) = self.tables.transport(id)?;
                self.tables.remove_transport(slot);
                Ok(Reply::Done)
            }
            Command::AddProducer {
                transport,
                producer,
                spec,
            } => self.add_producer(transport, producer, spec, now),
            Command::PauseProducer(id) => self.pause_producer(id, true),
            Command::ResumeProducer(id) => self.pause_producer(id, false),
            Command::RemoveProducer(id) => {
                let (slot, _) = self.tables.producer(id)?;
                self.tables.remove_producer(slot);
                Ok(Reply::Done)
            }
            Command::AddConsumer {
                transport,
                consumer,
                producer,
                spec,
            } => self.add_consumer(transport, (consumer, producer), spec, now),
            Command::PauseConsumer(id) => self.pause_consumer(id, true),
            Command::ResumeConsumer(id) => self.pause_consumer(id, false),
            Command::RemoveConsumer(id) => {
                let (slot, _) = self.tables.consumer(id)?;
                self.tables.remove_consumer(slot);
                Ok(Reply::Done)
            }
            Command::RequestKeyframe(id) => {
                let (slot, _) = self.tables.consumer(id)?;
                self.tables.request_keyframe(slot, &mut self.out);
                Ok(Reply::Done)
            }
            Command::SetLayers {
                consumer,
                spatial,
                temporal,
            } => self.set_layers(consumer, spatial, temporal),
            Command::Statistics => Ok(Reply::Statistics(Box::new(self.statistics(now)))),
        }
    }

    fn add_transport(
        &mut self,
        id: TransportId,
        ufrag: String,
        password: String,
        now: Time,
    ) -> Done {
        let credentials = credentials(ufrag, password)?;
        if self.tables.transport_slots.contains_key(&id)
            || self.tables.ufrags.contains_key(&credentials.ufrag)
        {
            return Err(conflict("the transport or its user fragment exists"));
        }
        if self.tables.transports.len() >= MAX_TRANSPORTS {
            return Err(full("too many transports"));
        }
        let (ufrag, ssrc) = (credentials.ufrag.clone(), Ssrc(self.random.next() as u32));
        let transport = Transport::new(id, Ice::new(credentials), ssrc, &self.hasher, now);
        let slot = self.tables.transports.insert(transport);
        self.tables.transport_slots.insert(id, slot);
        self.tables.ufrags.insert(ufrag, slot);
        Ok(Reply::Done)
    }

    fn restart_ice(&mut self, id: TransportId, ufrag: String, password: String, now: Time) -> Done {
        let credentials = credentials(ufrag, password)?;
        if self.tables.ufrags.contains_key(&credentials.ufrag) {
            return Err(conflict("the user fragment exists"));
        }
        let ufrag = credentials.ufrag.clone();
        let (slot, transport) = self.tables.transport(id)?;
        let forgotten = transport.ice.restart(credentials, now);
        self.out.schedule(transport.ice.due());
        self.tables.ufrags.insert(ufrag, slot);
        if let Some(forgotten) = forgotten {
            self.tables.ufrags.remove(&forgotten);
        }
        Ok(Reply::Done)
    }

    fn send_dtls(&mut self, id: TransportId, datagram: &[u8]) -> Done {
        let (_, transport) = self.tables.transport(id)?;
        if let Some(tuple) = transport.ice.path() {
            let sent = self.out.send(tuple, |arena, _| {
                arena.extend_from_slice(datagram);
                Ok::<(), crate::drop::DropReason>(())
            });
            transport.sent.count(sent.unwrap_or_default());
        }
        Ok(Reply::Done)
    }

    fn set_keys(
        &mut self,
        id: TransportId,
        (profile, rx, tx): (Profile, &[u8], &[u8]),
        now: Time,
    ) -> Done {
        let (slot, transport) = self.tables.transport(id)?;
        if transport.session.is_secured() {
            // The index of what is sealed starts at zero with the contexts: under the same keys it must not start twice.
            return Err(conflict("the transport has keys"));
        }
        let early = transport.session.secure(profile, rx, tx);
        let early =
            early.map_err(|_| invalid("the keys have another length than the profile wants"))?;
        self.out.schedule(now);
        for mut datagram in early {
            self.secured(slot, &mut datagram, now);
        }
        Ok(Reply::Done)
    }

    fn add_producer(
        &mut self,
        transport: TransportId,
        id: ProducerId,
        spec: ProducerSpec,
        now: Time,
    ) -> Done {
        if self.tables.producer_slots.contains_key(&id) {
            return Err(conflict("the producer exists"));
        }
        let (transport, _) = self.tables.transport(transport)?;
        let producer = Producer::new(id, transport, spec)?;
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
        if transport.producers.len() >= transport::MAX_PRODUCERS
            || transport.incoming.len() + sources.len() > MAX_SSRCS
        {
            return Err(full("too many producers or ssrcs on the transport"));
        }
        Ok(sources)
    }

    fn pause_producer(&mut self, id: ProducerId, paused: bool) -> Done {
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

    fn add_consumer(
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
        self.out.schedule(now);
        self.tables.request_keyframe(slot, &mut self.out);
        Ok(Reply::Done)
    }

    fn pause_consumer(&mut self, id: ConsumerId, paused: bool) -> Done {
        let (slot, consumer) = self.tables.consumer(id)?;
        if consumer.is_paused() != paused {
            consumer.set_paused(paused);
            self.tables.request_keyframe(slot, &mut self.out);
        }
        Ok(Reply::Done)
    }

    fn set_layers(&mut self, id: ConsumerId, spatial: u8, temporal: u8) -> Done {
        let (slot, consumer) = self.tables.consumer(id)?;
        let producer = consumer.producer;
        if let (Some(consumer), Some(producer)) = (
            self.tables.consumers.get_mut(slot),
            self.tables.producers.get_mut(producer),
        ) {
            consumer.prefer(spatial, temporal, producer.active);
            if let Some(needed) = consumer.awaits().filter(|_| !producer.paused) {
                want_keyframe(&mut producer.streams, needed, &mut self.out);
            }
            tell_change(consumer, &mut self.out);
        }
        Ok(Reply::Done)
    }

    fn statistics(&self, now: Time) -> Statistics {
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
            drops: self.out.drops.clone(),
            received: self.received,
            sent: self.out.sent,
        }
    }
}
