//! From a datagram of a validated path to a producer's packet: decrypt, find the stream, unwrap retransmissions, read once.

use crate::drop::DropReason;
use crate::egress::Receivers;
use crate::extension::Extension;
use crate::id::Ssrc;
use crate::output::Output;
use crate::pipe;
use crate::producer::Producer;
use crate::rtp::{Fields, Header, HeaderMut, Packet};
use crate::spec::Kind;
use crate::stream::{Stream, Way};
use crate::tables::Tables;
use crate::time::Time;
use crate::transport::{Source, Transport};

/// Bytes of the original sequence number in front of a retransmitted payload (RFC 4588 section 4).
const OSN: usize = 2;

impl Tables {
    /// An SRTP packet of the transport in `slot`, decrypted in place.
    pub fn receive_rtp(
        &mut self,
        slot: usize,
        bytes: &mut [u8],
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or(DropReason::TupleNotValidated)?;
        let length = transport.session.open_rtp(bytes)?;
        let bytes = bytes.get_mut(..length).ok_or(DropReason::SrtpMalformed)?;
        let header = Header::parse(bytes).map_err(|_| DropReason::RtpMalformed)?;
        let source = self
            .source(slot, &header, bytes)
            .inspect_err(|_| self.forget_stray(slot, header.fields.ssrc))?;
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or(DropReason::TupleNotValidated)?;
        let producer = self
            .producers
            .get_mut(source.producer)
            .ok_or(DropReason::RtpUnknownStream)?;
        note_arrival(transport, producer, &header, bytes, out, now);
        let way = producer
            .way(header.fields.payload_type)
            .ok_or(DropReason::RtpPayloadType)?;
        if way != source.way {
            return Err(DropReason::RtpPayloadType);
        }
        let bytes = match way {
            Way::Direct => &*bytes,
            Way::Repaired => unwrap_retransmission(bytes, &header, producer, source.stream)?,
        };
        self.distribute(source, bytes, out, now)
    }

    /// What the SSRC of a packet is on this transport: bound before, or recognised by MID and RID now.
    fn source(&mut self, slot: usize, header: &Header, bytes: &[u8]) -> Result<Source, DropReason> {
        let transport = self
            .transports
            .get(slot)
            .ok_or(DropReason::TupleNotValidated)?;
        let Fields {
            ssrc, payload_type, ..
        } = header.fields;
        if let Some(source) = transport.incoming.get(&ssrc) {
            return Ok(*source);
        }
        let elements = header.elements(bytes);
        let found = transport.producers.iter().find_map(|&slot| {
            let producer = self.producers.get(slot)?;
            let way = producer.way(payload_type)?;
            let stream = producer.recognise(&elements, way)?;
            Some(Source {
                producer: slot,
                stream,
                way,
            })
        });
        let source = found.ok_or(DropReason::RtpUnknownStream)?;
        self.adopt(slot, ssrc, source)?;
        Ok(source)
    }

    /// Bind an SSRC recognised by its extensions; it may replace the one the encoding had before.
    fn adopt(&mut self, slot: usize, ssrc: Ssrc, source: Source) -> Result<(), DropReason> {
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or(DropReason::TupleNotValidated)?;
        let producer = self
            .producers
            .get_mut(source.producer)
            .ok_or(DropReason::RtpUnknownStream)?;
        let stream = producer
            .streams
            .get_mut(source.stream)
            .ok_or(DropReason::RtpUnknownStream)?;
        let (signalled, former) = match source.way {
            Way::Direct => (stream.encoding.ssrc, stream.ssrc),
            Way::Repaired => (stream.encoding.rtx_ssrc, stream.rtx_ssrc),
        };
        if signalled.is_some() {
            return Err(DropReason::RtpUnknownStream);
        }
        if let Some(former) = former {
            transport.unbind(former);
        }
        transport.bind(ssrc, source)?;
        match (source.way, former) {
            (Way::Repaired, _) => stream.rtx_ssrc = Some(ssrc),
            (Way::Direct, None) => stream.ssrc = Some(ssrc),
            (Way::Direct, Some(_)) => {
                stream.replace(ssrc);
                let index = stream.index;
                for consumer in &producer.consumers {
                    if let Some(consumer) = self.consumers.get_mut(*consumer) {
                        consumer.replaced(index);
                    }
                }
                for consumer in &producer.pipe_consumers {
                    if let Some(consumer) = self.pipe_consumers.get_mut(*consumer) {
                        consumer.replaced(index);
                    }
                }
            }
        }
        Ok(())
    }

