//! VP8 payload descriptor (RFC 7741 section 4.2).

use super::cursor::Cursor;
use super::{CodecError, Frame, PictureId};

/// The bits of KEYIDX in its byte.
const KEY_INDEX: u8 = 0x1f;

/// Positions within the payload of what a forwarder reads or rewrites.
struct Layout {
    first: u8,
    picture_id: Option<(usize, PictureId)>,
    tl0_picture_index: Option<(usize, u8)>,
    /// The position and the byte of TID, Y and KEYIDX; whether TID and Y count, and whether KEYIDX does.
    layer: Option<(usize, u8, bool, bool)>,
    length: usize,
}

impl Layout {
    fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.byte()?;
        let mut layout = Self {
            first,
            picture_id: None,
            tl0_picture_index: None,
            layer: None,
            length: 1,
        };
        if first & 0x80 != 0 {
            layout.parse_extended(&mut cursor)?;
        }
        layout.length = cursor.position();
        Ok(layout)
    }

    fn parse_extended(&mut self, cursor: &mut Cursor<'_>) -> Result<(), CodecError> {
        let flags = cursor.byte()?;
        if flags & 0x80 != 0 {
            self.picture_id = Some((cursor.position(), cursor.picture_id()?));
        }
        if flags & 0x40 != 0 {
            self.tl0_picture_index = Some((cursor.position(), cursor.byte()?));
        }
        if flags & 0x30 != 0 {
            let position = cursor.position();
            let (layers, key) = (flags & 0x20 != 0, flags & 0x10 != 0);
            self.layer = Some((position, cursor.byte()?, layers, key));
        }
        Ok(())
    }

    /// S is set and the partition is the first.
    const fn starts_frame(&self) -> bool {
        self.first & 0x17 == 0x10
    }
}

/// What `payload` is a part of.
pub fn inspect(payload: &[u8], marker: bool) -> Result<Frame, CodecError> {
    let layout = Layout::parse(payload)?;
    let body = payload.get(layout.length..).unwrap_or_default();
    let head = body.first().ok_or(CodecError::TooShort)?;
    let starts_frame = layout.starts_frame();
    let keyframe = starts_frame && head & 0x01 == 0;
    let (temporal, sync) = match layout.layer {
        Some((_, byte, true, _)) => (byte >> 6, byte & 0x20 != 0),
        _ => (0, false),
    };
    Ok(Frame {
        keyframe,
        starts_frame,
        ends_frame: marker,
        temporal,
        switches_to: match (keyframe, sync) {
            (true, _) => Frame::ALL_TEMPORAL,
            (_, true) => Some(temporal),
            _ => None,
        },
        discardable: layout.first & 0x20 != 0,
        picture_id: layout.picture_id.map(|(_, id)| id),
        tl0_picture_index: layout.tl0_picture_index.map(|(_, index)| index),
        key_index: match layout.layer {
            Some((_, byte, _, true)) => Some(byte & KEY_INDEX),
            _ => None,
        },
        resolution: if keyframe { resolution(body) } else { None },
        ..Frame::default()
    })
}

/// Size of a key frame (RFC 6386 section 9.1), without the scale bits.
const fn resolution(body: &[u8]) -> Option<(u16, u16)> {
    match body {
        [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] => Some((
            u16::from_le_bytes([*w0, *w1 & 0x3f]),
            u16::from_le_bytes([*h0, *h1 & 0x3f]),
        )),
        _ => None,
    }
}

/// Overwrite the picture id (in the width it has), TL0PICIDX and KEYIDX, where `payload` has them.
pub fn rewrite(
    payload: &mut [u8],
    picture_id: u16,
    tl0_picture_index: u8,
    key_index: u8,
) -> Result<(), CodecError> {
    let layout = Layout::parse(payload)?;
    if let Some((position, id)) = layout.picture_id {
        super::overwrite_picture_id(payload, position, id, picture_id)?;
    }
    if let Some((position, _)) = layout.tl0_picture_index {
        *payload.get_mut(position).ok_or(CodecError::TooShort)? = tl0_picture_index;
    }
    if let Some((position, byte, _, true)) = layout.layer {
        *payload.get_mut(position).ok_or(CodecError::TooShort)? =
            byte & !KEY_INDEX | key_index & KEY_INDEX;
    }
    Ok(())
}
