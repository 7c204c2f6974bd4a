//! STUN Binding (RFC 8489) as ICE uses it (RFC 8445 section 7): short-term credentials, nothing else.
//!
//! [`request`] is what a server reads and a client writes, [`response`] the other way round.

mod integrity;
mod message;
pub mod request;
pub mod response;

pub use request::{Request, Role};
pub use response::{Response, write_error, write_success};

/// Chosen by the client; ties a response to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionId(pub [u8; 12]);

/// Why bytes are not the message asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StunError {
    /// Shorter than a header, or than its own length says.
    TooShort,
    /// A length that is no multiple of four or leaves bytes over.
    Length,
    /// Without the magic cookie, so perhaps of RFC 3489, or no STUN at all.
    Cookie,
    /// A message of another method or class.
    Kind,
    /// An attribute that goes beyond the end or has a value of the wrong size.
    Attribute,
    /// A FINGERPRINT that does not match or is not the last attribute.
    Fingerprint,
    /// No MESSAGE-INTEGRITY.
    NoIntegrity,
    /// No USERNAME, or not two fragments with a colon between them.
    Username,
}

/// An error that a server answers with (RFC 8489 section 14.8, RFC 8445 section 16.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 400
    BadRequest,
    /// 420: attributes that must be understood and are not.
    UnknownAttribute,
    /// 487: both sides think they are in the same role.
    RoleConflict,
}

impl ErrorCode {
    /// The number, 300 to 699.
    pub const fn number(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::UnknownAttribute => 420,
            Self::RoleConflict => 487,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::UnknownAttribute => "Unknown Attribute",
            Self::RoleConflict => "Role Conflict",
        }
    }
}
