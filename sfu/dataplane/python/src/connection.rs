//! One TCP connection: datagrams in, datagrams out, never half a frame.

use crate::poller::{Poller, Token};
use folkmoot_core::framing::{Backlog, Deframer, Garbage};
use folkmoot_core::io::Tuple;
use folkmoot_core::time::Time;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

/// Bytes the kernel may hold unsent: what waits there can be left out no more, and is late.
const UNSENT_BYTES: libc::c_int = 128 << 10;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer closed it, or the network did.
    Gone,
    /// It carries something else than framed datagrams.
    Garbage,
}

/// A connection and what is half done on it.
pub(crate) struct Connection {
    stream: TcpStream,
    pub(crate) tuple: Tuple,
    /// When it was accepted.
    pub(crate) since: Time,
    /// When something came last.
    pub(crate) heard: Time,
    /// Has not shown yet that it knows a password.
    pub(crate) stranger: bool,
    deframer: Deframer,
    backlog: Backlog,
    /// The kernel takes nothing more for now: the poller tells when it does.
    blocked: bool,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        tuple: Tuple,
        poller: &Poller,
        token: Token,
        now: Time,
    ) -> std::io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        limit_unsent(&stream);
        poller.add(&stream, token)?;
        Ok(Self {
            stream,
            tuple,
            since: now,
            heard: now,
            stranger: true,
            deframer: Deframer::default(),
            backlog: Backlog::default(),
            blocked: false,
        })
    }

    /// Reads once and hands on each datagram that is whole.
    pub(crate) fn read(
        &mut self,
        memory: &mut [u8],
        now: Time,
        take: impl FnMut(&mut [u8]),
    ) -> Result<(), End> {
        let count = match self.stream.read(memory) {
            Ok(0) => return Err(End::Gone),
            Ok(count) => count,
            Err(error) if is_transient(error.kind()) => return Ok(()),
            Err(_) => return Err(End::Gone),
        };
        self.heard = now;
        let bytes = memory.get_mut(..count).unwrap_or_default();
        self.deframer
            .feed(bytes, take)
            .map_err(|Garbage| End::Garbage)
    }

    /// Queues a datagram; says whether there was room.
    pub(crate) fn push(&mut self, datagram: &[u8]) -> bool {
        self.backlog.push(datagram)
    }

    /// Sends what the kernel takes, and has the poller tell when it takes more.
    pub(crate) fn flush(&mut self, poller: &Poller, token: Token) -> Result<(), End> {
        let blocked = self.write()?;
        if blocked != self.blocked {
            self.blocked = blocked;
            poller
                .watch_writing(&self.stream, token, blocked)
                .map_err(|_| End::Gone)?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<bool, End> {
        while !self.backlog.is_empty() {
            match self.stream.write(self.backlog.front()) {
                Ok(0) => return Err(End::Gone),
                Ok(count) => self.backlog.sent(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_transient(error.kind()) => return Ok(true),
                Err(_) => return Err(End::Gone),
            }
        }
        Ok(false)
    }

    /// Whether it is of no use to try to write now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Gives back memory that a burst took.
    pub(crate) fn relax(&mut self) {
        self.backlog.relax();
    }
}

fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// A kernel that does not know the option buffers more; nothing else changes.
fn limit_unsent(stream: &TcpStream) {
    // SAFETY: the option's value is one c_int that outlives the call.
    unsafe {
        let value: *const libc::c_int = &UNSENT_BYTES;
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_NOTSENT_LOWAT,
            value.cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
}
