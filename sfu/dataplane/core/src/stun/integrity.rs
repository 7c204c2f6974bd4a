//! MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489 sections 14.5 and 14.7).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Bytes of an HMAC-SHA1.
pub(super) const MAC_LENGTH: usize = 20;

/// What a CRC-32 is mixed with, so that the sum of another protocol never fits.
const FINGERPRINT_MASK: u32 = 0x5354_554e;

/// Both sums are taken over the message as if it ended after their attribute, so the length field is replaced.
fn mac(before: &[u8], password: &[u8]) -> Option<Hmac<Sha1>> {
    let (kind, rest) = before.split_first_chunk::<2>()?;
    let (_, rest) = rest.split_first_chunk::<2>()?;
    let length = u16::try_from(before.len() + 4 + MAC_LENGTH - super::message::HEADER).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(password).ok()?;
    mac.update(kind);
    mac.update(&length.to_be_bytes());
    mac.update(rest);
    Some(mac)
}

/// The HMAC of a message whose bytes `before` the attribute are given.
pub(super) fn sign(before: &[u8], password: &[u8]) -> Option<[u8; MAC_LENGTH]> {
    Some(mac(before, password)?.finalize().into_bytes().into())
}

/// Compare in constant time.
pub(super) fn verify(before: &[u8], password: &[u8], expected: &[u8]) -> bool {
    mac(before, password).is_some_and(|mac| mac.verify_slice(expected).is_ok())
}

/// The value of FINGERPRINT for a message whose bytes `before` the attribute, with the final length, are given.
pub(super) fn fingerprint(before: &[u8]) -> u32 {
    crc32fast::hash(before) ^ FINGERPRINT_MASK
}
