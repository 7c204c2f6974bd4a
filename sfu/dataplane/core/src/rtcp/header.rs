//! The four bytes that every RTCP packet begins with (RFC 3550 section 6.4.1).

use super::RtcpError;
use crate::id::Ssrc;

/// Packet types.
pub(super) mod kind {
    pub(in super::super) const SENDER_REPORT: u8 = 200;
    pub(in super::super) const RECEIVER_REPORT: u8 = 201;
    pub(in super::super) const SDES: u8 = 202;
    pub(in super::super) const BYE: u8 = 203;
    pub(in super::super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(in super::super) const PAYLOAD_FEEDBACK: u8 = 206;
    pub(in super::super) const EXTENDED_REPORT: u8 = 207;
}

/// Formats of feedback messages (RFC 4585 section 6, RFC 5104 section 4.3.1).
pub(super) mod feedback {
    pub(in super::super) const NACK: u8 = 1;
    pub(in super::super) const TWCC: u8 = 15;
    pub(in super::super) const PLI: u8 = 1;
    pub(in super::super) const FIR: u8 = 4;
    pub(in super::super) const APPLICATION: u8 = 15;
}

/// The common header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) padded: bool,
    pub(super) count: u8,
    pub(super) packet_type: u8,
}

impl Header {
    /// The first packet of `bytes`: its header, its body without padding, and what follows it.
    pub(super) fn split(bytes: &[u8]) -> Result<(Self, &[u8], &[u8]), RtcpError> {
        let ([first, packet_type, l0, l1], rest) =
            bytes.split_first_chunk::<4>().ok_or(RtcpError::TooShort)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let length = usize::from(u16::from_be_bytes([*l0, *l1])) * 4;
        let (body, after) = rest.split_at_checked(length).ok_or(RtcpError::TooShort)?;
        let header = Self {
            padded: first & 0x20 != 0,
            count: first & 0x1f,
            packet_type: *packet_type,
        };
        let body = if header.padded {
            without_padding(body)?
        } else {
            body
        };
        Ok((header, body, after))
    }
}

/// RFC 3550 has padding come in fours. Browsers fill their transport-wide feedback up to a multiple of four instead, with
/// one to three bytes, and say so.
fn without_padding(body: &[u8]) -> Result<&[u8], RtcpError> {
    let padding = usize::from(body.last().copied().unwrap_or(0));
    if padding == 0 {
        return Err(RtcpError::Padding);
    }
    let length = body.len().checked_sub(padding).ok_or(RtcpError::Padding)?;
    body.get(..length).ok_or(RtcpError::Padding)
}

/// The 32-bit number at the start of `bytes`, and the rest.
pub(super) fn split_u32(bytes: &[u8]) -> Result<(u32, &[u8]), RtcpError> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(RtcpError::TooShort)?;
    Ok((u32::from_be_bytes(*number), rest))
}

/// The SSRC at the start of `bytes`, and the rest.
pub(super) fn split_ssrc(bytes: &[u8]) -> Result<(Ssrc, &[u8]), RtcpError> {
    split_u32(bytes).map(|(ssrc, rest)| (Ssrc(ssrc), rest))
}

/// The SSRCs that `bytes` consist of; a remainder of less than four bytes is left out.
pub(super) fn ssrcs(bytes: &[u8]) -> impl Iterator<Item = Ssrc> + Clone + '_ {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|ssrc| Ssrc(u32::from_be_bytes(*ssrc)))
}

/// A packet being appended to a buffer; its length is known only at the end.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn begin(out: &'a mut Vec<u8>, packet_type: u8, count: u8) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0x80 | (count & 0x1f), packet_type, 0, 0]);
        Self { out, start }
    }

    /// Begin a feedback message (RFC 4585 section 6.1).
    pub(super) fn feedback(
        out: &'a mut Vec<u8>,
        packet_type: u8,
        format: u8,
        sender: Ssrc,
        media: Ssrc,
    ) -> Self {
        let mut writer = Self::begin(out, packet_type, format);
        writer.u32(sender.0);
        writer.u32(media.0);
        writer
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_be_bytes());
    }

    /// Append zeros up to the next multiple of four bytes.
    pub(super) fn align(&mut self) {
        let length = self.out.len() - self.start;
        self.out.resize(self.start + length.next_multiple_of(4), 0);
    }

    /// Align and fill in the length.
    pub(super) fn finish(mut self) {
        self.align();
        let words = (self.out.len() - self.start) / 4 - 1;
        let header = self
            .out
            .get_mut(self.start..)
            .and_then(|packet| packet.first_chunk_mut::<4>());
        if let (Some([_, _, high, low]), Ok(words)) = (header, u16::try_from(words)) {
            [*high, *low] = words.to_be_bytes();
        }
    }
}
