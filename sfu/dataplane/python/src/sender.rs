//! Sending a batch: grouped by destination, runs of equal length as one message (UDP_SEGMENT), many messages a call.

use crate::address::RawAddress;
use crate::grouping::Grouping;
use crate::ports::Ports;
use folkmoot_core::batch::Batch;
use folkmoot_core::io::{Protocol, Tuple};
use std::io;
use std::mem::zeroed;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Messages for one system call.
const MESSAGES: usize = 32;

/// Segments of one message: what every kernel with UDP_SEGMENT takes.
const SEGMENTS: usize = 64;

/// Bytes of one message: what fits into an IPv4 datagram.
const MESSAGE_BYTES: usize = 65_507 - 8;

/// `CMSG_SPACE(2)` is 24 bytes on 64-bit systems, aligned like the header in it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; 32]);

/// Datagrams that could not be sent, by reason.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SendDrops {
    /// The socket's buffer was full.
    pub(crate) full: u64,
    /// The kernel refused the datagram: no route, not permitted, too long.
    pub(crate) refused: u64,
}

/// Memory for messages. Pointers in it are set for one call and not used after.
pub(crate) struct Sender {
    grouping: Grouping,
    parts: Vec<libc::iovec>,
    names: Box<[RawAddress; MESSAGES]>,
    controls: Box<[Control; MESSAGES]>,
    headers: Box<[libc::mmsghdr; MESSAGES]>,
    /// Datagrams in each message.
    counts: Box<[usize; MESSAGES]>,
    used: usize,
    /// Index of the socket they leave by.
    local: u8,
    segmentation: bool,
    drops: SendDrops,
}

impl Sender {
    pub(crate) fn new() -> Self {
        // SAFETY: the structure is integers and pointers, for which zero bytes are a value.
        let header = unsafe { zeroed::<libc::mmsghdr>() };
        Self {
            grouping: Grouping::default(),
            parts: Vec::with_capacity(MESSAGES * SEGMENTS),
            names: Box::new([RawAddress::empty(); MESSAGES]),
            controls: Box::new([Control([0; 32]); MESSAGES]),
            headers: Box::new([header; MESSAGES]),
            counts: Box::new([0; MESSAGES]),
            used: 0,
            local: 0,
            segmentation: true,
            drops: SendDrops::default(),
        }
    }

    pub(crate) fn drops(&self) -> SendDrops {
        self.drops
    }

    /// Sends the batch; datagrams to one destination keep their order.
    pub(crate) fn send(&mut self, ports: &mut Ports, batch: &Batch) {
        let grouping = std::mem::take(&mut self.grouping);
        let grouping = grouping.arrange(batch);
        let mut rest = grouping.order();
        while let Some(length) = self.run(batch, rest) {
            let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = after;
            let Some(tuple) = tuple(batch, run) else {
                continue;
            };
            if tuple.protocol == Protocol::Tcp {
                ports
                    .streams
                    .send(tuple, datagrams(batch, run), &ports.poller);
                continue;
            }
            let full = self.used == MESSAGES || self.parts.len() + SEGMENTS > self.parts.capacity();
            if full || tuple.local != self.local {
                self.flush(ports);
                self.local = tuple.local;
            }
            self.add(tuple.remote, batch, run);
        }
        self.flush(ports);
        self.grouping = grouping;
    }

    /// How many datagrams at the front of `order` may share a message: one destination, all of one length but the last.
    fn run(&self, batch: &Batch, order: &[u32]) -> Option<usize> {
        let entry = |at: &u32| batch.entries().get(*at as usize);
        let first = entry(order.first()?)?;
        let most = if self.segmentation {
            SEGMENTS.min(MESSAGE_BYTES / first.len.max(1))
        } else {
            1
        };
        let mut length = 1;
        for next in order
            .iter()
            .skip(1)
            .take(most.saturating_sub(1))
            .filter_map(entry)
        {
            if next.tuple != first.tuple || next.len > first.len {
                break;
            }
            length += 1;
            if next.len < first.len {
                break; // a shorter one may only be the last
            }
        }
        Some(length)
    }

    fn add(&mut self, remote: SocketAddr, batch: &Batch, run: &[u32]) {
        let start = self.parts.len();
        let mut segment = 0;
        for bytes in datagrams(batch, run) {
            segment = bytes.len().max(segment);
            self.parts.push(libc::iovec {
                iov_base: bytes.as_ptr().cast_mut().cast(),
                iov_len: bytes.len(),
            });
        }
        let count = self.parts.len() - start;
        let slots = (
            self.names.get_mut(self.used),
            self.headers.get_mut(self.used),
            self.counts.get_mut(self.used),
        );
        let (Some(name), Some(header), Some(counted)) = slots else {
            return;
        };
        let (Some(control), Some(part)) =
            (self.controls.get_mut(self.used), self.parts.get_mut(start))
        else {
            return;
        };
        let (address, address_length) = RawAddress::new(remote);
        *name = address;
        *counted = count;
        header.msg_hdr.msg_name = (&raw mut *name).cast();
        header.msg_hdr.msg_namelen = address_length;
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = count as _;
        header.msg_hdr.msg_control = std::ptr::null_mut();
        header.msg_hdr.msg_controllen = 0;
        if count > 1 {
            segmented(&mut header.msg_hdr, control, segment as u16);
        }
        self.used += 1;
    }

