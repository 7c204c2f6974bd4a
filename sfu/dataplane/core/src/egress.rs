//! From a producer's packet to its consumers' datagrams: each decides, rewrites, writes and seals on its own; what is the
//! same for all has been done before.

use slab::Slab;

use crate::codec::red::{self, Red};
use crate::codec::targets::restrict;
use crate::codec::{Codec, descriptor, vp8, vp9};
use crate::consumer::{Consumer, Rtx};
use crate::drop::DropReason;
use crate::extension::{Extension, write_block};
use crate::id::{PayloadType, Ssrc};
use crate::io::Event;
use crate::output::Output;
use crate::pacer::Ticket;
use crate::packet::Media;
use crate::producer::Producer;
use crate::rewrite::{Numbered, Translation, translated};
use crate::rtp::Fields;
use crate::sending::Stamp;
use crate::time::Time;
use crate::transport::Transport;

/// Bytes that one header extension can have (RFC 8285 section 4.3).
const LONGEST_VALUE: usize = 255;

/// Where a packet goes that a consumer gets.
pub struct Receivers<'a> {
    /// All consumers.
    pub consumers: &'a mut Slab<Consumer>,
    /// All transports.
    pub transports: &'a mut Slab<Transport>,
    /// Where the datagrams go.
    pub out: &'a mut Output,
}

impl Receivers<'_> {
    /// Forward a packet to one consumer. Returns the stream it needs a key frame of, if it waits for one.
    pub fn forward(&mut self, slot: usize, media: &Media<'_>) -> Option<u8> {
        let consumer = self.consumers.get_mut(slot)?;
        let transport = self.transports.get_mut(consumer.transport)?;
        let result = if transport.can_send() {
            forward(consumer, transport, self.out, media)
        } else {
            consumer.resync();
            Err(DropReason::NoPath)
        };
        tell_change(consumer, self.out);
        let reason = result.err()?;
        self.out.drops.count(reason);
        (reason == DropReason::AwaitingKeyframe)
            .then(|| consumer.awaits())
            .flatten()
    }
}

/// Tell the control plane which layers a consumer gets, if they changed.
pub fn tell_change(consumer: &mut Consumer, out: &mut Output) {
    if let Some((spatial, temporal, reason)) = consumer.take_change() {
        out.tell(Event::LayersChanged {
            consumer: consumer.id,
            spatial,
            temporal,
            reason,
            estimate: consumer.demand.estimate,
        });
    }
}

fn forward(
    consumer: &mut Consumer,
    transport: &mut Transport,
    out: &mut Output,
    media: &Media<'_>,
) -> Result<(), DropReason> {
    let translation = consumer.decide(&media.sample)?;
    let now = media.sample.arrival;
    // Sound never waits.
    if consumer.codec.has_layers() && !transport.sending.pacer.is_open(now) {
        return wait(consumer, transport, out, media, translation);
    }
    send_media(consumer, transport, out, media, (&translation, now))
}

/// Leave a ticket for a packet that may not go yet.
fn wait(
    consumer: &Consumer,
    transport: &mut Transport,
    out: &mut Output,
    media: &Media<'_>,
    translation: Translation,
) -> Result<(), DropReason> {
    let sample = &media.sample;
    let ticket = Ticket {
        slot: consumer.slot,
        consumer: consumer.id,
        stream: sample.stream,
        incoming: sample.sequence,
        translation,
        since: sample.arrival,
    };
    let pacer = &mut transport.sending.pacer;
    if !pacer.wait(ticket) {
        return Err(DropReason::PacerFull);
    }
    out.hurry(pacer.due(sample.arrival));
    Ok(())
}

