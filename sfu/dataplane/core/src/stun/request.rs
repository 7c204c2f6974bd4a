//! Binding requests: connectivity checks and consent (RFC 8445 section 7.1, RFC 7675).

use super::message::{Message, Writer, attribute, kind};
use super::{StunError, TransactionId};

/// Unknown attributes that are remembered, to be named in an answer.
const MAX_UNKNOWN: usize = 8;
/// Longest username (RFC 8489 section 14.3).
const MAX_USERNAME: usize = 512;

/// The sender's role in the ICE session, with its tie-breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// ICE-CONTROLLING: the sender nominates.
    Controlling(u64),
    /// ICE-CONTROLLED: the sender thinks that the receiver nominates.
    Controlled(u64),
}

/// A well-formed Binding request; whom it is from is only known after [`Request::verify`].
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    message: Message<'a>,
    server_ufrag: &'a str,
    client_ufrag: &'a str,
    priority: Option<u32>,
    use_candidate: bool,
    role: Option<Role>,
    unknown: [u16; MAX_UNKNOWN],
    unknown_count: usize,
}

impl<'a> Request<'a> {
    /// Read `bytes`, strictly: a username of two parts and MESSAGE-INTEGRITY are required, a FINGERPRINT must be right.
    /// Of an attribute that is there twice the first counts.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        let message = Message::parse(bytes)?;
        if message.kind != kind::REQUEST {
            return Err(StunError::Kind);
        }
        if !message.has_integrity() {
            return Err(StunError::NoIntegrity);
        }
        let mut request = Self {
            message,
            server_ufrag: "",
            client_ufrag: "",
            priority: None,
            use_candidate: false,
            role: None,
            unknown: [0; MAX_UNKNOWN],
            unknown_count: 0,
        };
        for (kind, value) in message.attributes() {
            request.take(kind, value)?;
        }
        if request.server_ufrag.is_empty() {
            Err(StunError::Username)
        } else {
            Ok(request)
        }
    }

    fn take(&mut self, kind: u16, value: &'a [u8]) -> Result<(), StunError> {
        match kind {
            attribute::USERNAME if self.server_ufrag.is_empty() => {
                (self.server_ufrag, self.client_ufrag) =
                    split_username(value).ok_or(StunError::Username)?;
            }
            attribute::PRIORITY if self.priority.is_none() => {
                self.priority = Some(u32::from_be_bytes(fixed(value)?));
            }
            attribute::USE_CANDIDATE if value.is_empty() => self.use_candidate = true,
            attribute::CONTROLLING if self.role.is_none() => {
                self.role = Some(Role::Controlling(u64::from_be_bytes(fixed(value)?)));
            }
            attribute::CONTROLLED if self.role.is_none() => {
                self.role = Some(Role::Controlled(u64::from_be_bytes(fixed(value)?)));
            }
            attribute::USE_CANDIDATE => return Err(StunError::Attribute),
            attribute::USERNAME | attribute::PRIORITY | attribute::INTEGRITY_SHA256 => {}
            0..=0x7fff => self.remember_unknown(kind),
            _ => {}
        }
        Ok(())
    }

    fn remember_unknown(&mut self, kind: u16) {
        if let Some(slot) = self.unknown.get_mut(self.unknown_count) {
            *slot = kind;
            self.unknown_count += 1;
        }
    }

    /// Whether the sender knows `password`; takes the same time whatever is wrong.
    pub fn verify(&self, password: &[u8]) -> bool {
        self.message.verify(password)
    }

    /// Ties the answer to the request.
    pub const fn transaction(&self) -> TransactionId {
        self.message.transaction
    }

    /// The first part of the username: the receiver's own fragment.
    pub const fn server_ufrag(&self) -> &'a str {
        self.server_ufrag
    }

    /// The second part of the username: the sender's fragment.
    pub const fn client_ufrag(&self) -> &'a str {
        self.client_ufrag
    }

    /// PRIORITY: what a peer-reflexive candidate found by this request would have.
    pub const fn priority(&self) -> Option<u32> {
        self.priority
    }

    /// USE-CANDIDATE: the sender nominates this path.
    pub const fn use_candidate(&self) -> bool {
        self.use_candidate
    }

    /// The sender's role.
    pub const fn role(&self) -> Option<Role> {
        self.role
    }

    /// Attributes that had to be understood and are not, up to eight: to be answered with
    /// [`UnknownAttribute`](super::ErrorCode::UnknownAttribute).
    pub fn unknown(&self) -> &[u16] {
        self.unknown.get(..self.unknown_count).unwrap_or_default()
    }
}

fn split_username(value: &[u8]) -> Option<(&str, &str)> {
    let username = std::str::from_utf8(value)
        .ok()
        .filter(|username| username.len() <= MAX_USERNAME)?;
    let parts = username.split_once(':')?;
    (!parts.0.is_empty() && !parts.1.is_empty()).then_some(parts)
}

/// A value that must have `N` bytes.
pub(super) fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], StunError> {
    value.try_into().map_err(|_| StunError::Attribute)
}

/// A connectivity check to write.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// Ties the answer to the request.
    pub transaction: TransactionId,
    /// Fragment of the side that is asked.
    pub remote_ufrag: &'a str,
    /// Fragment of the side that asks.
    pub local_ufrag: &'a str,
    /// PRIORITY.
    pub priority: u32,
    /// Whether to nominate the path.
    pub use_candidate: bool,
    /// Role of the side that asks.
    pub role: Role,
}

impl Check<'_> {
    /// Append the request to `out`, signed with the `password` of the side that is asked.
    pub fn write(&self, out: &mut Vec<u8>, password: &[u8]) {
        let mut writer = Writer::begin(out, kind::REQUEST, self.transaction);
        let parts = [
            self.remote_ufrag.as_bytes(),
            b":",
            self.local_ufrag.as_bytes(),
        ];
        writer.attribute(attribute::USERNAME, &parts.concat());
        writer.attribute(attribute::PRIORITY, &self.priority.to_be_bytes());
        match self.role {
            Role::Controlling(breaker) => {
                writer.attribute(attribute::CONTROLLING, &breaker.to_be_bytes())
            }
            Role::Controlled(breaker) => {
                writer.attribute(attribute::CONTROLLED, &breaker.to_be_bytes())
            }
        }
        if self.use_candidate {
            writer.attribute(attribute::USE_CANDIDATE, &[]);
        }
        writer.finish(password);
    }
}
