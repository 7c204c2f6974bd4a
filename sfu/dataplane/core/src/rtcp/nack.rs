//! Generic negative acknowledgements (RFC 4585 section 6.2.1).

use super::RtcpError;
use super::header::{Writer, feedback, kind, split_ssrc};
use crate::id::Ssrc;

/// Sequence numbers that one packet may ask for; what is beyond is not read.
pub const MAX_LOST: usize = 1024;
/// Entries (of 1 to 17 sequence numbers) that are written into one packet, to stay within 1200 bytes.
pub const MAX_ENTRIES: usize = 256;

/// Packets that a receiver misses.
#[derive(Clone, Debug)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender: Ssrc,
    /// Whose packets are missing.
    pub media: Ssrc,
    entries: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let (sender, body) = split_ssrc(body)?;
        let (media, body) = split_ssrc(body)?;
        let (entries, _) = body.as_chunks::<4>();
        if entries.is_empty() {
            return Err(RtcpError::TooShort);
        }
        Ok(Self {
            sender,
            media,
            entries,
        })
    }

    /// The missing sequence numbers in the order of the entries, at most [`MAX_LOST`].
    pub fn sequences(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.entries
            .iter()
            .flat_map(|entry| lost(*entry))
            .take(MAX_LOST)
    }
}

/// PID, and PID + 1 + n for each bit n of BLP.
fn lost([p0, p1, b0, b1]: [u8; 4]) -> impl Iterator<Item = u16> {
    let (first, following) = (u16::from_be_bytes([p0, p1]), u16::from_be_bytes([b0, b1]));
    let others = (0..16).filter(move |bit| following >> bit & 1 == 1);
    std::iter::once(first).chain(others.map(move |bit| first.wrapping_add(bit + 1)))
}

/// Append one packet that asks for `sequences`, given in ascending order (modulo 2^16); nothing when there are none.
///
/// Stops when [`MAX_ENTRIES`] are full. Returns how many of the sequence numbers are in the packet.
pub fn write(
    out: &mut Vec<u8>,
    sender: Ssrc,
    media: Ssrc,
    sequences: impl IntoIterator<Item = u16>,
) -> usize {
    let mut sequences = sequences.into_iter();
    let Some(mut first) = sequences.next() else {
        return 0;
    };
    let mut writer = Writer::feedback(out, kind::TRANSPORT_FEEDBACK, feedback::NACK, sender, media);
    let (mut following, mut entries, mut taken) = (0u16, 1, 1);
    for sequence in sequences {
        match sequence.wrapping_sub(first) {
            0 => {}
            step @ 1..=16 => following |= 1 << (step - 1),
            _ if entries == MAX_ENTRIES => break,
            _ => {
                writer.u16(first);
                writer.u16(following);
                (first, following) = (sequence, 0);
                entries += 1;
            }
        }
        taken += 1;
    }
    writer.u16(first);
    writer.u16(following);
    writer.finish();
    taken
}
