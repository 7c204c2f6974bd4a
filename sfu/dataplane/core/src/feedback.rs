//! What browsers say in RTCP, and what is done about it.

use crate::clock::SenderClock;
use crate::drop::DropReason;
use crate::id::Ssrc;
use crate::ingress::want_keyframe;
use crate::output::Output;
use crate::repair::HOLE;
use crate::rtcp::{Compound, Packet, ReportBlock, nack, sr, twcc::Twcc};
use crate::tables::Tables;
use crate::time::{Time, from_compact};

impl Tables {
    /// An SRTCP compound of the transport in `slot`, decrypted in place.
    pub fn receive_rtcp(
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
        let length = transport.session.open_rtcp(bytes)?;
        let bytes = bytes.get(..length).ok_or(DropReason::SrtpMalformed)?;
        let compound = Compound::parse(bytes).map_err(|_| DropReason::RtcpMalformed)?;
        for packet in compound {
            let done = match packet {
                Ok(packet) => self.receive_rtcp_packet(slot, &packet, out, now),
                Err(_) => Err(DropReason::RtcpMalformed),
            };
            if let Err(reason) = done {
                out.drops.count(reason);
            }
        }
        Ok(())
    }

    fn receive_rtcp_packet(
        &mut self,
        slot: usize,
        packet: &Packet<'_>,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        match packet {
            Packet::SenderReport(report) => {
                let known = self.take_sender_info(slot, &report.info, now);
                self.take_blocks(slot, report.blocks.clone(), now);
                known
            }
            Packet::ReceiverReport(report) => {
                self.take_blocks(slot, report.blocks.clone(), now);
                Ok(())
            }
            Packet::Nack(nack) => self.take_nack(slot, nack, out, now),
            Packet::Pli(pli) => self.take_keyframe_request(slot, pli.media, out),
            Packet::Fir(fir) => fir
                .entries()
                .try_for_each(|entry| self.take_keyframe_request(slot, entry.ssrc, out)),
            Packet::Twcc(feedback) => self.take_arrivals(slot, feedback, out, now),
            Packet::Remb(estimate) => {
                if let Some(transport) = self.transports.get_mut(slot) {
                    let estimator = transport.sending.estimator();
                    estimator.receiver_estimate(estimate.bitrate, now);
                    transport.sending.adjust(now);
                }
                Ok(())
            }
            Packet::ExtendedReport(report) => {
                let transport = self.transports.get_mut(slot);
                if let Some((transport, time)) = transport.zip(report.reference) {
                    transport.references.note(report.sender, time, now);
                }
                Ok(())
            }
            // A BYE tells nothing that the control plane does not: an SSRC that was bound stays bound.
            _ => Ok(()),
        }
    }

    /// Transport-wide feedback: what became of what was sent, and with it perhaps the moment to probe.
    fn take_arrivals(
        &mut self,
        slot: usize,
        feedback: &Twcc<'_>,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let estimator = transport.sending.estimator();
        estimator.feedback(feedback.statuses(), now);
        out.hurry(estimator.poll(now));
        let gone = std::mem::take(estimator.gone());
        if transport.sending.adjust(now) {
            transport.pace.advance();
            out.schedule(now);
        }
        self.resend_lost(&gone, out, now);
        if let Some(transport) = self.transports.get_mut(slot) {
            *transport.sending.estimator().gone() = gone;
        }
        Ok(())
    }

    fn take_sender_info(
        &mut self,
        slot: usize,
        info: &sr::SenderInfo,
        now: Time,
    ) -> Result<(), DropReason> {
        let transport = self
            .transports
            .get(slot)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let source = transport
            .incoming
            .get(&info.ssrc)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let producer = self
            .producers
            .get_mut(source.producer)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let stream = producer
            .streams
            .get_mut(source.stream)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        if stream.ssrc == Some(info.ssrc) {
            stream.clock = Some(SenderClock {
                ntp: info.ntp,
                rtp: info.timestamp,
                arrival: now,
            });
        }
        Ok(())
    }

    fn take_blocks(&mut self, slot: usize, blocks: impl Iterator<Item = ReportBlock>, now: Time) {
        for block in blocks {
            self.take_block(slot, &block, now);
        }
    }

    fn take_block(&mut self, slot: usize, block: &ReportBlock, now: Time) {
        if let Some(strand) = self.strand_of(slot, block.ssrc) {
            return self.take_strand_block(strand, block);
        }
        let consumer = self
            .consumer_of(slot, block.ssrc)
            .and_then(|slot| self.consumers.get_mut(slot));
        let Some(consumer) = consumer.filter(|consumer| consumer.ssrc == block.ssrc) else {
            return;
        };
        let counters = &mut consumer.counters;
        counters.fraction_lost = block.fraction_lost;
        counters.lost = i64::from(block.cumulative_lost);
        counters.jitter = block.jitter;
        if let Some((report, sent)) = consumer.reported
            && report == block.last_sender_report
        {
            let round_trip = now.since(sent).checked_sub(from_compact(block.delay));
            counters.round_trip = round_trip.or(counters.round_trip);
        }
    }

    fn consumer_of(&self, slot: usize, ssrc: Ssrc) -> Option<usize> {
        self.transports.get(slot)?.outgoing.get(&ssrc).copied()
    }

    fn take_nack(
        &mut self,
        slot: usize,
        nack: &nack::Nack<'_>,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        if let Some(strand) = self.strand_of(slot, nack.media) {
            for sequence in nack.sequences() {
                if let Err(reason) = self.resend_strand(strand, sequence, out, now) {
                    out.drops.count(reason);
                }
            }
            return Ok(());
        }
        let slot = self
            .consumer_of(slot, nack.media)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        let consumer = self
            .consumers
            .get(slot)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        if !consumer.nack || consumer.ssrc != nack.media {
            return Err(DropReason::RtcpUnknownSsrc);
        }
        let mut refused = 0;
        for sequence in nack.sequences() {
            if let Err(reason) = self.resend(slot, sequence, out, now) {
                out.drops.count(reason);
                refused += usize::from(reason != DropReason::NackRepeated);
            }
        }
        if refused >= HOLE {
            self.request_keyframe(slot, out);
        }
        Ok(())
    }

    fn take_keyframe_request(
        &mut self,
        slot: usize,
        media: Ssrc,
        out: &mut Output,
    ) -> Result<(), DropReason> {
        if let Some(strand) = self.strand_of(slot, media) {
            self.request_strand_keyframe(strand, out);
            return Ok(());
        }
        let slot = self
            .consumer_of(slot, media)
            .ok_or(DropReason::RtcpUnknownSsrc)?;
        if let Some(consumer) = self.consumers.get_mut(slot) {
            consumer.counters.keyframe_requests += 1;
            out.repairs.keyframe_requests_received += 1;
        }
        self.request_keyframe(slot, out);
        Ok(())
    }

    /// Want a key frame of what a consumer gets, or waits for.
    pub fn request_keyframe(&mut self, slot: usize, out: &mut Output) {
        let Some(consumer) = self.consumers.get(slot) else {
            return;
        };
        let Some(producer) = self
            .producers
            .get_mut(consumer.producer)
            .filter(|producer| !producer.paused)
        else {
            return;
        };
        if let Some(needed) = consumer.awaits().or(consumer.flowing()) {
            want_keyframe(&mut producer.streams, needed, out);
        }
    }
}