    /// All messages gathered leave by one socket.
    fn flush(&mut self, ports: &Ports) {
        let Some(socket) = ports.sockets.get(usize::from(self.local)) else {
            return;
        };
        let mut from = 0;
        while from < self.used {
            let Some(headers) = self.headers.get_mut(from..self.used) else {
                break;
            };
            // SAFETY: `headers` are initialised messages whose pointers lead to `names`, `controls` and `parts` of `self`
            // and to the batch, all unchanged since `add`: `parts` never grows past its capacity, so it has not moved.
            let sent = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    headers.len() as libc::c_uint,
                    libc::MSG_DONTWAIT as _,
                )
            };
            match usize::try_from(sent) {
                Ok(sent) if sent > 0 => from += sent,
                _ => from += self.failed(socket, from, &io::Error::last_os_error()),
            }
        }
        self.used = 0;
        self.parts.clear();
    }

    /// Deals with the message at `at`, which the kernel refused; answers how many messages are done with.
    fn failed(&mut self, socket: &UdpSocket, at: usize, error: &io::Error) -> usize {
        let count = self.counts.get(at).copied().unwrap_or(1);
        match error.raw_os_error() {
            Some(libc::EINTR) => 0,
            Some(libc::EAGAIN | libc::ENOBUFS) => {
                let lost: usize = self
                    .counts
                    .get(at..self.used)
                    .unwrap_or_default()
                    .iter()
                    .sum();
                self.drops.full += lost as u64;
                self.used - at
            }
            // Old kernels and some devices do not segment: from now on every datagram is a message.
            Some(libc::EIO | libc::EINVAL | libc::EOPNOTSUPP) if count > 1 => {
                self.segmentation = false;
                self.send_apart(socket, at);
                1
            }
            _ => {
                self.drops.refused += count as u64;
                1
            }
        }
    }

    /// Sends the parts of one message as datagrams of their own.
    fn send_apart(&mut self, socket: &UdpSocket, at: usize) {
        let Some(header) = self.headers.get(at) else {
            return;
        };
        let mut single = header.msg_hdr;
        single.msg_control = std::ptr::null_mut();
        single.msg_controllen = 0;
        single.msg_iovlen = 1;
        for part in 0..self.counts.get(at).copied().unwrap_or(0) {
            // SAFETY: `add` gave this message `counts[at]` parts in a row, and they are still in place.
            single.msg_iov = unsafe { header.msg_hdr.msg_iov.add(part) };
            // SAFETY: `single` is the message of `add` with one of its parts.
            if unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const single, libc::MSG_DONTWAIT) }
                < 0
            {
                self.drops.refused += 1;
            }
        }
    }
}

/// Where the datagrams of a run go.
fn tuple(batch: &Batch, run: &[u32]) -> Option<Tuple> {
    let first = *run.first()?;
    Some(batch.entries().get(first as usize)?.tuple)
}

fn datagrams<'a>(batch: &'a Batch, run: &'a [u32]) -> impl Iterator<Item = &'a [u8]> {
    run.iter().filter_map(|at| {
        let entry = batch.entries().get(*at as usize)?;
        batch.bytes().get(entry.start..entry.start + entry.len)
    })
}

/// Tells the kernel to cut the message into datagrams of `segment` bytes.
fn segmented(header: &mut libc::msghdr, control: &mut Control, segment: u16) {
    header.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: pure arithmetic; CMSG_SPACE(2) is within the 32 aligned bytes of `Control`, so the first header and its
    // two bytes of data lie inside it.
    unsafe {
        header.msg_controllen = libc::CMSG_SPACE(2) as _;
        let first = libc::CMSG_FIRSTHDR(header);
        (*first).cmsg_level = libc::SOL_UDP;
        (*first).cmsg_type = libc::UDP_SEGMENT;
        (*first).cmsg_len = libc::CMSG_LEN(2) as _;
        libc::CMSG_DATA(first)
            .cast::<u16>()
            .write_unaligned(segment);
    }
}

// SAFETY: the raw pointers are set and used within one call of `send`; between calls nothing follows them.
unsafe impl Send for Sender {}
