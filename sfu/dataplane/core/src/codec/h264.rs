//! H264 payloads (RFC 6184 section 5): key frames are told by parameter sets and IDR slices.

use super::cursor::Cursor;
use super::{CodecError, Frame};

/// NAL unit and packet types (RFC 6184 table 1, H.264 table 7-1).
mod nal {
    pub(super) const SLICE: u8 = 1;
    pub(super) const IDR: u8 = 5;
    pub(super) const SPS: u8 = 7;
    pub(super) const DELIMITER: u8 = 9;
    pub(super) const STAP_A: u8 = 24;
    pub(super) const FU_A: u8 = 28;
}

/// What `payload` is a part of.
pub fn inspect(payload: &[u8], marker: bool) -> Result<Frame, CodecError> {
    let (head, body) = payload.split_first().ok_or(CodecError::TooShort)?;
    let mut frame = Frame {
        ends_frame: marker,
        discardable: head >> 5 & 0x03 == 0,
        ..Frame::default()
    };
    match head & 0x1f {
        nal::STAP_A => aggregate(body, &mut frame)?,
        nal::FU_A => fragment(body, &mut frame)?,
        kind => unit(kind, body, &mut frame),
    }
    if frame.keyframe {
        frame.switches_to = Frame::ALL_TEMPORAL;
    }
    Ok(frame)
}

/// Section 5.7.1: NAL units with a 16-bit length before each.
fn aggregate(body: &[u8], frame: &mut Frame) -> Result<(), CodecError> {
    let mut cursor = Cursor::new(body);
    while cursor.position() < body.len() {
        let length = usize::from(cursor.u16()?);
        let (head, unit_body) = cursor
            .slice(length)?
            .split_first()
            .ok_or(CodecError::Invalid)?;
        unit(head & 0x1f, unit_body, frame);
    }
    Ok(())
}

/// Section 5.8: only the fragment with the start bit says what begins.
fn fragment(body: &[u8], frame: &mut Frame) -> Result<(), CodecError> {
    let (head, rest) = body.split_first().ok_or(CodecError::TooShort)?;
    if head & 0x80 != 0 {
        unit(head & 0x1f, rest, frame);
    }
    Ok(())
}

fn unit(kind: u8, body: &[u8], frame: &mut Frame) {
    // first_mb_in_slice is the first Exp-Golomb number of a slice header: zero is a single set bit.
    let first_slice = body.first().is_some_and(|byte| byte & 0x80 != 0);
    frame.keyframe |= kind == nal::SPS || (kind == nal::IDR && first_slice);
    frame.starts_frame |= match kind {
        nal::SPS | nal::DELIMITER => true,
        nal::SLICE | nal::IDR => first_slice,
        _ => false,
    };
}
