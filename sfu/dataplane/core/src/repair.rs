//! What is sent once more: because a receiver asks for it, because its feedback says that it was lost, or to see whether
//! more arrives.

use std::time::Duration;

use crate::bandwidth::sent::Gone;
use crate::consumer::Consumer;
use crate::drop::DropReason;
use crate::egress::{Numbers, is_outdated, send};
use crate::output::Output;
use crate::packet::Media;
use crate::producer::Producer;
use crate::resend::Resends;
use crate::rewrite::Translation;
use crate::tables::Tables;
use crate::time::Time;
use crate::transport::Transport;

/// What was sent longer ago no receiver waits for.
const LATE: Duration = Duration::from_millis(600);
/// So many packets that cannot be sent again now, or that one feedback says are lost, are a hole that repairs will not close.
/// A browser gives a packet up after ten requests, 200 ms on a short way, and then waits three seconds before it asks for a
/// key frame.
pub const HOLE: usize = 32;

impl Tables {
    /// A consumer's receiver misses a packet: send it again, as RTX where negotiated.
    pub fn resend(
        &mut self,
        slot: usize,
        sequence: u16,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        let consumer = self
            .consumers
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
        consumer.counters.nacked += 1;
        out.repairs.nacks_received += 1;
        let result = resend(consumer, producer, transport, out, (sequence, true, now));
        consumer.counters.unanswered += u64::from(result.is_err());
        result
    }

    /// What feedback says is lost, or repetitions of it: send it again unless that has been done since. A browser asks for a
    /// packet of a picture that no other needs until it has the next one, which is once; the request or its answer is lost too.
    pub fn resend_lost(&mut self, gone: &[Gone], out: &mut Output, now: Time) {
        if gone.len() >= HOLE {
            return;
        }
        for Gone { carried, sent } in gone {
            let slot = carried.slot as usize;
            let Some(consumer) = self.consumers.get_mut(slot) else {
                continue;
            };
            let producer = self.producers.get(consumer.producer);
            let transport = self.transports.get_mut(consumer.transport);
            let (Some(producer), Some(transport)) = (producer, transport) else {
                continue;
            };
            let done = consumer.resends.was_sent_since(carried.sequence, *sent);
            if consumer.id != carried.consumer || done || now.since(*sent) > LATE {
                continue;
            }
            // Nobody asked: what there is no room for is nobody's loss yet.
            let _ = resend(
                consumer,
                producer,
                transport,
                out,
                (carried.sequence as u16, false, now),
            );
        }
    }
}

fn resend(
    consumer: &mut Consumer,
    producer: &Producer,
    transport: &mut Transport,
    out: &mut Output,
    (sequence, asked, now): (u16, bool, Time),
) -> Result<(), DropReason> {
    let (stream, incoming, mut translation) =
        consumer.find(sequence).ok_or(DropReason::NackUnknown)?;
    let stream = producer
        .streams
        .get(usize::from(stream))
        .ok_or(DropReason::NackUnknown)?;
    let media = stream
        .recall(incoming, &producer.extensions, now)
        .filter(|media| !is_outdated(media, &translation))
        .ok_or(DropReason::NackUnknown)?;
    translation.filler |= consumer.is_left_out(&media.sample);
    let (length, round_trip) = (media.payload.len(), consumer.counters.round_trip);
    if transport.sending.pacer.is_strained(now) {
        return Err(DropReason::NackBudget);
    }
    let carried = consumer.carried(translation.sequence);
    let repeated = consumer
        .resends
        .ask(translation.sequence, length, round_trip, now)?;
    let mut sent = send_again(consumer, transport, out, &media, (&translation, now))?;
    consumer.counters.resent.count(sent);
    transport.sending.carries(carried);
    let lost = consumer.counters.fraction_lost;
    // With so much lost that every answer goes twice, what nobody asked for would leave no room for what is.
    let is_heavy = Resends::doubles(false, lost);
    let doubles = Resends::doubles(repeated, lost) && (asked || !is_heavy);
    if doubles && consumer.rtx.is_some() && consumer.resends.spend(length).is_ok() {
        sent = send_again(consumer, transport, out, &media, (&translation, now))?;
        consumer.counters.resent.count(sent);
        transport.sending.carries(carried);
    }
    Ok(())
}

/// As RTX under the next number of its own, where negotiated; else the same as the first time.
fn send_again(
    consumer: &mut Consumer,
    transport: &mut Transport,
    out: &mut Output,
    media: &Media<'_>,
    (translation, now): (&Translation, Time),
) -> Result<usize, DropReason> {
    let (numbers, index) = match &mut consumer.rtx {
        Some(rtx) => {
            let index = rtx.next;
            let numbers = Numbers::of_rtx(rtx, translation.sequence);
            rtx.next += 1;
            (numbers, index)
        }
        None => (
            Numbers::of_media(consumer, translation.sequence),
            translation.sequence,
        ),
    };
    send(
        consumer,
        transport,
        out,
        media,
        (translation, numbers, index, now),
    )
}

/// Send what was sent last once more, as a retransmission that nobody asked for. Returns its bytes.
pub fn repeat(
    consumer: &mut Consumer,
    producer: &Producer,
    transport: &mut Transport,
    out: &mut Output,
    now: Time,
) -> Result<usize, DropReason> {
    let newest = consumer.newest().ok_or(DropReason::NackUnknown)?;
    let (stream, incoming, translation) = consumer.find(newest).ok_or(DropReason::NackUnknown)?;
    let stream = producer.streams.get(usize::from(stream));
    let media = stream.and_then(|stream| stream.recall(incoming, &producer.extensions, now));
    let media = media
        .filter(|media| !is_outdated(media, &translation))
        .ok_or(DropReason::NackUnknown)?;
    if consumer.rtx.is_none() {
        return Err(DropReason::NackUnknown);
    }
    send_again(consumer, transport, out, &media, (&translation, now))
}
