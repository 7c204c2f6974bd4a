//! What is said to browsers in RTCP: reports every second, feedback when due.

use std::time::Duration;

use slab::Slab;

use crate::arrivals;
use crate::consumer::Consumer;
use crate::id::Ssrc;
use crate::io::Event;
use crate::output::Output;
use crate::pipe;
use crate::producer::Producer;
use crate::rtcp::{MAX_BLOCKS, ReportBlock, fir, nack, pli, remb, rr, sdes, sr, xr};
use crate::spec::Kind;
use crate::stream::Stream;
use crate::tables::Tables;
use crate::time::{Time, to_compact};
use crate::transport::Transport;

/// Between two reports of a transport.
const REPORTS: Duration = Duration::from_secs(1);
/// Between two estimates, where the sender has no transport-wide feedback to make its own from.
const ESTIMATES: Duration = Duration::from_millis(500);
/// What a sender may believe the path takes: more than all its layers need. Uplink congestion shows in its loss reports.
const ESTIMATE: u64 = 10_000_000;
/// Sender reports in one compound: with their canonical names and what is said to receivers they stay below 1200 bytes.
const SENDERS_PER_COMPOUND: usize = 8;

impl Tables {
    /// Do whatever of a transport is due. Returns when it is due next.
    pub fn poll_transport(&mut self, slot: usize, out: &mut Output, now: Time) -> Time {
        let Some(transport) = self.transports.get_mut(slot) else {
            return Time::FAR;
        };
        if let Some(ufrag) = transport.ice.expire_previous(now) {
            self.ufrags.remove(&ufrag);
        }
        if let Some(tuple) = transport.ice.end_trial(now) {
            out.tell(Event::IceConnected {
                transport: transport.id,
                tuple,
            });
        }
        if transport.ice.expire_consent(now) {
            out.tell(Event::ConsentExpired {
                transport: transport.id,
            });
        }
        if transport.arrivals.due() <= now {
            feed_arrivals(transport, out, now);
        }
        if transport.estimated + ESTIMATES <= now {
            transport.estimated = now;
            estimate(transport, &self.producers, out);
        }
        if transport.reported + REPORTS <= now {
            transport.reported = now;
            report_reception(transport, &mut self.producers, out, now);
            report_sending(transport, &mut self.consumers, &self.producers, out, now);
            pipe::report(transport, &self.pipe_consumers, &self.producers, out, now);
        }
        let due = due(transport);
        self.poll_pacer(slot, out, now);
        self.poll_probe(slot, out, now);
        due
    }

    /// Do whatever of a producer is due. Returns when it is due next.
    pub fn poll_producer(
        &mut self,
        slot: usize,
        wanted: &mut Vec<u64>,
        out: &mut Output,
        now: Time,
    ) -> Time {
        self.refresh(slot, out, now);
        let Some(producer) = self.producers.get_mut(slot) else {
            return Time::FAR;
        };
        let Some(transport) = self.transports.get_mut(producer.transport) else {
            return Time::FAR;
        };
        for index in 0..producer.streams.len() {
            ask_missing(producer, index, wanted, transport, out, now);
            ask_keyframe(producer, index, transport, out, now);
        }
        producer.due()
    }
}

fn due(transport: &Transport) -> Time {
    let periodic = if !transport.can_send() || transport.is_idle() {
        Time::FAR
    } else if transport.producers.is_empty() {
        transport.reported + REPORTS
    } else {
        (transport.reported + REPORTS).min(transport.estimated + ESTIMATES)
    };
    periodic
        .min(transport.arrivals.due())
        .min(transport.ice.due())
}

fn feed_arrivals(transport: &mut Transport, out: &mut Output, now: Time) {
    let mut arrivals = std::mem::take(&mut transport.arrivals);
    let sender = transport.ssrc;
    transport.send_rtcp(out, |arena| arrivals.write(arena, sender, now));
    if arrivals.due() <= now {
        // Nobody to send it to: what came is forgotten all the same.
        arrivals = arrivals::Arrivals::default();
    }
    transport.arrivals = arrivals;
}

fn estimate(transport: &mut Transport, producers: &Slab<Producer>, out: &mut Output) {
    let (mut ssrcs, mut count) = ([Ssrc(0); 64], 0);
    let estimated = transport
        .producers
        .iter()
        .filter_map(|slot| producers.get(*slot))
        .filter(|producer| {
            producer.kind == Kind::Video
                && producer.codec.remb
                && !producer.codec.twcc
                && !producer.paused
        });
    let streams = estimated
        .flat_map(|producer| producer.streams.iter())
        .filter_map(|stream| stream.ssrc);
    for (slot, ssrc) in ssrcs.iter_mut().zip(streams) {
        *slot = ssrc;
        count += 1;
    }
    let (sender, ssrcs) = (transport.ssrc, ssrcs.get(..count).unwrap_or_default());
    if !ssrcs.is_empty() {
        transport.send_rtcp(out, |arena| remb::write(arena, sender, ESTIMATE, ssrcs));
    }
}

