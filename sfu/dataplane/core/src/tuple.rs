//! Between which two ends a datagram travels.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

/// What carries datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Protocol {
    /// Each in a packet of its own.
    Udp,
    /// One after the other on a connection, each with its length before it (RFC 4571).
    Tcp,
}

impl Protocol {
    /// `udp` or `tcp`, as in ICE candidates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// Where a datagram came from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tuple {
    /// How.
    pub protocol: Protocol,
    /// Which of the driver's own addresses is the near end: the answer to a check leaves from where the check came to.
    pub local: u8,
    /// The other side. IPv4 is never written as an IPv6 address.
    pub remote: SocketAddr,
}

impl Tuple {
    /// Over UDP, by the driver's first address.
    pub const fn udp(remote: SocketAddr) -> Self {
        Self {
            protocol: Protocol::Udp,
            local: 0,
            remote,
        }
    }

    /// Over TCP, by the driver's first address.
    pub const fn tcp(remote: SocketAddr) -> Self {
        Self {
            protocol: Protocol::Tcp,
            local: 0,
            remote,
        }
    }
}

/// An IPv4 end is one number: tuples are looked up for each datagram, in and out.
impl Hash for Tuple {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let rest = u64::from(self.remote.port())
            | u64::from(self.local) << 16
            | (self.protocol as u64) << 24;
        match self.remote {
            SocketAddr::V4(remote) => {
                state.write_u64(rest | u64::from(remote.ip().to_bits()) << 32)
            }
            SocketAddr::V6(remote) => {
                state.write_u128(remote.ip().to_bits());
                state.write_u64(rest | u64::from(remote.scope_id()) << 32);
            }
        }
    }
}
