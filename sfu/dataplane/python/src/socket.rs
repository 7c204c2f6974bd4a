//! Sockets: bound once; UDP with large buffers and many datagrams received for one system call.

use crate::address::RawAddress;
use std::io;
use std::mem::zeroed;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Asked of the kernel for each direction: a burst of key frames to a full meeting fits.
const BUFFER_BYTES: libc::c_int = 8 << 20;

/// Datagrams received at once.
pub(crate) const RECEIVE_BATCH: usize = 32;

/// Longer datagrams are no media of ours: they are counted and dropped.
const DATAGRAM_BYTES: usize = 2048;

/// How often another port is tried when the system chose one that is taken on a further address.
const PORT_TRIES: usize = 16;

/// Connections the system keeps for us until they are accepted.
const BACKLOG: libc::c_int = 512;

/// UDP sockets on one port of each address, without blocking and with large buffers. Port 0 lets the system choose.
pub(crate) fn bind(addresses: &[IpAddr], port: u16) -> io::Result<Vec<UdpSocket>> {
    on_each(addresses, port, |address| {
        let socket = UdpSocket::from(open(libc::SOCK_DGRAM, address)?);
        let fd = socket.as_raw_fd();
        enlarge(fd, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF);
        enlarge(fd, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF);
        let port = socket.local_addr()?.port();
        Ok((socket, port))
    })
}

/// TCP listeners on one port of each address, without blocking. Port 0 lets the system choose.
pub(crate) fn listen(addresses: &[IpAddr], port: u16) -> io::Result<Vec<TcpListener>> {
    on_each(addresses, port, |address| {
        let fd = open(libc::SOCK_STREAM, address)?;
        // SAFETY: listen takes no pointers, and `fd` is open.
        if unsafe { libc::listen(fd.as_raw_fd(), BACKLOG) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let listener = TcpListener::from(fd);
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    })
}

fn on_each<T>(
    addresses: &[IpAddr],
    port: u16,
    open: impl Fn(SocketAddr) -> io::Result<(T, u16)>,
) -> io::Result<Vec<T>> {
    let mut tries = if port == 0 { PORT_TRIES } else { 1 };
    loop {
        let mut port = port;
        let opened = addresses.iter().map(|ip| {
            let (socket, bound) = open(SocketAddr::new(*ip, port))?;
            port = bound;
            Ok(socket)
        });
        let opened: io::Result<Vec<T>> = opened.collect();
        tries -= 1;
        match opened {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            opened => return opened,
        }
    }
}

/// A bound socket that does not block. An IPv6 socket takes IPv6 alone, so that no address has two spellings.
fn open(kind: libc::c_int, address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: socket takes no pointers; its result is checked before use.
    let fd = unsafe { libc::socket(family, kind | flags, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fd` was just opened and belongs to nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    if address.is_ipv6() {
        set(fd.as_raw_fd(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
    }
    if kind == libc::SOCK_STREAM {
        // The connections of a worker that has just ended do not keep its successor from the port.
        set(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    }
    let (raw, length) = RawAddress::new(address);
    // SAFETY: `raw` holds a socket address of `length` bytes and outlives the call.
    if unsafe { libc::bind(fd.as_raw_fd(), (&raw const raw).cast(), length) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(fd)
}

fn set(fd: RawFd, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the option's value is one c_int that outlives the call.
    let result = unsafe {
        let value: *const libc::c_int = &value;
        let size = size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(fd, level, option, value.cast(), size)
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Past the system's limit where we may, up to it where we may not. Smaller buffers lose packets, they break nothing.
fn enlarge(fd: RawFd, forced: libc::c_int, limited: libc::c_int) {
    let _ = set(fd, libc::SOL_SOCKET, forced, BUFFER_BYTES)
        .or_else(|_| set(fd, libc::SOL_SOCKET, limited, BUFFER_BYTES));
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
