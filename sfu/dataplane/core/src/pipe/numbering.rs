//! Sequence numbers on a pipe: the producer's, moved by a constant.

/// How far a stream that was replaced begins after the one before. The other worker takes so large a gap for what it
/// is: nothing of before can be continued, and everybody waits for a key frame.
const LEAP: u64 = 1 << 14;

/// What was sent under which number, since the strand last began.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The producer's extended number of the first packet.
    from: u64,
    /// The extended number it was sent under.
    to: u64,
}

/// The numbers of one strand.
///
/// They begin below 2^15, wherever the producer's stand, because a receiver that misses the first packets could not
/// guess the rollover counter otherwise (RFC 3711 section 3.3.1).
#[derive(Clone, Copy, Debug)]
pub struct Numbering {
    run: Option<Run>,
    next: u64,
}

impl Numbering {
    /// The first packet is sent under `first`.
    pub const fn new(first: u16) -> Self {
        Self {
            run: None,
            next: (first & 0x7fff) as u64,
        }
    }

    /// Packets from here on follow directly on what was sent: nothing was sent for a while, on purpose.
    pub const fn pause(&mut self) {
        self.run = None;
    }

    /// Packets from here on are of another stream.
    pub const fn replace(&mut self) {
        if self.run.take().is_some() {
            self.next += LEAP;
        }
    }

    /// The extended number to send the producer's packet `sequence` under; `None` when it is older than the first.
    pub fn place(&mut self, sequence: u64) -> Option<u64> {
        let run = *self.run.get_or_insert(Run {
            from: sequence,
            to: self.next,
        });
        let placed = run.to + sequence.checked_sub(run.from)?;
        self.next = self.next.max(placed + 1);
        Some(placed)
    }

    /// The producer's packet that was sent under a number the other worker names, and its extended number.
    pub fn find(&self, sequence: u16) -> Option<(u64, u64)> {
        let run = self.run?;
        let newest = self.next.checked_sub(1)?;
        let back = u64::from((newest as u16).wrapping_sub(sequence));
        let placed = newest.checked_sub(back)?;
        Some((run.from + placed.checked_sub(run.to)?, placed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_distances() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.place(70_000), Some(100));
        assert_eq!(numbering.place(70_005), Some(105));
        assert_eq!(numbering.place(70_003), Some(103));
        assert_eq!(numbering.place(69_999), None);
        assert_eq!(numbering.find(103), Some((70_003, 103)));
        assert_eq!(numbering.find(106), None);
    }

    #[test]
    fn a_pause_leaves_no_gap_and_a_replaced_stream_a_leap() {
        let mut numbering = Numbering::new(0);
        numbering.place(1_000);
        numbering.pause();
        assert_eq!(numbering.place(1_500), Some(1));
        assert_eq!(numbering.find(0), None);
        numbering.replace();
        numbering.replace();
        assert_eq!(numbering.place(1 << 40), Some(2 + LEAP));
    }

    #[test]
    fn it_begins_where_a_rollover_cannot_be_missed() {
        assert_eq!(Numbering::new(u16::MAX).place(65_535), Some(0x7fff));
    }

    #[test]
    fn numbers_are_found_again_across_a_wrap() {
        let mut numbering = Numbering::new(0x7fff);
        for sequence in 0..100_000 {
            numbering.place(sequence);
        }
        let placed = 0x7fff + 99_990;
        assert_eq!(numbering.find(placed as u16), Some((99_990, placed)));
    }
}
