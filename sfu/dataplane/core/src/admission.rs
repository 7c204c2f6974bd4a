//! Who may connect: everybody may knock, but strangers, who have not yet shown that they know a password, are few.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Connections of one worker.
pub const MAX_CONNECTIONS: usize = 2048;
/// Connections without a valid check so far.
pub const MAX_STRANGERS: usize = 512;
/// The same, from one address: a whole office behind one may join at once.
pub const MAX_STRANGERS_OF_ADDRESS: usize = 64;
/// A connection that brings no valid check for so long is closed.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are as many as there may be.
    Full,
    /// Too many strangers of this address.
    Address,
}

/// Counts connections; knows none of them.
#[derive(Debug, Default)]
pub struct Admission {
    connections: usize,
    strangers: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    /// Take one more stranger, or say why not.
    pub fn admit(&mut self, address: IpAddr) -> Result<(), Refusal> {
        if self.connections >= MAX_CONNECTIONS || self.strangers >= MAX_STRANGERS {
            return Err(Refusal::Full);
        }
        let of_address = self.by_address.entry(network(address)).or_default();
        if *of_address >= MAX_STRANGERS_OF_ADDRESS {
            return Err(Refusal::Address);
        }
        *of_address += 1;
        self.strangers += 1;
        self.connections += 1;
        Ok(())
    }

    /// A stranger of this address is one no more.
    pub fn introduce(&mut self, address: IpAddr) {
        let network = network(address);
        self.strangers = self.strangers.saturating_sub(1);
        if let Some(of_address) = self.by_address.get_mut(&network) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                self.by_address.remove(&network);
            }
        }
    }

    /// A connection ended; a stranger is introduced first.
    pub fn leave(&mut self) {
        self.connections = self.connections.saturating_sub(1);
    }

    /// How many there are.
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.connections == 0 && self.strangers == 0 && self.by_address.is_empty()
    }
}

/// What one party holds: an IPv4 address, or the 64 bits before the interface of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}
