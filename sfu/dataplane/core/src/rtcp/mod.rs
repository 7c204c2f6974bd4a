//! RTCP (RFC 3550 section 6): compound packets taken apart in place, and writers for what a forwarding unit says.
//!
//! Reading borrows from the datagram; writing appends to the caller's buffer. Neither allocates while the buffer is large
//! enough, and no packet makes a reader do more work than its length, or a named cap, allows.

pub mod bye;
pub mod fir;
mod header;
pub mod nack;
pub mod pli;
pub mod remb;
mod report;
pub mod rr;
pub mod sdes;
pub mod sr;
pub mod twcc;
pub mod xr;

pub use report::{MAX_BLOCKS, ReportBlock, ReportBlocks};

use header::{Header, feedback, kind};

/// Why bytes are not RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtcpError {
    /// A packet, or something in it, goes beyond the end.
    TooShort,
    /// The version is not 2.
    Version,
    /// Padding that is longer than its packet, no multiple of four, or not in the last packet.
    Padding,
    /// A value that the format forbids.
    Invalid,
}

/// One packet of a compound.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// Sender report.
    SenderReport(sr::SenderReport<'a>),
    /// Receiver report.
    ReceiverReport(rr::ReceiverReport<'a>),
    /// Source description.
    Sdes(sdes::Sdes<'a>),
    /// Goodbye.
    Bye(bye::Bye<'a>),
    /// Generic negative acknowledgement.
    Nack(nack::Nack<'a>),
    /// Picture loss indication.
    Pli(pli::Pli),
    /// Full intra request.
    Fir(fir::Fir<'a>),
    /// Receiver estimated maximum bitrate.
    Remb(remb::Remb<'a>),
    /// Transport-wide congestion control feedback.
    Twcc(twcc::Twcc<'a>),
    /// Extended report.
    ExtendedReport(xr::ExtendedReport<'a>),
    /// Well framed, but of no interest here: APP, other feedback.
    Skipped {
        /// Packet type, 0 to 255.
        packet_type: u8,
        /// The five bits after the padding bit: a count, or the format of a feedback message.
        format: u8,
    },
}

impl<'a> Packet<'a> {
    fn parse(header: &Header, body: &'a [u8]) -> Result<Self, RtcpError> {
        match (header.packet_type, header.count) {
            (kind::SENDER_REPORT, count) => {
                sr::SenderReport::parse(count, body).map(Self::SenderReport)
            }
            (kind::RECEIVER_REPORT, count) => {
                rr::ReceiverReport::parse(count, body).map(Self::ReceiverReport)
            }
            (kind::SDES, count) => sdes::Sdes::parse(count, body).map(Self::Sdes),
            (kind::BYE, count) => bye::Bye::parse(count, body).map(Self::Bye),
            (kind::TRANSPORT_FEEDBACK, feedback::NACK) => nack::Nack::parse(body).map(Self::Nack),
            (kind::TRANSPORT_FEEDBACK, feedback::TWCC) => twcc::Twcc::parse(body).map(Self::Twcc),
            (kind::PAYLOAD_FEEDBACK, feedback::PLI) => pli::Pli::parse(body).map(Self::Pli),
            (kind::PAYLOAD_FEEDBACK, feedback::FIR) => fir::Fir::parse(body).map(Self::Fir),
            (kind::PAYLOAD_FEEDBACK, feedback::APPLICATION) if remb::is_remb(body) => {
                remb::Remb::parse(body).map(Self::Remb)
            }
            (kind::EXTENDED_REPORT, _) => xr::ExtendedReport::parse(body).map(Self::ExtendedReport),
            (packet_type, format) => Ok(Self::Skipped {
                packet_type,
                format,
            }),
        }
    }
}

/// Iterates over the packets of a datagram whose framing has been checked as a whole.
///
/// A packet with malformed content yields an error and does not end the iteration. Reduced-size RTCP (RFC 5506) is
/// welcome: no packet has to come first.
#[derive(Clone, Debug)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Check that `bytes` are one or more whole packets. Padding is taken wherever it stands: feedback that is filled up
    /// may be followed by more.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let mut rest = bytes;
        loop {
            let (_, _, after) = Header::split(rest)?;
            if after.is_empty() {
                return Ok(Self { rest: bytes });
            }
            rest = after;
        }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match Header::split(self.rest) {
            Ok((header, body, after)) => {
                self.rest = after;
                Some(Packet::parse(&header, body))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}
