//! Everything that leaves the engine: datagrams, events, counts, and the next deadline.

use std::collections::VecDeque;

use crate::batch::Batch;
use crate::drop::{DropReason, Drops};
use crate::io::{Event, Tuple};
use crate::loudness::INTERVAL;
use crate::stats::{Repairs, Traffic};
use crate::time::Time;

/// Events that may wait for the control plane. A busy meeting has a handful; only a flood fills this.
pub const MAX_EVENTS: usize = 4096;

/// What waits to be taken by the driver.
#[derive(Debug)]
pub struct Output {
    /// Datagrams to send.
    pub batch: Batch,
    /// Counters of what was dropped.
    pub drops: Drops,
    /// Datagrams sent.
    pub sent: Traffic,
    /// What was asked for again.
    pub repairs: Repairs,
    /// When there is something to do next.
    pub deadline: Time,
    /// When to tell next who can be heard.
    pub heard: Time,
    /// When there is something to do that cannot wait for the next round of what is due.
    pub urgent: Time,
    events: VecDeque<Event>,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            batch: Batch::default(),
            drops: Drops::default(),
            sent: Traffic::default(),
            repairs: Repairs::default(),
            deadline: Time::FAR,
            heard: Time::FAR,
            urgent: Time::FAR,
            events: VecDeque::new(),
        }
    }
}

impl Output {
    /// Append a datagram that `write` makes at the end of the arena.
    pub fn send(
        &mut self,
        tuple: Tuple,
        write: impl FnOnce(&mut Vec<u8>, usize) -> Result<(), DropReason>,
    ) -> Result<usize, DropReason> {
        let sent = self.batch.push(tuple, write)?;
        self.sent.count(sent);
        Ok(sent)
    }

    /// Tell the control plane.
    pub fn tell(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        } else {
            self.drops.count(DropReason::EventsFull);
        }
    }

    /// Take what was told first.
    pub fn take_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Somebody can be heard: tell of it, if that is not under way.
    pub fn listen(&mut self, now: Time) {
        if self.heard == Time::FAR {
            self.heard = now + INTERVAL;
            self.schedule(self.heard);
        }
    }

    /// Be called at `due`, to the millisecond.
    pub fn hurry(&mut self, due: Time) {
        self.urgent = self.urgent.min(due);
        self.schedule(due);
    }

    /// Be called at `due` at the latest.
    pub fn schedule(&mut self, due: Time) {
        self.deadline = self.deadline.min(due);
    }
}
