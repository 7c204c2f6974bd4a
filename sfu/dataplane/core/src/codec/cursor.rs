//! Reading byte by byte, with the end checked at each step.

use super::{CodecError, PictureId};

/// A cursor over bytes.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Index of the next byte.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        let byte = self
            .bytes
            .get(self.position)
            .copied()
            .ok_or(CodecError::TooShort)?;
        self.position += 1;
        Ok(byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, CodecError> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// The next `length` bytes.
    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let end = self
            .position
            .checked_add(length)
            .ok_or(CodecError::TooShort)?;
        let slice = self
            .bytes
            .get(self.position..end)
            .ok_or(CodecError::TooShort)?;
        self.position = end;
        Ok(slice)
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        self.position = self.bytes.len();
        rest
    }

    /// A picture id in the 7 or 15 bits that VP8 and VP9 share.
    pub(super) fn picture_id(&mut self) -> Result<PictureId, CodecError> {
        let high = self.byte()?;
        if high & 0x80 == 0 {
            return Ok(PictureId::Short(high));
        }
        Ok(PictureId::Long(u16::from_be_bytes([
            high & 0x7f,
            self.byte()?,
        ])))
    }

    /// An unsigned number in LEB128 (AV1 section 4.10.5).
    pub(super) fn leb128(&mut self) -> Result<usize, CodecError> {
        let mut value = 0u64;
        for index in 0..8 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (index * 7);
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|_| CodecError::Invalid);
            }
        }
        Err(CodecError::Invalid)
    }
}
