//! Goodbyes (RFC 3550 section 6.6).

use super::RtcpError;
use super::header::{Writer, kind, ssrcs};
use crate::id::Ssrc;

/// Sources that one packet can name.
const MAX_SOURCES: usize = 31;

/// A goodbye.
#[derive(Clone, Debug)]
pub struct Bye<'a> {
    sources: &'a [u8],
    reason: &'a [u8],
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sources, rest) = body
            .split_at_checked(usize::from(count) * 4)
            .ok_or(RtcpError::TooShort)?;
        let reason = match rest {
            [] => rest,
            [length, text @ ..] => text
                .get(..usize::from(*length))
                .ok_or(RtcpError::TooShort)?,
        };
        Ok(Self { sources, reason })
    }

    /// The sources that leave.
    pub fn sources(&self) -> impl Iterator<Item = Ssrc> + Clone + use<'a> {
        ssrcs(self.sources)
    }

    /// Why they leave, often empty; whatever bytes the peer chose.
    pub const fn reason(&self) -> &'a [u8] {
        self.reason
    }
}

/// Append goodbyes of `sources`, 31 to a packet, without a reason; nothing for no source.
pub fn write(out: &mut Vec<u8>, sources: &[Ssrc]) {
    for some in sources.chunks(MAX_SOURCES) {
        let mut writer = Writer::begin(out, kind::BYE, some.len() as u8);
        for ssrc in some {
            writer.u32(ssrc.0);
        }
        writer.finish();
    }
}
