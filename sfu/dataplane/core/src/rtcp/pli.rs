//! Picture loss indications (RFC 4585 section 6.3.1).

use super::RtcpError;
use super::header::{Writer, feedback, kind, split_ssrc};
use crate::id::Ssrc;

/// A receiver lost its picture and needs a key frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pli {
    /// Who asks.
    pub sender: Ssrc,
    /// Whose key frame is needed.
    pub media: Ssrc,
}

impl Pli {
    pub(super) fn parse(body: &[u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        let (media, _) = split_ssrc(body)?;
        Ok(Self { sender, media })
    }
}

/// Append a picture loss indication.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, media: Ssrc) {
    Writer::feedback(out, kind::PAYLOAD_FEEDBACK, feedback::PLI, sender, media).finish();
}
