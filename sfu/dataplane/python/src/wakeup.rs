//! An eventfd: a file descriptor that is readable while somebody is to wake up.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Readable from [`Wakeup::signal`] until [`Wakeup::clear`].
pub(crate) struct Wakeup(OwnedFd);

impl Wakeup {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; its result is checked before use.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `fd` was just opened and belongs to nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(crate) fn signal(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: the buffer is valid for the 8 bytes an eventfd takes. It fails only when the counter is full, and then
        // the descriptor is readable already.
        unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    pub(crate) fn clear(&self) {
        let mut count = [0u8; 8];
        // SAFETY: the buffer is valid for the 8 bytes an eventfd gives. It fails only when nothing was signalled.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }

    /// Sleeps until somebody is to wake up, `most` at most; says whether somebody is.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        let mut awaited = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: the structure is integers, for which zero bytes are a value; it may have padding on some systems.
        let mut timeout = unsafe { zeroed::<libc::timespec>() };
        timeout.tv_sec = most.as_secs() as _;
        timeout.tv_nsec = most.subsec_nanos() as _;
        // SAFETY: both structures outlive the call; no signal mask is given.
        let ready =
            unsafe { libc::ppoll(&raw mut awaited, 1, &raw const timeout, std::ptr::null()) };
        ready > 0
    }
}

impl AsRawFd for Wakeup {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
