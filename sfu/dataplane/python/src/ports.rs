//! Every descriptor that packets come and go by: a UDP socket and perhaps a TCP listener for each near address.

use crate::poller::{Poller, Token};
use crate::socket;
use crate::streams::Streams;
use std::io;
use std::net::{IpAddr, TcpListener, UdpSocket};

/// Near addresses at most: a tuple names one in a byte.
const MAX_ADDRESSES: usize = 64;

/// All of them, and the poller that watches them. The index of an address is `Tuple::local`.
pub(crate) struct Ports {
    pub(crate) poller: Poller,
    pub(crate) sockets: Vec<UdpSocket>,
    pub(crate) streams: Streams,
}

impl Ports {
    /// Binds every address; without `tcp_port` there is no TCP.
    pub(crate) fn open(
        addresses: &[IpAddr],
        udp_port: u16,
        tcp_port: Option<u16>,
    ) -> io::Result<Self> {
        if addresses.is_empty() || addresses.len() > MAX_ADDRESSES {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sockets = socket::bind(addresses, udp_port)?;
        let listeners = match tcp_port {
            Some(port) => socket::listen(addresses, port)?,
            None => Vec::new(),
        };
        let poller = Poller::new()?;
        for (local, socket) in (0..).zip(&sockets) {
            poller.add(socket, Token::Socket(local))?;
        }
        for (local, listener) in (0..).zip(&listeners) {
            poller.add(listener, Token::Listener(local))?;
        }
        Ok(Self {
            poller,
            sockets,
            streams: Streams::new(listeners),
        })
    }

    /// Of every UDP socket.
    pub(crate) fn udp_port(&self) -> io::Result<u16> {
        let socket = self.sockets.first().ok_or(io::ErrorKind::NotFound)?;
        Ok(socket.local_addr()?.port())
    }

    /// Of every TCP listener, if there are any.
    pub(crate) fn tcp_port(&self) -> io::Result<Option<u16>> {
        let port = |listener: &TcpListener| Ok(listener.local_addr()?.port());
        self.streams.listeners().first().map(port).transpose()
    }
}
