//! Waiting for many descriptors at once: what it costs does not depend on how many there are (epoll(7)).

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Descriptors one call to [`Poller::wait`] tells of; the others are told of by the next one.
const EVENTS: usize = 64;

/// Names a descriptor to who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Somebody asks something.
    Asked,
    /// The UDP socket of the near address of this index.
    Socket(u8),
    /// The TCP listener of the near address of this index.
    Listener(u8),
    /// The connection in this slot.
    Connection(u32),
}

impl Token {
    fn pack(self) -> u64 {
        let (kind, number) = match self {
            Self::Asked => (0, 0),
            Self::Socket(local) => (1, u32::from(local)),
            Self::Listener(local) => (2, u32::from(local)),
            Self::Connection(slot) => (3, slot),
        };
        kind << 32 | u64::from(number)
    }

    fn unpack(packed: u64) -> Self {
        let number = packed as u32;
        match packed >> 32 {
            1 => Self::Socket(number as u8),
            2 => Self::Listener(number as u8),
            3 => Self::Connection(number),
            _ => Self::Asked,
        }
    }
}

/// One descriptor that is ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) token: Token,
    /// Something came, or an error or the end, which reading finds out.
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

/// Descriptors leave by being closed.
pub(crate) struct Poller {
    epoll: OwnedFd,
    events: Box<[libc::epoll_event; EVENTS]>,
    ready: usize,
    /// Old kernels and some sandboxes wait in whole milliseconds only.
    coarse: bool,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes no pointers; its result is checked before use.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            // SAFETY: `fd` was just opened and belongs to nobody else.
            epoll: unsafe { OwnedFd::from_raw_fd(fd) },
            events: Box::new([libc::epoll_event { events: 0, u64: 0 }; EVENTS]),
            ready: 0,
            coarse: false,
        })
    }

    /// Tell of it whenever it is readable.
    pub(crate) fn add(&self, fd: &impl AsRawFd, token: Token) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd.as_raw_fd(), token, libc::EPOLLIN)
    }

    /// Tell of it also when it is writable, or no longer so.
    pub(crate) fn watch_writing(
        &self,
        fd: &impl AsRawFd,
        token: Token,
        wanted: bool,
    ) -> io::Result<()> {
        let events = libc::EPOLLIN | if wanted { libc::EPOLLOUT } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, fd.as_raw_fd(), token, events)
    }

    /// Tell of it no more, or again.
    pub(crate) fn watch_reading(
        &self,
        fd: &impl AsRawFd,
        token: Token,
        wanted: bool,
    ) -> io::Result<()> {
        let events = if wanted { libc::EPOLLIN } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, fd.as_raw_fd(), token, events)
    }

    fn control(&self, action: i32, fd: RawFd, token: Token, events: i32) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: events as u32,
            u64: token.pack(),
        };
        // SAFETY: `event` outlives the call, which only reads it.
        let result = unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), action, fd, &raw mut event) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Sleeps until something is ready, `wait` at most. An interrupted sleep is a short one.
    pub(crate) fn wait(&mut self, wait: Duration) {
        let found = if self.coarse {
            self.wait_coarsely(wait)
        } else {
            self.wait_exactly(wait)
        };
        self.ready = usize::try_from(found).unwrap_or(0);
    }

    fn wait_exactly(&mut self, wait: Duration) -> i64 {
        // SAFETY: the structure is integers, for which zero bytes are a value; it may have padding on some systems.
        let mut timeout = unsafe { zeroed::<libc::timespec>() };
        timeout.tv_sec = wait.as_secs() as _;
        timeout.tv_nsec = wait.subsec_nanos() as _;
        // SAFETY: `events` has room for EVENTS structures, `timeout` outlives the call; no signal mask is given.
        let found = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                self.events.as_mut_ptr(),
                EVENTS as libc::c_int,
                &raw const timeout,
                std::ptr::null::<libc::sigset_t>(),
                0usize,
            )
        };
        let refused = found < 0
            && matches!(
                io::Error::last_os_error().raw_os_error(),
                Some(libc::ENOSYS | libc::EPERM)
            );
        if refused {
            self.coarse = true;
            return self.wait_coarsely(wait);
        }
        found as i64
    }

    fn wait_coarsely(&mut self, wait: Duration) -> i64 {
        let millis = wait.as_micros().div_ceil(1000);
        // SAFETY: `events` has room for EVENTS structures.
        let found = unsafe {
            libc::epoll_wait(
                self.epoll.as_raw_fd(),
                self.events.as_mut_ptr(),
                EVENTS as libc::c_int,
                i32::try_from(millis).unwrap_or(i32::MAX),
            )
        };
        i64::from(found)
    }

    /// How many descriptors the last wait found ready.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// One of them.
    pub(crate) fn get(&self, index: usize) -> Option<Ready> {
        let event = self.events.get(index).filter(|_| index < self.ready)?;
        let (events, packed) = (event.events as i32, event.u64);
        Some(Ready {
            token: Token::unpack(packed),
            readable: events & (libc::EPOLLIN | libc::EPOLLERR | libc::EPOLLHUP) != 0,
            writable: events & libc::EPOLLOUT != 0,
        })
    }
}
