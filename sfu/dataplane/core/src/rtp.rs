//! RTP packets (RFC 3550 section 5.1): read without copying, written in place.

use crate::extension::{Elements, Form};
use crate::id::{PayloadType, Ssrc};
use std::ops::Range;

/// Bytes of a header without CSRCs and extensions.
pub const FIXED_HEADER: usize = 12;

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtpError {
    /// The header, its CSRCs or its extension block go beyond the end.
    TooShort,
    /// The version is not 2.
    Version,
    /// The padding is longer than the payload, or zero with the padding bit set.
    Padding,
}

/// The fixed fields of an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Marker: the last packet of a video frame, the first of a talk spurt.
    pub marker: bool,
    /// Payload type.
    pub payload_type: PayloadType,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in units of the codec's clock rate.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: Ssrc,
}

impl Fields {
    /// Append a fixed header to `out`. With `extension`, an extension block must be appended next.
    pub fn write(&self, out: &mut Vec<u8>, extension: bool) {
        out.push(0x80 | u8::from(extension) << 4);
        out.push(u8::from(self.marker) << 7 | (self.payload_type.0 & 0x7f));
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.0.to_be_bytes());
    }
}

/// Where the parts of a header are; readable before decryption, since SRTP leaves headers in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The fixed fields.
    pub fields: Fields,
    /// Whether padding follows the payload; its length is the last byte of the (decrypted) packet.
    pub padded: bool,
    /// Whether there is an extension block, of any profile.
    pub extended: bool,
    /// Form and range of the extension's data when it is one of RFC 8285.
    pub extension: Option<(Form, Range<usize>)>,
    /// Length of the whole header; the payload starts here.
    pub length: usize,
}

impl Header {
    /// Read the header at the start of `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, RtpError> {
        let (fixed, rest) = bytes
            .split_first_chunk::<FIXED_HEADER>()
            .ok_or(RtpError::TooShort)?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let fields = Fields {
            marker: second & 0x80 != 0,
            payload_type: PayloadType(second & 0x7f),
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: Ssrc(u32::from_be_bytes([c0, c1, c2, c3])),
        };
        let csrcs = usize::from(first & 0x0f) * 4;
        let rest = rest.get(csrcs..).ok_or(RtpError::TooShort)?;
        let mut header = Self {
            fields,
            padded: first & 0x20 != 0,
            extended: first & 0x10 != 0,
            extension: None,
            length: FIXED_HEADER + csrcs,
        };
        if header.extended {
            header.locate_extension(rest)?;
        }
        Ok(header)
    }

    fn locate_extension(&mut self, rest: &[u8]) -> Result<(), RtpError> {
        let ([p0, p1, l0, l1], data) = rest.split_first_chunk::<4>().ok_or(RtpError::TooShort)?;
        let length = usize::from(u16::from_be_bytes([*l0, *l1])) * 4;
        if data.len() < length {
            return Err(RtpError::TooShort);
        }
        let start = self.length + 4;
        self.length = start + length;
        self.extension = Form::from_profile(u16::from_be_bytes([*p0, *p1]))
            .map(|form| (form, start..self.length));
        Ok(())
    }

    /// The extension elements in `bytes`, the packet this header was read from.
    pub fn elements<'a>(&self, bytes: &'a [u8]) -> Elements<'a> {
        match &self.extension {
            Some((form, range)) => {
                Elements::new(*form, bytes.get(range.clone()).unwrap_or_default())
            }
            None => Elements::none(),
        }
    }

    /// The range of the payload without padding in the decrypted packet `bytes`; empty in a packet of padding alone.
    pub fn payload_range(&self, bytes: &[u8]) -> Result<Range<usize>, RtpError> {
        let payload = bytes.get(self.length..).ok_or(RtpError::TooShort)?;
        if !self.padded {
            return Ok(self.length..bytes.len());
        }
        let padding = usize::from(payload.last().copied().unwrap_or(0));
        if padding == 0 || padding > payload.len() {
            return Err(RtpError::Padding);
        }
        Ok(self.length..bytes.len() - padding)
    }
}

/// A whole, decrypted RTP packet.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    header: Header,
    payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Read `bytes`; all bounds are checked here.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let header = Header::parse(bytes)?;
        let payload = bytes
            .get(header.payload_range(bytes)?)
            .ok_or(RtpError::TooShort)?;
        Ok(Self {
            bytes,
            header,
            payload,
        })
    }

    /// The fixed fields.
    pub const fn fields(&self) -> Fields {
        self.header.fields
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The payload without padding.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The extension elements.
    pub fn elements(&self) -> Elements<'a> {
        self.header.elements(self.bytes)
    }
}

/// Overwrites fields of a packet in place.
#[derive(Debug)]
pub struct HeaderMut<'a>(&'a mut [u8; FIXED_HEADER]);

impl<'a> HeaderMut<'a> {
    /// `None` when `packet` is shorter than a header.
    pub fn new(packet: &'a mut [u8]) -> Option<Self> {
        packet.first_chunk_mut::<FIXED_HEADER>().map(Self)
    }

    /// Overwrite the marker.
    pub fn set_marker(&mut self, marker: bool) -> &mut Self {
        self.0[1] = self.0[1] & 0x7f | u8::from(marker) << 7;
        self
    }

    /// Overwrite the payload type.
    pub fn set_payload_type(&mut self, payload_type: PayloadType) -> &mut Self {
        self.0[1] = self.0[1] & 0x80 | payload_type.0 & 0x7f;
        self
    }

    /// Overwrite the sequence number.
    pub fn set_sequence(&mut self, sequence: u16) -> &mut Self {
        [self.0[2], self.0[3]] = sequence.to_be_bytes();
        self
    }

    /// Overwrite the timestamp.
    pub fn set_timestamp(&mut self, timestamp: u32) -> &mut Self {
        [self.0[4], self.0[5], self.0[6], self.0[7]] = timestamp.to_be_bytes();
        self
    }

    /// Overwrite the synchronisation source.
    pub fn set_ssrc(&mut self, ssrc: Ssrc) -> &mut Self {
        [self.0[8], self.0[9], self.0[10], self.0[11]] = ssrc.0.to_be_bytes();
        self
    }
}
