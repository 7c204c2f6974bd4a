//! The frame of any STUN message: header and attributes (RFC 8489 sections 5 and 14).

use super::integrity::{self, MAC_LENGTH};
use super::{StunError, TransactionId};

/// Bytes of a header.
pub(super) const HEADER: usize = 20;
pub(super) const COOKIE: u32 = 0x2112_a442;

/// Message types: the Binding method in three classes.
pub(super) mod kind {
    pub(in super::super) const REQUEST: u16 = 0x0001;
    pub(in super::super) const SUCCESS: u16 = 0x0101;
    pub(in super::super) const ERROR: u16 = 0x0111;
}

/// Attribute types.
pub(super) mod attribute {
    pub(in super::super) const USERNAME: u16 = 0x0006;
    pub(in super::super) const INTEGRITY: u16 = 0x0008;
    pub(in super::super) const ERROR_CODE: u16 = 0x0009;
    pub(in super::super) const UNKNOWN: u16 = 0x000a;
    pub(in super::super) const INTEGRITY_SHA256: u16 = 0x001c;
    pub(in super::super) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub(in super::super) const PRIORITY: u16 = 0x0024;
    pub(in super::super) const USE_CANDIDATE: u16 = 0x0025;
    pub(in super::super) const FINGERPRINT: u16 = 0x8028;
    pub(in super::super) const CONTROLLED: u16 = 0x8029;
    pub(in super::super) const CONTROLLING: u16 = 0x802a;
}

/// A message whose header, attribute bounds and fingerprint are right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) transaction: TransactionId,
    /// Attributes before MESSAGE-INTEGRITY, all of them when there is none.
    signed: Attributes<'a>,
    /// The bytes before MESSAGE-INTEGRITY, and its value.
    integrity: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Message<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        let (header, body) = bytes
            .split_first_chunk::<HEADER>()
            .ok_or(StunError::TooShort)?;
        let [k0, k1, l0, l1, c0, c1, c2, c3, transaction @ ..] = *header;
        if u32::from_be_bytes([c0, c1, c2, c3]) != COOKIE {
            return Err(StunError::Cookie);
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if body.len() < length {
            return Err(StunError::TooShort);
        }
        if length % 4 != 0 || body.len() != length {
            return Err(StunError::Length);
        }
        let mut message = Self {
            kind: u16::from_be_bytes([k0, k1]),
            transaction: TransactionId(transaction),
            signed: Attributes { rest: body },
            integrity: None,
        };
        message.check(bytes, body)?;
        Ok(message)
    }

    /// Walk over all attributes once.
    fn check(&mut self, bytes: &'a [u8], body: &'a [u8]) -> Result<(), StunError> {
        let mut attributes = Attributes { rest: body };
        loop {
            let before = bytes
                .get(..bytes.len() - attributes.rest.len())
                .unwrap_or_default();
            let Some(attribute) = attributes.next() else {
                return Ok(());
            };
            let (kind, value) = attribute?;
            match kind {
                attribute::INTEGRITY if self.integrity.is_none() => {
                    if value.len() != MAC_LENGTH {
                        return Err(StunError::Attribute);
                    }
                    self.integrity = Some((before, value));
                    self.signed = Attributes {
                        rest: before.get(HEADER..).unwrap_or_default(),
                    };
                }
                attribute::FINGERPRINT => {
                    let right = value == integrity::fingerprint(before).to_be_bytes();
                    return if right && attributes.rest.is_empty() {
                        Ok(())
                    } else {
                        Err(StunError::Fingerprint)
                    };
                }
                _ => {}
            }
        }
    }

    /// The attributes that count: whatever follows MESSAGE-INTEGRITY is ignored (section 14.5).
    pub(super) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        self.signed.filter_map(Result::ok)
    }

    pub(super) const fn has_integrity(&self) -> bool {
        self.integrity.is_some()
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        self.integrity
            .is_some_and(|(before, value)| integrity::verify(before, password, value))
    }
}

/// Iterates over types and values.
#[derive(Clone, Copy, Debug)]
struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(u16, &'a [u8]), StunError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let attribute = split(self.rest);
        self.rest = attribute.map_or(&[], |(_, _, rest)| rest);
        Some(
            attribute
                .map(|(kind, value, _)| (kind, value))
                .ok_or(StunError::Attribute),
        )
    }
}

/// The first attribute, without its padding, and what follows it.
fn split(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([k0, k1, l0, l1], rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let (padded, rest) = rest.split_at_checked(length.next_multiple_of(4))?;
    Some((u16::from_be_bytes([*k0, *k1]), padded.get(..length)?, rest))
}

/// A message being appended to a buffer.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn begin(out: &'a mut Vec<u8>, kind: u16, transaction: TransactionId) -> Self {
        let start = out.len();
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&COOKIE.to_be_bytes());
        out.extend_from_slice(&transaction.0);
        Self { out, start }
    }

    /// Append an attribute; one longer than 65535 bytes is left out.
    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        let Ok(length) = u16::try_from(value.len()) else {
            return;
        };
        self.out.extend_from_slice(&kind.to_be_bytes());
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(value);
        let written = self.out.len() - self.start;
        self.out.resize(self.start + written.next_multiple_of(4), 0);
    }

    /// Append MESSAGE-INTEGRITY and FINGERPRINT.
    pub(super) fn finish(mut self, password: &[u8]) {
        if let Some(mac) = integrity::sign(self.written(), password) {
            self.attribute(attribute::INTEGRITY, &mac);
        }
        self.set_length(8);
        let fingerprint = integrity::fingerprint(self.written());
        self.attribute(attribute::FINGERPRINT, &fingerprint.to_be_bytes());
    }

    fn written(&self) -> &[u8] {
        self.out.get(self.start..).unwrap_or_default()
    }

    /// Fill in the length of what is there and of `more` bytes to come.
    fn set_length(&mut self, more: usize) {
        let length = u16::try_from(self.written().len() + more - HEADER).unwrap_or(u16::MAX);
        let message = self
            .out
            .get_mut(self.start..)
            .and_then(|message| message.first_chunk_mut::<4>());
        if let Some([_, _, high, low]) = message {
            [*high, *low] = length.to_be_bytes();
        }
    }
}
