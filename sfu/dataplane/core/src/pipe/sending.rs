//! What goes out on a pipe: packets as they came, packets once more, and the producer's clocks.

use slab::Slab;

use crate::drop::DropReason;
use crate::egress::write_red;
use crate::extension::write_block;
use crate::id::Ssrc;
use crate::ingress::want_keyframe;
use crate::output::Output;
use crate::packet::Media;
use crate::producer::Producer;
use crate::rtcp::{ReportBlock, sr};
use crate::rtp::Fields;
use crate::tables::Tables;
use crate::time::Time;
use crate::transport::Transport;

use super::PipeConsumer;

/// Sender reports in one compound: 28 bytes each, below 1200 together.
const SENDERS_PER_COMPOUND: usize = 32;

/// Send a packet of a producer over the pipe of one of its pipe consumers.
pub fn forward(
    consumer: &mut PipeConsumer,
    transports: &mut Slab<Transport>,
    out: &mut Output,
    media: &Media<'_>,
) -> Result<(), DropReason> {
    let index = usize::from(media.sample.stream);
    let strand = consumer.strands.get_mut(index).ok_or(DropReason::Layer)?;
    if !strand.flows {
        return Err(DropReason::ConsumerPaused);
    }
    let placed = strand.numbering.place(media.sample.sequence);
    let sequence = placed.ok_or(DropReason::NotMapped)?;
    let ssrc = strand.ssrc;
    let transport = transports
        .get_mut(consumer.transport)
        .ok_or(DropReason::NoPath)?;
    let sent = transport.send_rtp(out, sequence, |arena| {
        write(arena, consumer, media, ssrc, sequence);
    })?;
    if let Some(strand) = consumer.strands.get_mut(index) {
        strand.sent.count(sent);
        strand.bitrate.count(sent, media.sample.arrival);
        strand.payload_bytes += media.payload.len() as u64;
        strand.resends.earn(sent, 0);
    }
    Ok(())
}

/// Append the packet as the other worker gets it; the same packet sent again is the same to the last byte.
fn write(
    arena: &mut Vec<u8>,
    consumer: &PipeConsumer,
    media: &Media<'_>,
    ssrc: Ssrc,
    sequence: u64,
) {
    let red = consumer.red.zip(media.red);
    let fields = Fields {
        marker: media.marker,
        payload_type: red.map_or(consumer.payload_type, |(payload_type, _)| payload_type),
        sequence: sequence as u16,
        timestamp: media.sample.timestamp,
        ssrc,
    };
    let elements = media.values.under(&consumer.extensions);
    fields.write(arena, elements.clone().next().is_some());
    write_block(arena, elements);
    match red {
        Some((_, red)) => write_red(arena, consumer.payload_type, &red),
        None => arena.extend_from_slice(media.payload),
    }
}

impl Tables {
    /// The pipe consumer and strand that send from `ssrc` on the transport in `slot`, if that is a pipe.
    pub fn strand_of(&self, slot: usize, ssrc: Ssrc) -> Option<(usize, usize)> {
        let pipe = self.transports.get(slot)?.pipe.as_deref()?;
        pipe.strands.get(&ssrc).copied()
    }

    /// The other worker misses a packet: send it again.
    pub fn resend_strand(
        &mut self,
        (slot, index): (usize, usize),
        sequence: u16,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        let result = self.repeat((slot, index), sequence, out, now);
        let consumer = self.pipe_consumers.get_mut(slot);
        if let Some(strand) = consumer.and_then(|consumer| consumer.strands.get_mut(index)) {
            strand.nacked += 1;
            match result {
                Ok(sent) => strand.resent.count(sent),
                Err(_) => strand.unanswered += 1,
            }
        }
        result.map(|_| ())
    }