fn report_reception(
    transport: &mut Transport,
    producers: &mut Slab<Producer>,
    out: &mut Output,
    now: Time,
) {
    let (mut blocks, mut count) = ([ReportBlock::default(); MAX_BLOCKS], 0);
    let slots = std::mem::take(&mut transport.producers);
    for slot in &slots {
        let streams = producers.get_mut(*slot).into_iter();
        let streams = streams.flat_map(|producer| producer.streams.iter_mut());
        for stream in streams.filter(|stream| stream.is_active(now)) {
            let (Some(ssrc), Some(block)) = (stream.ssrc, blocks.get_mut(count)) else {
                continue;
            };
            *block = report_stream(stream, ssrc, now);
            count += 1;
            if count == MAX_BLOCKS {
                send_blocks(transport, &blocks, out);
                count = 0;
            }
        }
    }
    transport.producers = slots;
    send_blocks(transport, blocks.get(..count).unwrap_or_default(), out);
}

fn report_stream(stream: &mut Stream, ssrc: Ssrc, now: Time) -> ReportBlock {
    let loss = stream.reception.report();
    ReportBlock {
        ssrc,
        fraction_lost: loss.fraction,
        cumulative_lost: loss.total.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
        highest_sequence: loss.highest,
        jitter: stream.reception.jitter(),
        last_sender_report: stream.clock.map_or(0, |clock| clock.ntp.compact()),
        delay: stream
            .clock
            .map_or(0, |clock| to_compact(now.since(clock.arrival))),
    }
}

fn send_blocks(transport: &mut Transport, blocks: &[ReportBlock], out: &mut Output) {
    let sender = transport.ssrc;
    if !blocks.is_empty() {
        transport.send_rtcp(out, |arena| rr::write(arena, sender, blocks));
    }
}

/// Sender reports on the producer's own clocks: audio and video of one person keep their common time line, whatever
/// layers are switched in between.
fn report_sending(
    transport: &mut Transport,
    consumers: &mut Slab<Consumer>,
    producers: &Slab<Producer>,
    out: &mut Output,
    now: Time,
) {
    let slots = std::mem::take(&mut transport.consumers);
    let references = std::mem::take(&mut transport.references);
    for some in slots.chunks(SENDERS_PER_COMPOUND) {
        transport.send_rtcp(out, |arena| {
            for slot in some {
                if let Some(consumer) = consumers.get_mut(*slot)
                    && report_consumer(consumer, producers, arena, now).is_some()
                {
                    // A browser keeps the round trip of each stream it receives apart.
                    xr::write_answers(arena, consumer.ssrc, references.answers(now));
                }
            }
        });
    }
    (transport.consumers, transport.references) = (slots, references);
}

fn report_consumer(
    consumer: &mut Consumer,
    producers: &Slab<Producer>,
    arena: &mut Vec<u8>,
    now: Time,
) -> Option<()> {
    let producer = producers.get(consumer.producer)?;
    let stream = producer.streams.get(usize::from(consumer.flowing()?))?;
    let (ntp, rtp) = stream.clock?.at(now, consumer.rate);
    let info = sr::SenderInfo {
        ssrc: consumer.ssrc,
        ntp,
        timestamp: rtp.wrapping_add(consumer.timestamp_shift()),
        packets: consumer.counters.sent.packets as u32,
        bytes: consumer.counters.payload_bytes as u32,
    };
    sr::write(arena, &info, &[]);
    sdes::write(arena, consumer.ssrc, consumer.cname.as_bytes());
    consumer.reported = Some((ntp.compact(), now));
    Some(())
}

fn ask_missing(
    producer: &mut Producer,
    index: usize,
    wanted: &mut Vec<u64>,
    transport: &mut Transport,
    out: &mut Output,
    now: Time,
) {
    let Some(stream) = producer.streams.get_mut(index) else {
        return;
    };
    wanted.clear();
    stream.nack.poll(now, wanted);
    let Some(media) = stream.ssrc.filter(|_| !wanted.is_empty()) else {
        return;
    };
    stream.nacked += wanted.len() as u64;
    out.repairs.nacks_sent += wanted.len() as u64;
    let sender = transport.ssrc;
    transport.send_rtcp(out, |arena| {
        nack::write(
            arena,
            sender,
            media,
            wanted.iter().map(|sequence| *sequence as u16),
        );
    });
}

fn ask_keyframe(
    producer: &mut Producer,
    index: usize,
    transport: &mut Transport,
    out: &mut Output,
    now: Time,
) {
    let Some(stream) = producer.streams.get_mut(index) else {
        return;
    };
    let Some(media) = stream.ssrc.filter(|_| stream.keyframe.poll(now)) else {
        return;
    };
    stream.requests += 1;
    out.repairs.keyframe_requests_sent += 1;
    let sender = transport.ssrc;
    if producer.codec.pli || !producer.codec.fir {
        transport.send_rtcp(out, |arena| pli::write(arena, sender, media));
    } else {
        producer.fir_sequence = producer.fir_sequence.wrapping_add(1);
        let entry = fir::Entry {
            ssrc: media,
            sequence: producer.fir_sequence,
        };
        transport.send_rtcp(out, |arena| fir::write(arena, sender, entry));
    }
}
