//! Extended reports (RFC 3611): by their reference times one who only receives measures its round trip.

use super::RtcpError;
use super::header::{Writer, kind, split_ssrc};
use crate::id::Ssrc;
use crate::time::Ntp;

/// Block type of a receiver's reference time (section 4.4).
const REFERENCE: u8 = 4;
/// Block type of the answers to such (section 4.5).
const ANSWERS: u8 = 5;
/// Bytes of one answer.
const ANSWER: usize = 12;

/// A receiver's reference time, said back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The receiver that told its time.
    pub receiver: Ssrc,
    /// The middle 32 bits of the last time it told.
    pub last_reference: u32,
    /// How long ago that came, in 1/65536 s.
    pub delay: u32,
}

/// An extended report, of whose blocks those two are read.
#[derive(Clone, Debug)]
pub struct ExtendedReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// The time on its clock, if it only receives and wants to know its round trip.
    pub reference: Option<Ntp>,
    answers: &'a [[u8; ANSWER]],
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, mut rest) = split_ssrc(body)?;
        let mut report = Self {
            sender,
            reference: None,
            answers: &[],
        };
        while !rest.is_empty() {
            let ([block, _, l0, l1], after) =
                rest.split_first_chunk::<4>().ok_or(RtcpError::TooShort)?;
            let length = usize::from(u16::from_be_bytes([*l0, *l1])) * 4;
            let (content, after) = after.split_at_checked(length).ok_or(RtcpError::TooShort)?;
            match *block {
                REFERENCE => {
                    let time = content.try_into().map_err(|_| RtcpError::Invalid)?;
                    report.reference = Some(Ntp::from_bits(u64::from_be_bytes(time)));
                }
                ANSWERS => report.answers = content.as_chunks().0,
                _ => {}
            }
            rest = after;
        }
        Ok(report)
    }

    /// What is answered to receivers.
    pub fn answers(&self) -> impl Iterator<Item = Answer> + Clone + use<'a> {
        self.answers.iter().map(|bytes| {
            let words = bytes.as_chunks::<4>().0;
            let word = |index: usize| words.get(index).copied().unwrap_or_default();
            let number = |index: usize| u32::from_be_bytes(word(index));
            Answer {
                receiver: Ssrc(number(0)),
                last_reference: number(1),
                delay: number(2),
            }
        })
    }
}

/// Append the reference time of a receiver.
pub fn write_reference(out: &mut Vec<u8>, sender: Ssrc, time: Ntp) {
    let mut writer = Writer::begin(out, kind::EXTENDED_REPORT, 0);
    writer.u32(sender.0);
    writer.bytes(&[REFERENCE, 0, 0, 2]);
    writer.bytes(&time.to_bits().to_be_bytes());
    writer.finish();
}

/// Append answers to receivers; nothing for none.
pub fn write_answers(
    out: &mut Vec<u8>,
    sender: Ssrc,
    answers: impl Iterator<Item = Answer> + Clone,
) {
    let count = answers.clone().count();
    let Ok(words) = u16::try_from(count * ANSWER / 4) else {
        return;
    };
    if words == 0 {
        return;
    }
    let mut writer = Writer::begin(out, kind::EXTENDED_REPORT, 0);
    writer.u32(sender.0);
    writer.bytes(&[ANSWERS, 0]);
    writer.u16(words);
    for answer in answers {
        writer.u32(answer.receiver.0);
        writer.u32(answer.last_reference);
        writer.u32(answer.delay);
    }
    writer.finish();
}
