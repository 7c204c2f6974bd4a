//! Packet status chunks: 16 bits for many statuses (sections 3.1.1 to 3.1.4 of the draft).

/// Status of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// Not received.
    Missing,
    /// Received, with a delta of one byte.
    Small,
    /// Received, with a signed delta of two bytes.
    Large,
    /// Not defined by the draft.
    Reserved,
}

impl Symbol {
    const fn from_bits(bits: u16) -> Self {
        match bits & 3 {
            0 => Self::Missing,
            1 => Self::Small,
            2 => Self::Large,
            _ => Self::Reserved,
        }
    }

    /// Bytes of the delta; `None` for what the draft does not define.
    const fn delta_length(self) -> Option<usize> {
        match self {
            Self::Missing => Some(0),
            Self::Small => Some(1),
            Self::Large => Some(2),
            Self::Reserved => None,
        }
    }
}

/// Statuses in a vector of one bit each.
pub(super) const ONE_BIT: u16 = 14;
/// Statuses in a vector of two bits each.
pub(super) const TWO_BIT: u16 = 7;
/// Statuses in a run.
pub(super) const MAX_RUN: u16 = 0x1fff;

/// A chunk being read from its front.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chunk {
    Run {
        symbol: Symbol,
        left: u16,
    },
    /// `width` bits to a status, the next one in the highest bits of the `left * width` low ones.
    Vector {
        bits: u16,
        width: u16,
        left: u16,
    },
}

impl Chunk {
    pub(super) const EMPTY: Self = Self::Run {
        symbol: Symbol::Missing,
        left: 0,
    };

    pub(super) const fn decode(bytes: [u8; 2]) -> Self {
        let bits = u16::from_be_bytes(bytes);
        match bits >> 14 {
            0 | 1 => Self::Run {
                symbol: Symbol::from_bits(bits >> 13),
                left: bits & MAX_RUN,
            },
            2 => Self::Vector {
                bits,
                width: 1,
                left: ONE_BIT,
            },
            _ => Self::Vector {
                bits,
                width: 2,
                left: TWO_BIT,
            },
        }
    }

    /// Statuses left in the chunk.
    pub(super) const fn len(self) -> u16 {
        match self {
            Self::Run { left, .. } | Self::Vector { left, .. } => left,
        }
    }

    /// The next status.
    pub(super) fn pop(&mut self) -> Option<Symbol> {
        match self {
            Self::Run { symbol, left } => {
                *left = left.checked_sub(1)?;
                Some(*symbol)
            }
            Self::Vector { bits, width, left } => {
                *left = left.checked_sub(1)?;
                let value = *bits >> (*left * *width);
                Some(Symbol::from_bits(if *width == 1 {
                    value & 1
                } else {
                    value
                }))
            }
        }
    }

    /// Bytes of the deltas of the first `count` statuses.
    pub(super) fn delta_length(mut self, count: u16) -> Option<usize> {
        if let Self::Run { symbol, .. } = self {
            return Some(usize::from(count) * symbol.delta_length()?);
        }
        (0..count).try_fold(0, |sum, _| Some(sum + self.pop()?.delta_length()?))
    }
}

/// A run of `count` equal statuses.
pub(super) const fn encode_run(symbol: Symbol, count: u16) -> u16 {
    (symbol as u16) << 13 | (count & MAX_RUN)
}

/// A vector of up to 14 (`width` 1) or 7 (`width` 2) statuses; a shorter one is filled up with missing packets.
pub(super) fn encode_vector(symbols: impl Iterator<Item = Symbol>, width: u16) -> u16 {
    let (head, capacity) = if width == 1 {
        (0x8000, ONE_BIT)
    } else {
        (0xc000, TWO_BIT)
    };
    let places = (0..capacity).rev();
    symbols.zip(places).fold(head, |bits, (symbol, place)| {
        bits | (symbol as u16) << (place * width)
    })
}