    /// Let the stream take the packet in, and every consumer of the producer forward it.
    fn distribute(
        &mut self,
        source: Source,
        bytes: &[u8],
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        let packet = Packet::parse(bytes).map_err(|_| DropReason::RtpMalformed)?;
        let producer = self
            .producers
            .get_mut(source.producer)
            .ok_or(DropReason::RtpUnknownStream)?;
        let stream = producer
            .streams
            .get_mut(source.stream)
            .ok_or(DropReason::RtpUnknownStream)?;
        let missing = stream.nack.len();
        let received = stream.receive(bytes, &packet, source.way, &producer.extensions, now);
        let (index, lost_more) = (stream.index, stream.nack.len() > missing);
        if lost_more {
            out.schedule(stream.nack.due());
        }
        out.schedule(stream.keyframe.due());
        if producer.awakens(index) || producer.misses(index, now) {
            self.refresh(source.producer, out, now);
        }
        let media = received?;
        let producer = self
            .producers
            .get_mut(source.producer)
            .ok_or(DropReason::RtpUnknownStream)?;
        if media.sample.frame.keyframe {
            // Also for those who began to wait a line above: they get this very packet.
            satisfied(&mut producer.streams, source.stream);
        }
        if producer.kind == Kind::Audio
            && let Some(level) = media.values.get(Extension::AudioLevel)
        {
            producer.loudness.note(level);
            out.listen(now);
        }
        if producer.paused {
            return Err(DropReason::ProducerPaused);
        }
        let (consumers, transports) = (&mut self.consumers, &mut self.transports);
        let mut receivers = Receivers {
            consumers,
            transports,
            out,
        };
        for consumer in &producer.consumers {
            if let Some(needed) = receivers.forward(*consumer, &media) {
                want_keyframe(&mut producer.streams, needed, receivers.out);
            }
        }
        for slot in &producer.pipe_consumers {
            if let Some(consumer) = self.pipe_consumers.get_mut(*slot)
                && let Err(reason) = pipe::forward(consumer, &mut self.transports, out, &media)
            {
                out.drops.count(reason);
            }
        }
        Ok(())
    }

    /// Look again which streams of a producer flow, and let its consumers aim anew.
    pub fn refresh(&mut self, slot: usize, out: &mut Output, now: Time) {
        let Some(producer) = self.producers.get_mut(slot) else {
            return;
        };
        if !producer.refresh_active(now) {
            return;
        }
        for consumer in &producer.consumers {
            if let Some(consumer) = self.consumers.get_mut(*consumer) {
                consumer.available(producer.active);
                if let Some(needed) = consumer.awaits() {
                    want_keyframe(&mut producer.streams, needed, out);
                }
            }
        }
        out.schedule(producer.due());
    }
}

fn satisfied(streams: &mut [Stream], index: usize) {
    if let Some(stream) = streams.get_mut(index) {
        stream.keyframe.came();
    }
}

/// Somebody needs a key frame of the stream `index`.
pub fn want_keyframe(streams: &mut [Stream], index: u8, out: &mut Output) {
    if let Some(stream) = streams.get_mut(usize::from(index)) {
        stream.want_keyframe();
        out.schedule(stream.keyframe.due());
    }
}

fn note_arrival(
    transport: &mut Transport,
    producer: &Producer,
    header: &Header,
    bytes: &[u8],
    out: &mut Output,
    now: Time,
) {
    let id = producer
        .extensions
        .id(Extension::TransportSequence)
        .filter(|_| producer.codec.twcc);
    let value = id.and_then(|id| header.elements(bytes).find(id));
    if let Some(&[high, low]) = value {
        transport
            .arrivals
            .note(u16::from_be_bytes([high, low]), header.fields.ssrc, now);
        out.schedule(transport.arrivals.due());
    }
}

/// Make a retransmission the packet it once was, in place: its header moves over the original sequence number.
fn unwrap_retransmission<'a>(
    bytes: &'a mut [u8],
    header: &Header,
    producer: &Producer,
    stream: usize,
) -> Result<&'a [u8], DropReason> {
    let payload = header
        .payload_range(bytes)
        .map_err(|_| DropReason::RtpMalformed)?;
    if payload.is_empty() {
        return Err(DropReason::RtpEmpty);
    }
    let original = bytes
        .get(payload)
        .and_then(|payload| payload.first_chunk::<OSN>());
    let sequence = original
        .map(|original| u16::from_be_bytes(*original))
        .ok_or(DropReason::RtxMalformed)?;
    let ssrc = producer
        .streams
        .get(stream)
        .and_then(|stream| stream.ssrc)
        .ok_or(DropReason::RtxMalformed)?;
    bytes.copy_within(..header.length, OSN);
    let bytes = bytes.get_mut(OSN..).ok_or(DropReason::RtxMalformed)?;
    HeaderMut::new(bytes)
        .ok_or(DropReason::RtxMalformed)?
        .set_payload_type(producer.codec.payload_type)
        .set_sequence(sequence)
        .set_ssrc(ssrc);
    Ok(bytes)
}
