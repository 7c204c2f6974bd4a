//! Report blocks, which sender and receiver reports share (RFC 3550 section 6.4.1).

use super::RtcpError;
use super::header::Writer;
use crate::id::Ssrc;

/// Bytes of a block.
const LENGTH: usize = 24;
/// Blocks that fit the five-bit count of one packet.
pub const MAX_BLOCKS: usize = 31;

/// How one source is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source reported on.
    pub ssrc: Ssrc,
    /// Share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning; negative with duplicates. Written saturated to 24 bits.
    pub cumulative_lost: i32,
    /// Highest sequence number received, extended to 32 bits.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// The middle 32 bits of the NTP time of the last sender report; 0 for none.
    pub last_sender_report: u32,
    /// Time between that report's arrival and this block, in 1/65536 s.
    pub delay: u32,
}

impl ReportBlock {
    fn parse(bytes: &[u8; LENGTH]) -> Self {
        let words = bytes.as_chunks::<4>().0;
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        let number = |index: usize| u32::from_be_bytes(word(index));
        let [fraction_lost, lost @ ..] = word(1);
        let [l0, l1, l2] = lost;
        Self {
            ssrc: Ssrc(number(0)),
            fraction_lost,
            cumulative_lost: i32::from_be_bytes([l0, l1, l2, 0]) >> 8,
            highest_sequence: number(2),
            jitter: number(3),
            last_sender_report: number(4),
            delay: number(5),
        }
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        let lost = self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0x00ff_ffff;
        writer.u32(self.ssrc.0);
        writer.u32(u32::from(self.fraction_lost) << 24 | lost);
        writer.u32(self.highest_sequence);
        writer.u32(self.jitter);
        writer.u32(self.last_sender_report);
        writer.u32(self.delay);
    }
}

/// Iterates over the blocks of a report.
#[derive(Clone, Debug)]
pub struct ReportBlocks<'a> {
    blocks: std::slice::Iter<'a, [u8; LENGTH]>,
}

impl<'a> ReportBlocks<'a> {
    /// The first `count` blocks of `bytes`; profile-specific extensions may follow them.
    pub(super) fn parse(count: u8, bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let (blocks, _) = bytes.as_chunks::<LENGTH>();
        let blocks = blocks
            .get(..usize::from(count))
            .ok_or(RtcpError::TooShort)?;
        Ok(Self {
            blocks: blocks.iter(),
        })
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        self.blocks.next().map(ReportBlock::parse)
    }
}
