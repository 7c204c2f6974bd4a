//! Events on their way to Python: a bounded queue and a descriptor to wait on.

use crate::wakeup::Wakeup;
use folkmoot_core::io::Event;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Events that wait at most; what comes on top is counted as `event_queue_full`.
pub(crate) const CAPACITY: usize = 8192;

/// DTLS datagrams are taken while fewer events wait: who floods us with them keeps nothing else out.
pub(crate) const DATAGRAM_CAPACITY: usize = 4096;

/// What Python is told.
pub(crate) enum Notice {
    Engine(Event),
    /// The thread ended by itself, for this reason.
    Stopped(String),
}

#[derive(Default)]
struct Waiting {
    notices: VecDeque<Notice>,
    dropped: u64,
}

/// Filled by the data-plane thread, emptied by Python.
pub(crate) struct EventQueue {
    waiting: Mutex<Waiting>,
    readable: Wakeup,
}

impl EventQueue {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            waiting: Mutex::default(),
            readable: Wakeup::new()?,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A queue is whole between two pushes, whoever panicked.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the event in, or counts it when too many wait. The end of the thread always fits.
    pub(crate) fn push(&self, notice: Notice) {
        let limit = match notice {
            Notice::Engine(Event::Dtls { .. }) => DATAGRAM_CAPACITY,
            Notice::Engine(_) => CAPACITY,
            Notice::Stopped(_) => usize::MAX,
        };
        let mut waiting = self.lock();
        if waiting.notices.len() >= limit {
            waiting.dropped += 1;
            return;
        }
        waiting.notices.push_back(notice);
        if waiting.notices.len() == 1 {
            self.readable.signal();
        }
    }

    /// Everything that waits, in order.
    pub(crate) fn drain(&self) -> VecDeque<Notice> {
        let mut waiting = self.lock();
        self.readable.clear();
        std::mem::take(&mut waiting.notices)
    }

    /// Events lost because Python did not fetch them.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }
}

impl AsRawFd for EventQueue {
    fn as_raw_fd(&self) -> RawFd {
        self.readable.as_raw_fd()
    }
}
