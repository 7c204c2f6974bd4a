//! VP9 payload descriptor (RFC 9628 section 4.2).

use super::cursor::Cursor;
use super::{CodecError, Frame, PictureId};

/// Reference indices that an inter-predicted frame in flexible mode may have.
const MAX_REFERENCES: usize = 3;

/// Bits of the first byte.
mod flag {
    pub(super) const PICTURE_ID: u8 = 0x80;
    pub(super) const INTER_PICTURE: u8 = 0x40;
    pub(super) const LAYERS: u8 = 0x20;
    pub(super) const FLEXIBLE: u8 = 0x10;
    pub(super) const START: u8 = 0x08;
    pub(super) const END: u8 = 0x04;
    pub(super) const STRUCTURE: u8 = 0x02;
}

/// What the descriptor says, with the positions of what is rewritten.
struct Layout {
    first: u8,
    picture_id: Option<(usize, PictureId)>,
    layers: u8,
    tl0_picture_index: Option<(usize, u8)>,
    resolution: Option<(u16, u16)>,
    length: usize,
}

impl Layout {
    fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.byte()?;
        let mut layout = Self {
            first,
            picture_id: None,
            layers: 0,
            tl0_picture_index: None,
            resolution: None,
            length: 1,
        };
        if first & flag::PICTURE_ID != 0 {
            layout.picture_id = Some((cursor.position(), cursor.picture_id()?));
        }
        if first & flag::LAYERS != 0 {
            layout.layers = cursor.byte()?;
            if first & flag::FLEXIBLE == 0 {
                layout.tl0_picture_index = Some((cursor.position(), cursor.byte()?));
            }
        }
        if first & flag::FLEXIBLE != 0 && first & flag::INTER_PICTURE != 0 {
            skip_references(&mut cursor)?;
        }
        if first & flag::STRUCTURE != 0 {
            layout.resolution = scalability_structure(&mut cursor)?;
        }
        layout.length = cursor.position();
        Ok(layout)
    }

    const fn has(&self, flag: u8) -> bool {
        self.first & flag != 0
    }
}

fn skip_references(cursor: &mut Cursor<'_>) -> Result<(), CodecError> {
    for _ in 0..MAX_REFERENCES {
        if cursor.byte()? & 0x01 == 0 {
            return Ok(());
        }
    }
    Err(CodecError::Invalid)
}

/// Skip a scalability structure; the size of its highest spatial layer, when it tells sizes.
fn scalability_structure(cursor: &mut Cursor<'_>) -> Result<Option<(u16, u16)>, CodecError> {
    let head = cursor.byte()?;
    let mut resolution = None;
    if head & 0x10 != 0 {
        for _ in 0..=(head >> 5) {
            resolution = Some((cursor.u16()?, cursor.u16()?));
        }
    }
    if head & 0x08 != 0 {
        for _ in 0..cursor.byte()? {
            let references = cursor.byte()? >> 2 & 0x03;
            for _ in 0..references {
                cursor.byte()?;
            }
        }
    }
    Ok(resolution)
}

/// What `payload` is a part of.
pub fn inspect(payload: &[u8]) -> Result<Frame, CodecError> {
    let layout = Layout::parse(payload)?;
    if payload.len() <= layout.length {
        return Err(CodecError::TooShort);
    }
    let starts_frame = layout.has(flag::START);
    let inter_layer = layout.layers & 0x01 != 0;
    let keyframe = starts_frame && !layout.has(flag::INTER_PICTURE) && !inter_layer;
    Ok(Frame {
        keyframe,
        starts_frame,
        ends_frame: layout.has(flag::END),
        spatial: layout.layers >> 1 & 0x07,
        temporal: layout.layers >> 5,
        switches_to: match (keyframe, layout.layers & 0x10 != 0) {
            (true, _) => Frame::ALL_TEMPORAL,
            (_, true) => Some(layout.layers >> 5),
            _ => None,
        },
        inter_layer,
        picture_id: layout.picture_id.map(|(_, id)| id),
        tl0_picture_index: layout.tl0_picture_index.map(|(_, index)| index),
        resolution: layout.resolution,
        ..Frame::default()
    })
}

/// Overwrite the picture id (in the width it has) and TL0PICIDX, where `payload` has them.
pub fn rewrite(
    payload: &mut [u8],
    picture_id: u16,
    tl0_picture_index: u8,
) -> Result<(), CodecError> {
    let layout = Layout::parse(payload)?;
    if let Some((position, id)) = layout.picture_id {
        super::overwrite_picture_id(payload, position, id, picture_id)?;
    }
    if let Some((position, _)) = layout.tl0_picture_index {
        *payload.get_mut(position).ok_or(CodecError::TooShort)? = tl0_picture_index;
    }
    Ok(())
}
