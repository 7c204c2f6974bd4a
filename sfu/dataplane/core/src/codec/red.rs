//! Redundant audio data (RFC 2198): a packet with copies of earlier ones before its own, so that a lost packet is made good
//! by the next. Receivers that know it get it whole; for others the packet's own data is taken out.

use super::CodecError;
use crate::id::PayloadType;

/// Set in each header but the last: another block follows.
const FOLLOWS: u8 = 0x80;

/// The blocks of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Red<'a> {
    /// All of it, headers first.
    pub whole: &'a [u8],
    /// The packet's own data.
    pub primary: &'a [u8],
}

impl<'a> Red<'a> {
    /// Read a payload all of whose blocks are of `codec`; their lengths must fill it.
    pub fn parse(payload: &'a [u8], codec: PayloadType) -> Result<Self, CodecError> {
        let (mut headers, mut redundant) = (0usize, 0usize);
        loop {
            let header = payload.get(headers..).unwrap_or_default();
            let head = *header.first().ok_or(CodecError::TooShort)?;
            if head & !FOLLOWS != codec.0 {
                return Err(CodecError::Invalid);
            }
            if head & FOLLOWS == 0 {
                headers += 1;
                break;
            }
            // Fourteen bits of timestamp offset, ten of length.
            let [_, _, high, low, ..] = header else {
                return Err(CodecError::TooShort);
            };
            redundant += usize::from(u16::from_be_bytes([high & 0x03, *low]));
            headers += 4;
        }
        let primary = payload
            .get(headers..)
            .and_then(|blocks| blocks.get(redundant..))
            .filter(|primary| !primary.is_empty())
            .ok_or(CodecError::TooShort)?;
        Ok(Self {
            whole: payload,
            primary,
        })
    }
}

/// Say of all blocks of a payload that was read before that they are of `codec`.
pub fn rewrite(payload: &mut [u8], codec: PayloadType) {
    let mut at = 0;
    while let Some(head) = payload.get_mut(at) {
        let follows = *head & FOLLOWS;
        *head = follows | codec.0;
        if follows == 0 {
            break;
        }
        at += 4;
    }
}
