//! Packets sent only to see whether they arrive: what flowed a moment ago, sent again as a retransmission nobody asked for.

use crate::consumer::Consumer;
use crate::output::Output;
use crate::repair::repeat;
use crate::tables::Tables;
use crate::time::Time;

/// Packets of a probe sent at one go; a thread that was late catches up in more than one.
const AT_ONCE: usize = 16;

impl Tables {
    /// Send the packets of a probe of the transport in `slot` that are due.
    pub fn poll_probe(&mut self, slot: usize, out: &mut Output, now: Time) {
        for _ in 0..AT_ONCE {
            let Some(transport) = self.transports.get_mut(slot) else {
                return;
            };
            let due = transport.sending.estimator().due();
            if due > now {
                out.hurry(due);
                return;
            }
            if self.pad(slot, out, now).is_none() {
                // Nothing to send it as: the cluster ends by itself.
                return;
            }
        }
        out.hurry(now);
    }

    fn pad(&mut self, slot: usize, out: &mut Output, now: Time) -> Option<()> {
        let transport = self.transports.get_mut(slot)?;
        let carries = |slot: &&usize| self.consumers.get(**slot).is_some_and(Consumer::pads);
        let consumer = *transport.consumers.iter().find(carries)?;
        let consumer = self.consumers.get_mut(consumer)?;
        let producer = self.producers.get(consumer.producer)?;
        let sent = repeat(consumer, producer, transport, out, now).ok()?;
        consumer.counters.padding.count(sent);
        transport.sending.probes += 1;
        Some(())
    }
}
