//! The values of the extensions that the data plane itself reads or writes.

/// Client-to-mixer audio level (RFC 6464 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Whether the sender thinks that this packet has speech.
    pub voice: bool,
    /// Loudness in -dBov: 0 is the loudest, 127 silence.
    pub level: u8,
}

impl AudioLevel {
    /// From the element's value; one byte in the one-byte form, possibly padded in the two-byte form.
    pub const fn parse(value: &[u8]) -> Option<Self> {
        match value {
            [byte, ..] => Some(Self {
                voice: *byte & 0x80 != 0,
                level: *byte & 0x7f,
            }),
            [] => None,
        }
    }

    /// The element's value.
    pub const fn to_bytes(self) -> [u8; 1] {
        [(self.voice as u8) << 7 | (self.level & 0x7f)]
    }
}

/// Transport-wide sequence number: two bytes, more of them in version 2 of the extension.
pub const fn parse_transport_sequence(value: &[u8]) -> Option<u16> {
    match value {
        [high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// Absolute send time: 24 bits of 6.18 fixed point seconds.
pub const fn parse_abs_send_time(value: &[u8]) -> Option<u32> {
    match value {
        [a, b, c] => Some(u32::from_be_bytes([0, *a, *b, *c])),
        _ => None,
    }
}

/// The element's value of an absolute send time; the upper 8 bits of `time` are left out.
pub const fn abs_send_time_bytes(time: u32) -> [u8; 3] {
    let [_, a, b, c] = time.to_be_bytes();
    [a, b, c]
}
