//! The layers within one stream: lowered at any picture, raised where the stream allows it.

use crate::codec::Frame;
use crate::ladder::Layers;

/// Lets the packets of some spatial and temporal layers through.
///
/// All layers below are let through as well, so that going down needs nothing of the sender, whether layers depend on each
/// other in every picture (L3T3) or in key pictures only (L3T3_KEY). Going up spatially needs a key picture; going up
/// temporally a frame that says that it may be switched to.
#[derive(Clone, Copy, Debug)]
pub struct LayerFilter {
    wanted: Layers,
    current: Layers,
    timestamp: u32,
}

impl LayerFilter {
    /// One that lets layers up to `wanted` through.
    pub const fn new(wanted: Layers) -> Self {
        Self {
            wanted,
            current: wanted,
            timestamp: 0,
        }
    }

    /// Want other layers from the next picture on.
    pub fn want(&mut self, wanted: Layers) {
        self.wanted = wanted;
    }

    /// The highest layers wanted.
    pub const fn wanted(&self) -> Layers {
        self.wanted
    }

    /// The highest layers let through.
    pub const fn current(&self) -> Layers {
        self.current
    }

    /// Whether the packet is let through. All packets of a layer frame get the same answer: the filter moves between
    /// pictures only.
    pub fn passes(&mut self, frame: &Frame, timestamp: u32) -> bool {
        if frame.keyframe {
            self.current = self.wanted;
        } else if timestamp != self.timestamp {
            self.current = self.current.at_most(self.wanted);
            if let (true, Some(highest)) = (frame.starts_frame, frame.switches_to) {
                let reached = highest.min(self.wanted.temporal);
                self.current.temporal = self.current.temporal.max(reached);
            }
        }
        self.timestamp = timestamp;
        self.passes_late(frame)
    }

    /// Whether a packet that came late is let through; changes nothing.
    pub const fn passes_late(&self, frame: &Frame) -> bool {
        frame.temporal <= self.current.temporal && frame.spatial <= self.current.spatial
    }

    /// Whether the packet is the last one of its picture that is let through, though the sender marked a later one.
    pub const fn ends_picture(&self, frame: &Frame) -> bool {
        frame.ends_frame && frame.spatial == self.current.spatial
    }
}
