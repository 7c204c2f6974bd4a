//! A way between two workers of one node: a transport with a path and keys given by command, and what is sent there.
//!
//! What comes in on a pipe is an ordinary producer with known SSRCs, so that layers are chosen, packets repaired and key
//! frames asked for as with any other. What goes out is a [`PipeConsumer`]: every encoding of a producer as it is.

mod consumer;
mod numbering;
mod sending;

pub use consumer::{PipeConsumer, PipeConsumerSpec, Strand};
pub use numbering::Numbering;
pub use sending::{forward, report};

use std::collections::HashMap;

use crate::id::Ssrc;
use crate::tables::{Hasher, Tables};

/// SSRCs that may come in on a pipe: the encodings of every producer one worker takes from another.
pub const MAX_SSRCS: usize = 4096;
/// Producers that may come in on a pipe.
pub const MAX_PRODUCERS: usize = 4096;
/// Producers that may be sent over a pipe.
pub const MAX_CONSUMERS: usize = 4096;

/// The outgoing half of a transport that is a pipe.
#[derive(Debug)]
pub struct Pipe {
    /// Slots of what goes out.
    pub consumers: Vec<usize>,
    /// Slot of the pipe consumer and index of the strand that sends from an SSRC.
    pub strands: HashMap<Ssrc, (usize, usize), Hasher>,
    newest: Ssrc,
}

impl Pipe {
    /// With nothing going out.
    pub fn new(hasher: &Hasher) -> Self {
        Self {
            consumers: Vec::new(),
            strands: HashMap::with_hasher(hasher.clone()),
            newest: Ssrc(0),
        }
    }

    /// Whether these SSRCs, in this order, were never sent from. They only ever rise, so that one is never used twice
    /// under the pipe's key, however long it lives and without remembering each.
    pub fn are_fresh(&self, ssrcs: &[Ssrc]) -> bool {
        let before = std::iter::once(&self.newest).chain(ssrcs);
        before.zip(ssrcs).all(|(before, ssrc)| before < ssrc)
    }

    /// Tie a pipe consumer to the pipe.
    pub fn insert(&mut self, slot: usize, strands: &[Strand]) {
        self.consumers.push(slot);
        for (index, strand) in strands.iter().enumerate() {
            self.strands.insert(strand.ssrc, (slot, index));
            self.newest = self.newest.max(strand.ssrc);
        }
    }

    /// Untie a pipe consumer.
    pub fn remove(&mut self, slot: usize, strands: &[Strand]) {
        self.consumers.retain(|other| *other != slot);
        for strand in strands {
            self.strands.remove(&strand.ssrc);
        }
    }
}

impl Tables {
    /// A packet came that belongs to nothing here. On a pipe it was on its way when its producer went, and what was
    /// just learnt of its SSRC, which never comes again, is not kept.
    pub fn forget_stray(&mut self, slot: usize, ssrc: Ssrc) {
        let transport = self.transports.get_mut(slot);
        if let Some(pipe) = transport.filter(|transport| transport.pipe.is_some()) {
            pipe.session.forget(ssrc.0);
        }
    }
}
