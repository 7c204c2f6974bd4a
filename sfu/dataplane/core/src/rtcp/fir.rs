//! Full intra requests (RFC 5104 section 4.3.1).

use super::RtcpError;
use super::header::{Writer, feedback, kind, split_ssrc};
use crate::id::Ssrc;

/// Requests for key frames.
#[derive(Clone, Debug)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender: Ssrc,
    entries: &'a [[u8; 8]],
}

/// A request to one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose key frame is needed.
    pub ssrc: Ssrc,
    /// Grows by one with each new request; the same number again is a repetition.
    pub sequence: u8,
}

impl<'a> Fir<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        // The media source of the common header is unused: each entry has its own.
        let (_, body) = split_ssrc(body)?;
        let (entries, _) = body.as_chunks::<8>();
        if entries.is_empty() {
            return Err(RtcpError::TooShort);
        }
        Ok(Self { sender, entries })
    }

    /// The requests.
    pub fn entries(&self) -> impl Iterator<Item = Entry> + Clone + use<'a> {
        self.entries.iter().map(|[a, b, c, d, sequence, ..]| Entry {
            ssrc: Ssrc(u32::from_be_bytes([*a, *b, *c, *d])),
            sequence: *sequence,
        })
    }
}

/// Append a request to one source.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, entry: Entry) {
    let mut writer = Writer::feedback(out, kind::PAYLOAD_FEEDBACK, feedback::FIR, sender, Ssrc(0));
    writer.u32(entry.ssrc.0);
    writer.bytes(&[entry.sequence, 0, 0, 0]);
    writer.finish();
}
