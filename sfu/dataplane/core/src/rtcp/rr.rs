//! Receiver reports (RFC 3550 section 6.4.2).

use super::header::{Writer, kind, split_ssrc};
use super::report::MAX_BLOCKS;
use super::{ReportBlock, ReportBlocks, RtcpError};
use crate::id::Ssrc;

/// A receiver report.
#[derive(Clone, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub sender: Ssrc,
    /// About what it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        Ok(Self {
            sender,
            blocks: ReportBlocks::parse(count, body)?,
        })
    }
}

/// Append a receiver report, or several when there are more than 31 blocks. Without blocks, an empty report.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, blocks: &[ReportBlock]) {
    let mut rest = blocks;
    loop {
        let (first, more) = rest.split_at(rest.len().min(MAX_BLOCKS));
        let mut writer = Writer::begin(out, kind::RECEIVER_REPORT, first.len() as u8);
        writer.u32(sender.0);
        for block in first {
            block.write(&mut writer);
        }
        writer.finish();
        if more.is_empty() {
            return;
        }
        rest = more;
    }
}
