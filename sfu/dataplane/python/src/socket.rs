//! The UDP socket: bound once, large buffers, many datagrams received for one system call.

use crate::address::RawAddress;
use std::io;
use std::mem::zeroed;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

/// Asked of the kernel for each direction: a burst of key frames to a full meeting fits.
const BUFFER_BYTES: libc::c_int = 8 << 20;

/// Datagrams received at once.
pub(crate) const RECEIVE_BATCH: usize = 32;

/// Longer datagrams are no media of ours: they are counted and dropped.
const DATAGRAM_BYTES: usize = 2048;

/// Binds without blocking and asks for large buffers. IPv6 sockets take IPv4 as well where the system lets them.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    let fd = socket.as_raw_fd();
    enlarge(fd, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF);
    enlarge(fd, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF);
    Ok(socket)
}

/// Past the system's limit where we may, up to it where we may not. Smaller buffers lose packets, they break nothing.
fn enlarge(fd: RawFd, forced: libc::c_int, limited: libc::c_int) {
    for option in [forced, limited] {
        // SAFETY: the option's value is one c_int that outlives the call.
        let result = unsafe {
            let value: *const libc::c_int = &BUFFER_BYTES;
            let size = size_of::<libc::c_int>() as libc::socklen_t;
            libc::setsockopt(fd, libc::SOL_SOCKET, option, value.cast(), size)
        };
        if result == 0 {
            return;
        }
    }
}

/// What one call to [`Receiver::receive`] brought.
pub(crate) struct Received {
    /// Datagrams, also those that turn out to be truncated.
    pub(crate) count: usize,
    /// The batch was full, so there may be more.
    pub(crate) more: bool,
}

/// Memory for one batch. The kernel's structures point into the boxes, which never move or shrink.
pub(crate) struct Receiver {
    bytes: Box<[[u8; DATAGRAM_BYTES]; RECEIVE_BATCH]>,
    addresses: Box<[RawAddress; RECEIVE_BATCH]>,
    parts: Box<[libc::iovec; RECEIVE_BATCH]>,
    headers: Box<[libc::mmsghdr; RECEIVE_BATCH]>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        // SAFETY: both structures are integers and pointers, for which zero bytes are a value.
        let (part, header) = unsafe { (zeroed::<libc::iovec>(), zeroed::<libc::mmsghdr>()) };
        let mut receiver = Self {
            bytes: Box::new([[0; DATAGRAM_BYTES]; RECEIVE_BATCH]),
            addresses: Box::new([RawAddress::empty(); RECEIVE_BATCH]),
            parts: Box::new([part; RECEIVE_BATCH]),
            headers: Box::new([header; RECEIVE_BATCH]),
        };
        receiver.link();
        receiver
    }

    fn link(&mut self) {
        let memory = self.bytes.iter_mut().zip(self.addresses.iter_mut());
        let kernel = self.parts.iter_mut().zip(self.headers.iter_mut());
        for ((bytes, address), (part, header)) in memory.zip(kernel) {
            *part = libc::iovec {
                iov_base: bytes.as_mut_ptr().cast(),
                iov_len: DATAGRAM_BYTES,
            };
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut *address).cast();
            header.msg_hdr.msg_namelen = RawAddress::SIZE;
        }
    }

    /// Takes what waits in the socket, up to a batch. Never blocks.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> Received {
        // The kernel writes through these pointers: they are made anew from the boxes for every call.
        self.link();
        // SAFETY: `headers` holds RECEIVE_BATCH structures whose pointers were just set to boxes of `self`, with their
        // true sizes; nothing else borrows them during the call.
        let count = unsafe {
            let length = RECEIVE_BATCH as libc::c_uint;
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                length,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        // An error is "nothing there", or an ICMP answer to something sent earlier: the next call finds what there is.
        let count = usize::try_from(count).unwrap_or(0);
        Received {
            count,
            more: count == RECEIVE_BATCH,
        }
    }

    /// The datagrams of the last batch; `None` for one that was truncated or has no Internet address.
    pub(crate) fn datagrams(
        &mut self,
        count: usize,
    ) -> impl Iterator<Item = Option<(SocketAddr, &mut [u8])>> {
        let memory = self.bytes.iter_mut().zip(self.addresses.iter());
        memory
            .zip(self.headers.iter())
            .take(count)
            .map(|((bytes, address), header)| {
                if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
                    return None;
                }
                Some((
                    address.get()?,
                    bytes.get_mut(..usize::try_from(header.msg_len).ok()?)?,
                ))
            })
    }
}

// SAFETY: the raw pointers lead into boxes owned by the same value; they move with it to the thread.
unsafe impl Send for Receiver {}
