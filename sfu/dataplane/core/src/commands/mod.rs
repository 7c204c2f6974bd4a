//! Carrying out what the control plane asks: which function carries which command out; one file for each kind of object.

mod allocation;
mod consumer;
mod pipe;
mod producer;
mod statistics;
mod transport;

use crate::engine::Engine;
use crate::io::{Command, CommandError, Reply};
use crate::ladder::Layers;
use crate::time::Time;

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
            Command::PauseConsumer(id) => self.pause_consumer(id, true, now),
            Command::ResumeConsumer(id) => self.pause_consumer(id, false, now),
            Command::RemoveConsumer(id) => {
                let (slot, consumer) = self.tables.consumer(id)?;
                let transport = consumer.transport;
                self.tables.remove_consumer(slot);
                self.stir(transport, now);
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
            } => self.set_layers(consumer, Layers { spatial, temporal }, now),
            Command::AddPipe {
                transport,
                tuple,
                profile,
                rx,
                tx,
            } => self.add_pipe(transport, tuple, (profile, &rx, &tx), now),
            Command::AddPipeConsumer {
                transport,
                consumer,
                producer,
                spec,
            } => self.add_pipe_consumer(transport, (consumer, producer), &spec, now),
            Command::SetWanted { consumer, wanted } => self.set_wanted(consumer, wanted, now),
            Command::RemovePipeConsumer(id) => {
                let (slot, _) = self.tables.pipe_consumer(id)?;
                self.tables.remove_pipe_consumer(slot);
                Ok(Reply::Done)
            }
            Command::SetConsumerSize {
                consumer,
                width,
                height,
            } => self.set_consumer_size(consumer, width, height, now),
            Command::SetConsumerPriority { consumer, priority } => {
                self.set_consumer_priority(consumer, priority, now)
            }
            Command::SetProducerPriority { producer, priority } => {
                self.set_producer_priority(producer, priority, now)
            }
            Command::Statistics => Ok(Reply::Statistics(Box::new(self.statistics(now)))),
            Command::StatisticsOf(id) => self
                .statistics_of(id, now)
                .map(|statistics| Reply::Statistics(Box::new(statistics))),
            Command::Totals => Ok(Reply::Totals(Box::new(self.totals()))),
        }
    }
}
