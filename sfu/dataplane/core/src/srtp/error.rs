//! Why a packet was not protected or not accepted.

use std::fmt;

/// The reason a packet is dropped, or a context is not made. Never carries bytes of the packet or of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SrtpError {
    /// Too few bytes for the header, the tag and the index that the profile demands.
    TooShort,
    /// Not RTP or RTCP version 2.
    Malformed,
    /// The tag does not belong to these bytes and this key.
    Authentication,
    /// An index that was accepted before.
    Replay,
    /// An index behind the replay window: nobody can tell any more whether it was accepted before.
    TooOld,
    /// The transport already has [`super::MAX_STREAMS`] sources.
    TooManySsrcs,
    /// SRTCP without encryption, which WebRTC does not allow (RFC 8834 section 5.2).
    Unencrypted,
    /// The buffer has no room for the tag.
    NoRoom,
    /// The index space of the key is used up (RFC 3711 section 9.2).
    KeyExhausted,
    /// The keying material has the wrong length for its profile.
    KeyLength,
}

impl SrtpError {
    /// Every reason, for tables of counters.
    pub const ALL: [Self; 10] = [
        Self::TooShort,
        Self::Malformed,
        Self::Authentication,
        Self::Replay,
        Self::TooOld,
        Self::TooManySsrcs,
        Self::Unencrypted,
        Self::NoRoom,
        Self::KeyExhausted,
        Self::KeyLength,
    ];

    /// The name under which the drop is counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "srtp_too_short",
            Self::Malformed => "srtp_malformed",
            Self::Authentication => "srtp_authentication",
            Self::Replay => "srtp_replay",
            Self::TooOld => "srtp_too_old",
            Self::TooManySsrcs => "srtp_too_many_ssrcs",
            Self::Unencrypted => "srtp_unencrypted",
            Self::NoRoom => "srtp_no_room",
            Self::KeyExhausted => "srtp_key_exhausted",
            Self::KeyLength => "srtp_key_length",
        }
    }
}

impl fmt::Display for SrtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for SrtpError {}
