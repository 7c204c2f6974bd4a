//! Source descriptions (RFC 3550 section 6.5), of which only the canonical name matters.

use super::RtcpError;
use super::header::{Writer, kind, split_ssrc};
use crate::id::Ssrc;

/// Item types.
const END: u8 = 0;
const CNAME: u8 = 1;

/// A source description.
#[derive(Clone, Debug)]
pub struct Sdes<'a> {
    chunks: &'a [u8],
}

impl<'a> Sdes<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, RtcpError> {
        let mut rest = body;
        for _ in 0..count {
            rest = chunk(rest)?.2;
        }
        let chunks = body.get(..body.len() - rest.len()).unwrap_or_default();
        Ok(Self { chunks })
    }

    /// The canonical name of each source that has one.
    pub fn cnames(&self) -> impl Iterator<Item = (Ssrc, &'a [u8])> + use<'a> {
        let mut rest = self.chunks;
        std::iter::from_fn(move || {
            let (ssrc, cname, after) = chunk(rest).ok()?;
            rest = after;
            Some(cname.map(|cname| (ssrc, cname)))
        })
        .flatten()
    }
}

/// A source, its canonical name if it has one, and what follows the chunk.
type Chunk<'a> = (Ssrc, Option<&'a [u8]>, &'a [u8]);

fn chunk(bytes: &[u8]) -> Result<Chunk<'_>, RtcpError> {
    let (ssrc, mut rest) = split_ssrc(bytes)?;
    let mut cname = None;
    loop {
        match rest {
            [END, ..] => {
                // The end marker is followed by zeros up to the next multiple of four.
                let used = (bytes.len() - rest.len() + 1).next_multiple_of(4);
                let after = bytes.get(used..).ok_or(RtcpError::TooShort)?;
                return Ok((ssrc, cname, after));
            }
            [item, length, after @ ..] => {
                let (value, after) = after
                    .split_at_checked(usize::from(*length))
                    .ok_or(RtcpError::TooShort)?;
                cname = cname.or((*item == CNAME).then_some(value));
                rest = after;
            }
            _ => return Err(RtcpError::TooShort),
        }
    }
}

/// Append a description with the canonical name of one source; a name is cut after 255 bytes.
pub fn write(out: &mut Vec<u8>, ssrc: Ssrc, cname: &[u8]) {
    let cname = cname.get(..255).unwrap_or(cname);
    let mut writer = Writer::begin(out, kind::SDES, 1);
    writer.u32(ssrc.0);
    writer.bytes(&[CNAME, cname.len() as u8]);
    writer.bytes(cname);
    writer.bytes(&[END]);
    writer.finish();
}
