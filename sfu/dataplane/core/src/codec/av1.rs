//! AV1 aggregation header and OBU headers (RTP payload format of AOMedia, section 4.4), for streams without a
//! dependency descriptor.

use super::cursor::Cursor;
use super::{CodecError, Frame};

/// OBU types (AV1 section 6.2.2).
mod obu {
    pub(super) const SEQUENCE_HEADER: u8 = 1;
    pub(super) const FRAME_HEADER: u8 = 3;
    pub(super) const FRAME: u8 = 6;
}

/// What `payload` is a part of.
pub fn inspect(payload: &[u8], marker: bool) -> Result<Frame, CodecError> {
    let mut cursor = Cursor::new(payload);
    let head = cursor.byte()?;
    let continues = head & 0x80 != 0;
    let count = head >> 4 & 0x03;
    let new_sequence = head & 0x08 != 0;
    if continues && new_sequence {
        return Err(CodecError::Invalid);
    }
    let mut frame = Frame {
        ends_frame: marker,
        keyframe: new_sequence,
        starts_frame: new_sequence,
        ..Frame::default()
    };
    let mut index = 0;
    while cursor.position() < payload.len() && (count == 0 || index < count) {
        let element = if count != 0 && index + 1 == count {
            cursor.rest()
        } else {
            let length = cursor.leb128()?;
            cursor.slice(length)?
        };
        if index > 0 || !continues {
            element_header(element, &mut frame)?;
        }
        index = index.saturating_add(1);
    }
    if index == 0 {
        return Err(CodecError::TooShort);
    }
    if frame.keyframe {
        frame.switches_to = Frame::ALL_TEMPORAL;
    }
    Ok(frame)
}

fn element_header(element: &[u8], frame: &mut Frame) -> Result<(), CodecError> {
    let head = element.first().ok_or(CodecError::Invalid)?;
    if head & 0x80 != 0 {
        return Err(CodecError::Invalid);
    }
    match head >> 3 & 0x0f {
        obu::SEQUENCE_HEADER => {
            frame.keyframe = true;
            frame.starts_frame = true;
        }
        obu::FRAME_HEADER | obu::FRAME => {
            frame.starts_frame = true;
            if let (true, Some(layers)) = (head & 0x04 != 0, element.get(1)) {
                frame.temporal = layers >> 5;
                frame.spatial = layers >> 3 & 0x03;
            }
        }
        _ => {}
    }
    Ok(())
}