    fn repeat(
        &mut self,
        (slot, index): (usize, usize),
        sequence: u16,
        out: &mut Output,
        now: Time,
    ) -> Result<usize, DropReason> {
        let consumer = self
            .pipe_consumers
            .get_mut(slot)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let producer = self
            .producers
            .get(consumer.producer)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let transport = self
            .transports
            .get_mut(consumer.transport)
            .ok_or(DropReason::NoPath)?;
        let strand = consumer
            .strands
            .get_mut(index)
            .ok_or(DropReason::NackUnknown)?;
        let found = strand.numbering.find(sequence);
        let (incoming, sequence) = found.ok_or(DropReason::NackUnknown)?;
        let media = producer
            .streams
            .get(index)
            .and_then(|stream| stream.recall(incoming, &producer.extensions, now))
            .ok_or(DropReason::NackUnknown)?;
        let ssrc = strand.ssrc;
        strand
            .resends
            .ask(sequence, media.payload.len(), None, now)?;
        transport.send_rtp(out, sequence, |arena| {
            write(arena, consumer, &media, ssrc, sequence);
        })
    }

    /// The other worker asks for a key frame.
    pub fn request_strand_keyframe(&mut self, (slot, index): (usize, usize), out: &mut Output) {
        let consumer = self.pipe_consumers.get_mut(slot);
        if let Some(strand) = consumer.and_then(|consumer| consumer.strands.get_mut(index)) {
            strand.keyframe_requests += 1;
        }
        self.want_strand_keyframe((slot, index), out);
    }

    /// Want a key frame of the producer, who is asked once a second whoever wants one.
    pub fn want_strand_keyframe(&mut self, (slot, index): (usize, usize), out: &mut Output) {
        let Some(consumer) = self.pipe_consumers.get(slot) else {
            return;
        };
        let producer = self.producers.get_mut(consumer.producer);
        if let Some(producer) = producer.filter(|producer| !producer.paused) {
            want_keyframe(&mut producer.streams, index as u8, out);
        }
    }

    /// The other worker reports how well a strand arrives.
    pub fn take_strand_block(&mut self, (slot, index): (usize, usize), block: &ReportBlock) {
        let consumer = self.pipe_consumers.get_mut(slot);
        if let Some(strand) = consumer.and_then(|consumer| consumer.strands.get_mut(index)) {
            strand.lost = i64::from(block.cumulative_lost);
        }
    }
}

/// Sender reports on the producers' own clocks, so that the other worker's consumers keep sound and picture in step.
pub fn report(
    transport: &mut Transport,
    consumers: &Slab<PipeConsumer>,
    producers: &Slab<Producer>,
    out: &mut Output,
    now: Time,
) {
    let Some(pipe) = transport.pipe.take() else {
        return;
    };
    let mut infos = pipe
        .consumers
        .iter()
        .filter_map(|slot| consumers.get(*slot))
        .filter_map(|consumer| Some((consumer, producers.get(consumer.producer)?)))
        .flat_map(|(consumer, producer)| sender_infos(consumer, producer, now))
        .peekable();
    while infos.peek().is_some() {
        transport.send_rtcp(out, |arena| {
            for info in infos.by_ref().take(SENDERS_PER_COMPOUND) {
                sr::write(arena, &info, &[]);
            }
        });
    }
    drop(infos);
    transport.pipe = Some(pipe);
}

fn sender_infos(
    consumer: &PipeConsumer,
    producer: &Producer,
    now: Time,
) -> impl Iterator<Item = sr::SenderInfo> {
    let strands = consumer.strands.iter().zip(&producer.streams);
    strands.filter_map(move |(strand, stream)| {
        let clock = stream
            .clock
            .filter(|_| strand.flows && strand.sent.packets > 0)?;
        let (ntp, timestamp) = clock.at(now, consumer.rate);
        Some(sr::SenderInfo {
            ssrc: strand.ssrc,
            ntp,
            timestamp,
            packets: strand.sent.packets as u32,
            bytes: strand.payload_bytes as u32,
        })
    })
}
