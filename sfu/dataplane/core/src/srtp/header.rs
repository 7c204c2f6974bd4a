//! The little of RTP and RTCP that SRTP must see: where the clear part ends, the source, the sequence number.

use super::SrtpError;

/// Bytes of an RTCP packet that stay clear (RFC 3711 section 3.4): first word and SSRC.
pub(super) const RTCP_CLEAR: usize = 8;

/// What SRTP reads of an RTP header.
pub(super) struct RtpHeader {
    /// Bytes of fixed header, CSRCs and extension: authenticated, not encrypted.
    pub(super) length: usize,
    pub(super) sequence: u16,
    pub(super) ssrc: u32,
}

impl RtpHeader {
    /// Reads the header at the front of `packet`, which may be followed by anything.
    pub(super) fn parse(packet: &[u8]) -> Result<Self, SrtpError> {
        let fixed: &[u8; 12] = packet.first_chunk().ok_or(SrtpError::TooShort)?;
        let [first, _, s0, s1, _, _, _, _, ssrc @ ..] = *fixed;
        if first >> 6 != 2 {
            return Err(SrtpError::Malformed);
        }
        let mut length = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let extension = packet.get(length..length + 4).ok_or(SrtpError::TooShort)?;
            let &[_, _, w0, w1] = extension else {
                return Err(SrtpError::TooShort);
            };
            length += 4 + 4 * usize::from(u16::from_be_bytes([w0, w1]));
        }
        if length > packet.len() {
            return Err(SrtpError::TooShort);
        }
        Ok(Self {
            length,
            sequence: u16::from_be_bytes([s0, s1]),
            ssrc: u32::from_be_bytes(ssrc),
        })
    }
}

/// The source of a compound RTCP packet: the SSRC of its first packet.
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    let &[first, _, _, _, s0, s1, s2, s3] = packet
        .first_chunk::<RTCP_CLEAR>()
        .ok_or(SrtpError::TooShort)?;
    if first >> 6 != 2 {
        return Err(SrtpError::Malformed);
    }
    Ok(u32::from_be_bytes([s0, s1, s2, s3]))
}
