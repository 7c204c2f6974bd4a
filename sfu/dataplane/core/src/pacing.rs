//! Packets whose time has come: written from the producer's history, as they would have been when they came.

use crate::drop::DropReason;
use crate::egress::send_waiting;
use crate::output::Output;
use crate::pacer::{LONGEST_WAIT, Ticket};
use crate::tables::Tables;
use crate::time::Time;

impl Tables {
    /// Send what waited on the transport in `slot` and may go now.
    pub fn poll_pacer(&mut self, slot: usize, out: &mut Output, now: Time) {
        loop {
            let Some(transport) = self.transports.get_mut(slot) else {
                return;
            };
            let Some(ticket) = transport.sending.pacer.take(now) else {
                out.hurry(transport.sending.pacer.due(now));
                return;
            };
            if let Err(reason) = self.send_ticket(slot, &ticket, out, now) {
                out.drops.count(reason);
            }
        }
    }

    fn send_ticket(
        &mut self,
        slot: usize,
        ticket: &Ticket,
        out: &mut Output,
        now: Time,
    ) -> Result<(), DropReason> {
        if now.since(ticket.since) > LONGEST_WAIT {
            return Err(DropReason::PacerLate);
        }
        let consumer = self.consumers.get_mut(ticket.slot);
        let consumer = consumer
            .filter(|consumer| consumer.id == ticket.consumer)
            .ok_or(DropReason::PacerLate)?;
        let producer = self
            .producers
            .get(consumer.producer)
            .ok_or(DropReason::PacerLate)?;
        let transport = self.transports.get_mut(slot).ok_or(DropReason::PacerLate)?;
        send_waiting(consumer, producer, transport, out, (ticket, now))
    }
}
