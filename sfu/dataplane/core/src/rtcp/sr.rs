//! Sender reports (RFC 3550 section 6.4.1).

use super::header::{Writer, kind, split_ssrc, split_u32};
use super::report::MAX_BLOCKS;
use super::{ReportBlock, ReportBlocks, RtcpError, rr};
use crate::id::Ssrc;
use crate::time::Ntp;

/// What a sender says of its own stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// The stream.
    pub ssrc: Ssrc,
    /// Wall-clock time of the report.
    pub ntp: Ntp,
    /// The same moment on the stream's timestamp axis.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far, without headers and padding.
    pub bytes: u32,
}

/// A sender report.
#[derive(Clone, Debug)]
pub struct SenderReport<'a> {
    /// About the sender itself.
    pub info: SenderInfo,
    /// About what it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, RtcpError> {
        let (ssrc, body) = split_ssrc(body)?;
        let (seconds, body) = split_u32(body)?;
        let (fraction, body) = split_u32(body)?;
        let (timestamp, body) = split_u32(body)?;
        let (packets, body) = split_u32(body)?;
        let (bytes, body) = split_u32(body)?;
        let ntp = Ntp::from_bits(u64::from(seconds) << 32 | u64::from(fraction));
        let info = SenderInfo {
            ssrc,
            ntp,
            timestamp,
            packets,
            bytes,
        };
        Ok(Self {
            info,
            blocks: ReportBlocks::parse(count, body)?,
        })
    }
}

/// Append a sender report; more than 31 blocks go on in receiver reports after it.
pub fn write(out: &mut Vec<u8>, info: &SenderInfo, blocks: &[ReportBlock]) {
    let (first, more) = blocks.split_at(blocks.len().min(MAX_BLOCKS));
    let mut writer = Writer::begin(out, kind::SENDER_REPORT, first.len() as u8);
    writer.u32(info.ssrc.0);
    writer.bytes(&info.ntp.to_bits().to_be_bytes());
    writer.u32(info.timestamp);
    writer.u32(info.packets);
    writer.u32(info.bytes);
    for block in first {
        block.write(&mut writer);
    }
    writer.finish();
    if !more.is_empty() {
        rr::write(out, info.ssrc, more);
    }
}
