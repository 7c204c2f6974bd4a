//! The engine: what the driver calls.

use crate::batch::Batch;
use crate::io::{Command, CommandError, Config, Event, Reply, Tuple};
use crate::time::Time;

/// The media plane of one worker, without socket, clock or thread.
#[derive(Debug)]
pub struct Engine {
    batch: Batch,
}

impl Engine {
    /// An engine with nothing in it.
    pub fn new(_config: Config, _now: Time) -> Self {
        Self { batch: Batch::default() }
    }

    /// A datagram came from `tuple`; decrypted in place.
    pub fn datagram(&mut self, _tuple: Tuple, _bytes: &mut [u8], _now: Time) {}

    /// Carry out what the control plane asks.
    pub fn execute(&mut self, _command: Command, _now: Time) -> Result<Reply, CommandError> {
        Ok(Reply::Done)
    }

    /// [`next_timeout`](Self::next_timeout) has come; calling early does no harm.
    pub fn timeout(&mut self, _now: Time) {}

    /// What is to be sent; the driver clears it once it has.
    pub fn transmits(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// The next thing to tell the control plane.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// When to call [`timeout`](Self::timeout); [`Time::FAR`] when there is nothing to do.
    pub fn next_timeout(&self) -> Time {
        Time::FAR
    }
}
