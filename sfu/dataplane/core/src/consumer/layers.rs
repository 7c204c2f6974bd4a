//! Which layers a consumer gets: what its receiver asks for, what bandwidth allows, and what the producer sends.

use super::Consumer;
use crate::codec::Frame;
use crate::io::LayerReason;
use crate::ladder::Layers;
use crate::layer::Active;

impl Consumer {
    /// The stream it waits for a key frame of, if it does.
    pub fn awaits(&self) -> Option<u8> {
        if self.paused {
            return None;
        }
        let target = self.spatial.target();
        (self.syncing || self.spatial.current() != target || self.climbs())
            .then_some(target)
            .flatten()
    }

    /// Whether a higher spatial layer within the stream is wanted than flows: only a key picture opens it.
    fn climbs(&self) -> bool {
        self.layered && self.filter.wanted().spatial > self.filter.current().spatial
    }

    /// The producer's spatial layers began or ceased to flow.
    pub fn available(&mut self, active: Active) {
        if self.allotted.is_none() {
            return;
        }
        if self.layered {
            let reason = if self.is_lost(active) {
                LayerReason::Unavailable
            } else {
                LayerReason::Available
            };
            self.aim(active, reason);
        } else {
            self.spatial.available(active);
            self.tune();
        }
    }

    fn is_lost(&self, active: Active) -> bool {
        active >> self.filter.current().spatial.min(7) & 1 == 0
    }

    /// Ask for at most these layers.
    pub fn prefer(&mut self, preferred: Layers, active: Active) {
        self.preferred = preferred;
        self.aim(active, LayerReason::Requested);
    }

    /// Allow at most these layers; `None` stops the picture at once.
    pub fn allot(&mut self, allotted: Option<Layers>, active: Active, reason: LayerReason) {
        let suspended = self.allotted.is_none();
        self.allotted = allotted;
        if allotted.is_none() {
            if self.spatial.suspend() {
                self.change = Some(reason);
            }
            self.resync();
        } else {
            if suspended {
                self.resync();
            }
            self.aim(active, reason);
        }
    }

    fn aim(&mut self, active: Active, reason: LayerReason) {
        let Some(allotted) = self.allotted else {
            return;
        };
        let goal = self.preferred.at_most(allotted);
        let before = (self.filter.wanted(), self.temporal_layer());
        if self.layered {
            let highest = active.checked_ilog2().unwrap_or(0) as u8;
            let spatial = goal.spatial.min(highest);
            self.filter.want(Layers { spatial, ..goal });
            self.spatial.prefer(0, Active::from(active != 0), reason);
        } else {
            self.temporal = goal.temporal;
            self.spatial.prefer(goal.spatial, active, reason);
            self.tune();
        }
        if before.0 != self.filter.wanted() {
            self.reason = reason;
        }
        let is_flowing = self.spatial.current().is_some();
        if is_flowing && !self.layered && before.1 != self.temporal_layer() {
            self.change = Some(reason);
        }
    }

    /// The temporal layers it gets of one encoding of several. While a lower one is waited for because the path does not
    /// carry this one, the base alone: a key frame is a round trip away, and more would only lengthen the queue.
    pub(super) fn tune(&mut self) {
        let temporal = if self.spatial.is_narrowing() {
            0
        } else {
            self.temporal
        };
        let spatial = u8::MAX;
        self.filter.want(Layers { spatial, temporal });
    }

    /// What its receiver is to be told of the layers it gets: nothing while it gets all that a key frame announces.
    pub(super) fn limit(&self, frame: &Frame) -> Option<Layers> {
        let current = self.filter.current();
        let gets_all = current.spatial >= self.spatial_layers - 1
            && current.temporal >= self.temporal_layers - 1;
        if !gets_all {
            return Some(current);
        }
        let believes_all = frame.keyframe || self.rewriter.told().is_none();
        (!believes_all).then_some(Layers::HIGHEST)
    }

    /// What it asks for at most; `None` while it is paused.
    pub fn wanted(&self) -> Option<Layers> {
        (!self.paused).then_some(self.preferred)
    }

    /// What it is allowed at most; `None` while it is suspended.
    pub const fn allotted(&self) -> Option<Layers> {
        self.allotted
    }

    /// What it may be sent at most: no more than it asks for, than it is allowed, and than there is.
    pub(super) fn entitled(&self) -> Option<Layers> {
        let all = Layers {
            spatial: self.spatial_layers - 1,
            temporal: self.temporal_layers - 1,
        };
        Some(self.allotted?.at_most(self.preferred).at_most(all))
    }

    /// What flows.
    pub fn current(&self) -> Option<Layers> {
        self.flowing()?;
        let (spatial, temporal) = (self.spatial_layer(), self.temporal_layer());
        Some(Layers {
            spatial: spatial.max(0) as u8,
            temporal: temporal.max(0) as u8,
        })
    }

    /// The layers it gets, if they changed since the last call.
    pub fn take_change(&mut self) -> Option<(i8, i8, LayerReason)> {
        let reason = self.change.take()?;
        Some((self.spatial_layer(), self.temporal_layer(), reason))
    }

    pub(super) fn spatial_layer(&self) -> i8 {
        let flowing = self.spatial.current();
        let within = self.filter.current().spatial.min(7);
        flowing.map_or(
            -1,
            |stream| if self.layered { within } else { stream } as i8,
        )
    }

    pub(super) fn temporal_layer(&self) -> i8 {
        let temporal = if self.layered {
            self.filter.current().temporal
        } else {
            self.temporal
        };
        if self.spatial.current().is_some() {
            temporal.min(self.temporal_layers - 1) as i8
        } else {
            -1
        }
    }
}
