//! The active decode targets of a dependency descriptor, cut to what a receiver gets (appendix A.4 of the RTP payload
//! format of AV1): one that is sent fewer layers than its sender makes must not wait for the others.

use super::bits::{BitWriter, Bits};
use super::descriptor::{Flags, MAX_TARGETS, Structure};
use crate::ladder::Layers;

/// What a sender has announced of its decode targets, small enough to go along with each packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Highest layers that each target needs; `None` of one that no frame is for.
    layers: [Option<Layers>; MAX_TARGETS],
    targets: u8,
    /// Bit n: target n is produced.
    active: u32,
}

impl Announced {
    /// By `structure`, and by what the sender said of its `active` targets since.
    pub fn new(structure: &Structure, active: u32) -> Self {
        let mut layers = [None; MAX_TARGETS];
        for (target, layers) in (0..structure.targets()).zip(&mut layers) {
            let highest = structure.target_layers(target);
            *layers = highest.map(|(spatial, temporal)| Layers { spatial, temporal });
        }
        Self {
            layers,
            targets: structure.targets(),
            active,
        }
    }

    /// The targets that need no layer above `limit`, of those that are produced.
    pub fn within(&self, limit: Layers) -> u32 {
        let fits = |layers: Layers| layers.at_most(limit) == layers;
        let targets = self.layers.iter().take(usize::from(self.targets));
        let within = targets
            .enumerate()
            .filter(|(_, layers)| layers.is_none_or(fits));
        within.fold(0, |set, (target, _)| set | 1u32 << target) & self.active
    }
}

/// Write the descriptor `value` to `out`, saying that only the targets within `limit` are active. Returns its length;
/// `None` when it cannot be read, does not fit, or nothing would be active.
pub fn restrict(
    value: &[u8],
    announced: &Announced,
    limit: Layers,
    out: &mut [u8],
) -> Option<usize> {
    let targets = u32::from(announced.targets);
    let mask = announced.within(limit);
    if mask == 0 {
        return None;
    }
    let mut bits = Bits::new(value);
    let mut written = BitWriter::new(out);
    written.copy(&mut bits, MANDATORY_BITS)?;
    if bits.left() == 0 {
        written.put(Flags::ACTIVE_TARGETS, Flags::BITS)?;
        written.put(mask, targets)?;
        return Some(written.finish());
    }
    let flags = bits.clone().read(Flags::BITS).ok()?;
    written.put(flags | Flags::ACTIVE_TARGETS, Flags::BITS)?;
    bits.read(Flags::BITS).ok()?;
    if flags & Flags::STRUCTURE != 0 {
        let mut end = bits.clone();
        Structure::parse(&mut end).ok()?;
        let length = end.position() - bits.position();
        written.copy(&mut bits, length)?;
    }
    if flags & Flags::ACTIVE_TARGETS != 0 {
        bits.read(targets).ok()?;
    }
    written.put(mask, targets)?;
    let rest = bits.left();
    written.copy(&mut bits, rest)?;
    Some(written.finish())
}

/// Of every descriptor: first and last packet, template, frame number.
const MANDATORY_BITS: usize = 24;
