//! The extension block of an RTP header: reading its elements and writing a new one (RFC 8285 section 4).

/// How the elements of a block are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Profile 0xBEDE: ids 1 to 14, values of 1 to 16 bytes.
    OneByte,
    /// Profile 0x100x: ids 1 to 255, values of 0 to 255 bytes.
    TwoByte,
}

impl Form {
    /// The form that a 16-bit profile stands for; `None` for a profile of something else.
    pub const fn from_profile(profile: u16) -> Option<Self> {
        match profile {
            0xbede => Some(Self::OneByte),
            0x1000..=0x100f => Some(Self::TwoByte),
            _ => None,
        }
    }

    const fn profile(self) -> u16 {
        match self {
            Self::OneByte => 0xbede,
            Self::TwoByte => 0x1000,
        }
    }

    /// The form an element needs.
    const fn needed(id: u8, length: usize) -> Self {
        if id > 14 || length == 0 || length > 16 {
            Self::TwoByte
        } else {
            Self::OneByte
        }
    }
}

/// Iterates over `(id, value)` of an extension block; stops at the first element that does not fit.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
    form: Form,
}

impl<'a> Elements<'a> {
    /// Over the `data` of a block, without its four bytes of profile and length.
    pub const fn new(form: Form, data: &'a [u8]) -> Self {
        Self { rest: data, form }
    }

    /// Over nothing.
    pub const fn none() -> Self {
        Self {
            rest: &[],
            form: Form::OneByte,
        }
    }

    /// The value of the first element with `id`.
    pub fn find(mut self, id: u8) -> Option<&'a [u8]> {
        self.find_map(|(candidate, value)| (candidate == id).then_some(value))
    }

    fn stop(&mut self) -> Option<(u8, &'a [u8])> {
        self.rest = &[];
        None
    }

    fn take(&mut self, id: u8, length: usize, rest: &'a [u8]) -> Option<(u8, &'a [u8])> {
        match rest.split_at_checked(length) {
            Some((value, rest)) => {
                self.rest = rest;
                Some((id, value))
            }
            None => self.stop(),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        match (self.form, self.rest) {
            // Section 4.2: id 15, and id 0 with a length, end the processing of the whole block.
            (Form::OneByte, [0x00..=0x0f | 0xf0..=0xff, ..]) => self.stop(),
            (Form::OneByte, [head, rest @ ..]) => {
                self.take(head >> 4, usize::from(head & 0x0f) + 1, rest)
            }
            (Form::TwoByte, [id, length, rest @ ..]) => self.take(*id, usize::from(*length), rest),
            _ => self.stop(),
        }
    }
}

/// Append a whole extension block (profile, length, elements, padding) to `out`; nothing when there are no elements.
///
/// The one-byte form is used when all elements fit it. Elements with id 0 or more than 255 bytes cannot be written in
/// any form and are left out. Returns the bytes appended, a multiple of four.
pub fn write_block<'a>(
    out: &mut Vec<u8>,
    elements: impl Iterator<Item = (u8, &'a [u8])> + Clone,
) -> usize {
    let start = out.len();
    let elements = elements.filter(|(id, value)| *id != 0 && value.len() <= 255);
    let two_byte = elements
        .clone()
        .any(|(id, value)| Form::needed(id, value.len()) == Form::TwoByte);
    let form = if two_byte {
        Form::TwoByte
    } else {
        Form::OneByte
    };
    for (id, value) in elements {
        if out.len() == start {
            out.extend_from_slice(&form.profile().to_be_bytes());
            out.extend_from_slice(&[0, 0]);
        }
        let length = value.len() as u8;
        match form {
            Form::OneByte => out.push(id << 4 | (length.wrapping_sub(1) & 0x0f)),
            Form::TwoByte => out.extend_from_slice(&[id, length]),
        }
        out.extend_from_slice(value);
    }
    let padding = (start.wrapping_sub(out.len())) % 4;
    out.resize(out.len() + padding, 0);
    let written = out.len() - start;
    if let Some([_, _, high, low]) = out
        .get_mut(start..)
        .and_then(|block| block.first_chunk_mut::<4>())
    {
        [*high, *low] = u16::try_from((written - 4) / 4)
            .unwrap_or(u16::MAX)
            .to_be_bytes();
    }
    written
}
