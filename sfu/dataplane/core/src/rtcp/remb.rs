//! Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 section 2.2).

use super::RtcpError;
use super::header::{Writer, feedback, kind, split_ssrc, ssrcs};
use crate::id::Ssrc;

/// What tells this application-layer feedback from others.
const IDENTIFIER: [u8; 4] = *b"REMB";
/// Bits of the mantissa.
const MANTISSA: u32 = 18;

/// The bitrate that a receiver thinks it can take.
#[derive(Clone, Debug)]
pub struct Remb<'a> {
    /// Who estimates.
    pub sender: Ssrc,
    /// Bits per second for all sources together.
    pub bitrate: u64,
    sources: &'a [u8],
}

pub(super) fn is_remb(body: &[u8]) -> bool {
    body.get(8..12)
        .is_some_and(|identifier| identifier == IDENTIFIER)
}

impl<'a> Remb<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        let (head, body) = body.split_first_chunk::<12>().ok_or(RtcpError::TooShort)?;
        let [_, _, _, _, _, _, _, _, count, high, middle, low] = *head;
        let mantissa = u64::from(u32::from_be_bytes([0, high & 0x03, middle, low]));
        let exponent = u32::from(high >> 2);
        let bitrate = if mantissa.leading_zeros() < exponent {
            u64::MAX
        } else {
            mantissa << exponent
        };
        let sources = body
            .get(..usize::from(count) * 4)
            .ok_or(RtcpError::TooShort)?;
        Ok(Self {
            sender,
            bitrate,
            sources,
        })
    }

    /// The sources that the estimate is for.
    pub fn sources(&self) -> impl Iterator<Item = Ssrc> + Clone + use<'a> {
        ssrcs(self.sources)
    }
}

/// Append an estimate for up to 255 `sources`; the bitrate is rounded down to 18 significant bits.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, bitrate: u64, sources: &[Ssrc]) {
    let sources = sources.get(..255).unwrap_or(sources);
    let exponent = (u64::BITS - bitrate.leading_zeros()).saturating_sub(MANTISSA);
    let mantissa = (bitrate >> exponent) as u32;
    let mut writer = Writer::feedback(
        out,
        kind::PAYLOAD_FEEDBACK,
        feedback::APPLICATION,
        sender,
        Ssrc(0),
    );
    writer.bytes(&IDENTIFIER);
    writer.u32((sources.len() as u32) << 24 | exponent << MANTISSA | mantissa);
    for ssrc in sources {
        writer.u32(ssrc.0);
    }
    writer.finish();
}
