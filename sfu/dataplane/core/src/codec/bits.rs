//! Reading bit by bit, most significant first, with the end checked at each step.

use super::CodecError;

/// A cursor over bits.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn flag(&mut self) -> Result<bool, CodecError> {
        let byte = self
            .bytes
            .get(self.position / 8)
            .ok_or(CodecError::TooShort)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Ok(bit == 1)
    }

    /// The next `count` (at most 32) bits as a number.
    pub(super) fn read(&mut self, count: u32) -> Result<u32, CodecError> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Ok(value)
    }

    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) const fn left(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// `ns(n)` of the AV1 specification: a number below `n` in as few bits as possible.
    pub(super) fn non_symmetric(&mut self, n: u32) -> Result<u32, CodecError> {
        let width = u32::BITS - n.leading_zeros();
        if n == 0 || width == 0 {
            return Err(CodecError::Invalid);
        }
        let short = (1u32 << width) - n;
        let value = self.read(width - 1)?;
        if value < short {
            return Ok(value);
        }
        Ok((value << 1 | self.read(1)?) - short)
    }
}

/// Writes bits over a buffer, most significant first; `None` from then on where it ends.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The lowest `count` (at most 32) bits of a number.
    pub(super) fn put(&mut self, value: u32, count: u32) -> Option<()> {
        for bit in (0..count).rev() {
            let byte = self.bytes.get_mut(self.position / 8)?;
            let mask = 0x80 >> (self.position % 8);
            if value >> bit & 1 == 1 {
                *byte |= mask;
            } else {
                *byte &= !mask;
            }
            self.position += 1;
        }
        Some(())
    }

    /// The next `count` bits of `bits`.
    pub(super) fn copy(&mut self, bits: &mut Bits<'_>, count: usize) -> Option<()> {
        for _ in 0..count {
            self.put(u32::from(bits.flag().ok()?), 1)?;
        }
        Some(())
    }

    /// Fill the last byte with zeros. Returns the bytes written.
    pub(super) fn finish(mut self) -> usize {
        while !self.position.is_multiple_of(8) && self.put(0, 1).is_some() {}
        self.position / 8
    }
}