/// Send a packet that waited, as it would have been sent when it came.
pub fn send_waiting(
    consumer: &mut Consumer,
    producer: &Producer,
    transport: &mut Transport,
    out: &mut Output,
    (ticket, now): (&Ticket, Time),
) -> Result<(), DropReason> {
    let stream = producer.streams.get(usize::from(ticket.stream));
    let media = stream.and_then(|stream| stream.recall(ticket.incoming, &producer.extensions, now));
    let media = media
        .filter(|media| !is_outdated(media, &ticket.translation))
        .ok_or(DropReason::PacerLate)?;
    send_media(consumer, transport, out, &media, (&ticket.translation, now))
}

fn send_media(
    consumer: &mut Consumer,
    transport: &mut Transport,
    out: &mut Output,
    media: &Media<'_>,
    (translation, now): (&Translation, Time),
) -> Result<(), DropReason> {
    let sequence = translation.sequence;
    let numbers = Numbers::of_media(consumer, sequence);
    let sent = send(
        consumer,
        transport,
        out,
        media,
        (translation, numbers, sequence, now),
    )?;
    consumer.counters.sent.count(sent);
    consumer.counters.bitrate.count(sent, now);
    consumer.counters.payload_bytes += media.payload.len() as u64;
    transport.sending.carries(consumer.carried(sequence));
    // A receiver that wants more repaired than others must own to the loss where it lowers its own estimate.
    let lost = consumer
        .counters
        .fraction_lost
        .min(transport.sending.lost());
    consumer.resends.earn(sent, lost);
    Ok(())
}

/// Write, seal and send one packet at `now`, under the `index` that its stream is sealed by.
pub fn send(
    consumer: &Consumer,
    transport: &mut Transport,
    out: &mut Output,
    media: &Media<'_>,
    (translation, numbers, index, now): (&Translation, Numbers, u64, Time),
) -> Result<usize, DropReason> {
    let stamp = consumer
        .stamp_ids
        .any()
        .then(|| transport.sending.stamp(now));
    let sent = transport.send_rtp(out, index, |arena| {
        write(
            arena,
            consumer,
            media,
            translation,
            &numbers,
            stamp.as_ref(),
        );
    })?;
    transport.sending.pacer.spend(sent);
    if consumer.stamp_ids.number.is_some() {
        transport.sending.stamped(sent, now);
    } else {
        transport.sending.unstamped(sent);
    }
    Ok(sent)
}

/// What tells a packet of the media stream from the same in the retransmission stream.
pub struct Numbers {
    ssrc: Ssrc,
    payload_type: PayloadType,
    sequence: u16,
    original: Option<u16>,
}

impl Numbers {
    /// Of the stream itself.
    pub fn of_media(consumer: &Consumer, sequence: u64) -> Self {
        Self {
            ssrc: consumer.ssrc,
            payload_type: consumer.payload_type,
            sequence: sequence as u16,
            original: None,
        }
    }

    /// Of its repetitions.
    pub fn of_rtx(rtx: &Rtx, original: u64) -> Self {
        let (ssrc, payload_type) = (rtx.ssrc, rtx.payload_type);
        Self {
            ssrc,
            payload_type,
            sequence: rtx.next as u16,
            original: Some(original as u16),
        }
    }
}

