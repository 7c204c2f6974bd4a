//! Names of things: handles given by the control plane, and identifiers found in packets.

use std::fmt;

/// Handle of a transport, chosen by the control plane and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportId(pub u32);

/// Handle of a producer, chosen by the control plane and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerId(pub u32);

/// Handle of a consumer, chosen by the control plane and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsumerId(pub u32);

/// Handle of a pipe consumer, chosen by the control plane and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipeConsumerId(pub u32);

/// Synchronisation source of an RTP stream (RFC 3550 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

/// RTP payload type, 0 to 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(pub u8);

/// Bytes a [`Mid`] or a [`Rid`] may have: what a one-byte header extension carries, and what browsers accept.
///
/// RFC 8851 would allow 255 for a rid; nobody sends that, and a fixed short size keeps lookups free of allocation.
pub const MAX_NAME: usize = 16;

/// A short text without allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    bytes: [u8; MAX_NAME],
    length: u8,
}

impl Name {
    fn new(text: &[u8], allowed: fn(u8) -> bool) -> Option<Self> {
        if text.is_empty() || !text.iter().copied().all(allowed) {
            return None;
        }
        let mut bytes = [0; MAX_NAME];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let length = u8::try_from(text.len()).ok()?;
        Some(Self { bytes, length })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $allowed:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Name);

        impl $name {
            /// `None` when `text` is empty, longer than [`MAX_NAME`] or has a byte that is not allowed.
            pub fn new(text: impl AsRef<[u8]>) -> Option<Self> {
                Name::new(text.as_ref(), $allowed).map(Self)
            }

            /// The bytes for the wire.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

name!(
    /// Media identification (RFC 9143 section 15), an SDP token.
    Mid,
    is_token
);
name!(
    /// Restriction identifier of one simulcast encoding (RFC 8852 section 3.1).
    Rid,
    is_rid
);

/// `token-char` of RFC 8866 section 9.
fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'~')
}

/// RFC 8851 section 10 allows `-` and `_` besides letters and digits.
fn is_rid(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}
