//! Somebody who knows the right keys and uses them as the fuzzer likes.

use std::collections::HashMap;

use folkmoot_core::arrivals::Arrivals;
use folkmoot_core::extension::Extension;
use folkmoot_core::rtp::Header;
use folkmoot_core::srtp::{Outbound, Profile};
use folkmoot_core::stun::request::Check;
use folkmoot_core::stun::{Role, TransactionId};
use folkmoot_core::time::Time;

use super::commands::extension_id;

pub const PROFILE: Profile = Profile::Aead128Gcm;

/// More are more than a browser would tell of at once.
const MAX_STAMPS: usize = 1_000;

pub struct Person {
    number: u8,
    rtcp: Outbound,
    /// Highest extended sequence number of each SSRC sent from.
    sent: HashMap<u32, u64>,
    /// Transport-wide numbers that came and were not told of yet, and when they came.
    pub stamps: Vec<(u16, Time)>,
    pub arrivals: Arrivals,
}

/// Keys from the person and towards it.
pub fn keys(number: u8) -> (Vec<u8>, Vec<u8>) {
    let key = |direction: u8| (0..28).map(|at| at ^ direction ^ number).collect();
    (key(0x40), key(0x80))
}

pub fn credentials(number: u8) -> (String, String) {
    (
        format!("ufrag{number}"),
        format!("passwordpasswordpassword{number}"),
    )
}

fn outbound(number: u8) -> Outbound {
    Outbound::new(PROFILE, &keys(number).0).unwrap_or_else(|error| panic!("{error}"))
}

impl Person {
    pub fn new(number: u8) -> Self {
        Self {
            number,
            rtcp: outbound(number),
            sent: HashMap::new(),
            stamps: Vec::new(),
            arrivals: Arrivals::default(),
        }
    }

    /// The extended number `step` after the highest of the SSRC, or before it.
    pub fn number(&mut self, ssrc: u32, step: i16) -> u64 {
        let highest = self.sent.entry(ssrc).or_insert(30_000);
        let number = highest.saturating_add_signed(step.into());
        *highest = number.max(*highest);
        number
    }

    /// The engine sent it a packet: its stamp can be read without the key.
    pub fn got(&mut self, sealed: &[u8], now: Time) {
        let id = extension_id(Extension::TransportSequence);
        let header = Header::parse(sealed).ok();
        let value = header.and_then(|header| header.elements(sealed).find(id));
        if let (Some(&[high, low]), true) = (value, self.stamps.len() < MAX_STAMPS) {
            self.stamps.push((u16::from_be_bytes([high, low]), now));
        }
    }

    /// With contexts of its own: two packets under one number are the fuzzer's right, not the engine's.
    pub fn seal_rtp(&self, packet: &[u8], number: u64) -> Vec<u8> {
        seal(packet, |buffer, length| {
            outbound(self.number)
                .protect_rtp(buffer, length, number)
                .ok()
        })
    }

    pub fn seal_rtcp(&mut self, packet: &[u8]) -> Vec<u8> {
        seal(packet, |buffer, length| {
            self.rtcp.protect_rtcp(buffer, length).ok()
        })
    }
}

fn seal(packet: &[u8], protect: impl FnOnce(&mut [u8], usize) -> Option<usize>) -> Vec<u8> {
    let mut buffer = packet.to_vec();
    buffer.resize(packet.len() + Profile::MAX_OVERHEAD, 0);
    let length = protect(&mut buffer, packet.len()).unwrap_or_default();
    buffer.truncate(length);
    buffer
}

/// A check for the transport of `whose`, as one who knows its password writes it.
pub fn check(whose: u8, transaction: u8, use_candidate: bool) -> Vec<u8> {
    let (ufrag, password) = credentials(whose);
    let check = Check {
        transaction: TransactionId([transaction; 12]),
        remote_ufrag: &ufrag,
        local_ufrag: "browser",
        priority: 1,
        use_candidate,
        role: Role::Controlling(7),
    };
    let mut out = Vec::new();
    check.write(&mut out, password.as_bytes());
    out
}