/// Append the packet as the consumer gets it. Depends on nothing but its arguments, and without a stamp on nothing that
/// changes, so that the same packet sent again is the same to the last byte: under one SRTP index there must never be two.
fn write(
    arena: &mut Vec<u8>,
    consumer: &Consumer,
    media: &Media<'_>,
    translation: &Translation,
    numbers: &Numbers,
    stamp: Option<&Stamp>,
) {
    // A retransmission stream stands for packets of one payload type: in it the copies are left out.
    let red = consumer
        .red
        .zip(media.red)
        .filter(|_| numbers.original.is_none());
    let fields = Fields {
        marker: (media.marker || translation.ends_picture) && !translation.filler,
        payload_type: red.map_or(numbers.payload_type, |(payload_type, _)| payload_type),
        sequence: numbers.sequence,
        timestamp: media
            .sample
            .timestamp
            .wrapping_add(translation.shift.timestamp),
        ssrc: numbers.ssrc,
    };
    let mid = consumer.mid_id.map(|id| (id, consumer.mid.as_bytes()));
    let descriptor = OwnDescriptor::new(media, translation);
    let values = media.values.under(&consumer.extensions);
    let values = values.map(|(id, value)| match &descriptor {
        Some(descriptor) if Some(id) == consumer.descriptor_id => (id, descriptor.value()),
        _ => (id, value),
    });
    let values = values.take_while(|_| !translation.filler);
    let stamps = stamp
        .into_iter()
        .flat_map(|stamp| consumer.stamp_ids.elements(stamp));
    let elements = mid.into_iter().chain(stamps).chain(values);
    fields.write(arena, elements.clone().next().is_some());
    write_block(arena, elements);
    if let Some(original) = numbers.original {
        arena.extend_from_slice(&original.to_be_bytes());
    }
    match red {
        _ if translation.filler => {}
        Some((_, red)) => write_red(arena, consumer.payload_type, &red),
        None => write_payload(arena, consumer, media, translation),
    }
}

/// A dependency descriptor with its frame number shifted and its decode targets cut to what is forwarded.
struct OwnDescriptor {
    bytes: [u8; LONGEST_VALUE],
    length: usize,
}

impl OwnDescriptor {
    /// `None` where nothing changes: while a stream with descriptors was not switched and all of it is forwarded.
    fn new(media: &Media<'_>, translation: &Translation) -> Option<Self> {
        let (frame, shift) = (&media.sample.frame, translation.shift);
        let described = frame.frame_number.is_some() && frame.picture_id.is_none();
        if !described || (shift.picture == 0 && translation.limit.is_none()) {
            return None;
        }
        let value = media.values.get(Extension::DependencyDescriptor)?;
        let mut bytes = [0; LONGEST_VALUE];
        let limited = translation.limit.zip(media.announced.as_ref());
        let restricted =
            limited.and_then(|(limit, announced)| restrict(value, announced, limit, &mut bytes));
        let length = match restricted {
            Some(length) => length,
            None => {
                bytes.get_mut(..value.len())?.copy_from_slice(value);
                value.len()
            }
        };
        descriptor::renumber(bytes.get_mut(..length)?, translated(frame, shift).picture);
        Some(Self { bytes, length })
    }

    fn value(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Whether what had been announced when the packet was first sent is needed to write the same again, and is not known any
/// more.
pub fn is_outdated(media: &Media<'_>, translation: &Translation) -> bool {
    translation.limit.is_some() && media.sample.frame.announced != 0 && media.announced.is_none()
}

/// Append a payload with all its copies, each of which is said to be of `codec`.
pub fn write_red(arena: &mut Vec<u8>, codec: PayloadType, red: &Red<'_>) {
    let start = arena.len();
    arena.extend_from_slice(red.whole);
    red::rewrite(arena.get_mut(start..).unwrap_or_default(), codec);
}

fn write_payload(
    arena: &mut Vec<u8>,
    consumer: &Consumer,
    media: &Media<'_>,
    translation: &Translation,
) {
    let start = arena.len();
    arena.extend_from_slice(media.payload);
    let (frame, shift) = (&media.sample.frame, translation.shift);
    let is_shifted = shift.picture != 0 || shift.tl0 != 0 || shift.key != 0;
    if frame.picture_id.is_none() || !is_shifted {
        return;
    }
    let Numbered { picture, tl0, key } = translated(frame, shift);
    let payload = arena.get_mut(start..).unwrap_or_default();
    // Only a payload that has a picture id gets here, and that one has been read before.
    let _ = match consumer.codec {
        Codec::Vp8 => vp8::rewrite(payload, picture, tl0, key),
        Codec::Vp9 => vp9::rewrite(payload, picture, tl0),
        _ => Ok(()),
    };
}
