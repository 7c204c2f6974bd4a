//! What a datagram is, told by its first two bytes (RFC 7983, RFC 5761).

/// The protocol of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// First byte 0 to 3.
    Stun,
    /// First byte 20 to 63; includes the records of DTLS 1.3.
    Dtls,
    /// First byte 128 to 191, second byte outside of RTCP's.
    Rtp,
    /// First byte 128 to 191, second byte 192 to 223 (RFC 5761 section 4).
    Rtcp,
    /// Everything else: ZRTP, TURN channels, QUIC, a lone RTP byte and the empty datagram.
    Unknown,
}

/// Classify `datagram`; says nothing about whether it is well formed.
pub fn classify(datagram: &[u8]) -> Class {
    match datagram {
        [0..=3, ..] => Class::Stun,
        [20..=63, ..] => Class::Dtls,
        [128..=191, 192..=223, ..] => Class::Rtcp,
        [128..=191, _, ..] => Class::Rtp,
        _ => Class::Unknown,
    }
}
