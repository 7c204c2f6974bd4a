//! Which of a producer's encodings a consumer gets.

use super::Active;
use crate::io::LayerReason;

/// The encoding a consumer gets: changed only at key frames.
#[derive(Clone, Copy, Debug)]
pub struct EncodingSelector {
    preferred: u8,
    current: Option<u8>,
    target: Option<u8>,
    reason: LayerReason,
}

impl EncodingSelector {
    /// One that gets nothing yet.
    pub const fn new(preferred: u8) -> Self {
        Self {
            preferred,
            current: None,
            target: None,
            reason: LayerReason::Available,
        }
    }

    /// The encoding it gets.
    pub const fn current(&self) -> Option<u8> {
        self.current
    }

    /// The encoding it shall get: wait for a key frame of it when it is not the current one.
    pub const fn target(&self) -> Option<u8> {
        self.target
    }

    /// Whether a lower encoding is waited for because the path does not carry the current one.
    pub fn is_narrowing(&self) -> bool {
        self.reason == LayerReason::Bandwidth && self.target < self.current && self.target.is_some()
    }

    /// Why the target is what it is.
    pub const fn reason(&self) -> LayerReason {
        self.reason
    }

    /// Prefer another encoding. Returns the encoding a key frame is needed of, if the target changed to one.
    pub fn prefer(&mut self, preferred: u8, active: Active, reason: LayerReason) -> Option<u8> {
        self.preferred = preferred;
        self.aim(active, reason)
    }

    /// Nothing flows any more, and nobody waits for a key frame. Returns whether that is a change.
    pub fn suspend(&mut self) -> bool {
        self.target = None;
        self.current.take().is_some()
    }

    /// The producer's encodings began or ceased to flow. Returns the encoding a key frame is needed of.
    ///
    /// When nothing flows at all the target stays: a producer that pauses comes back with the same encodings.
    pub fn available(&mut self, active: Active) -> Option<u8> {
        let lost = self
            .current
            .is_some_and(|current| active & bit(current) == 0);
        self.aim(
            active,
            if lost {
                LayerReason::Unavailable
            } else {
                LayerReason::Available
            },
        )
    }

    fn aim(&mut self, active: Active, reason: LayerReason) -> Option<u8> {
        let best = best(active, self.preferred)?;
        if self.target == Some(best) {
            return None;
        }
        self.target = Some(best);
        self.reason = reason;
        (self.current != Some(best)).then_some(best)
    }

    /// Whether a key frame of `encoding` is to be switched to: the target, or anything while there is no picture at all.
    pub fn accepts(&self, encoding: u8) -> bool {
        self.target == Some(encoding) || self.current.is_none()
    }

    /// A key frame of `encoding` is being forwarded. Returns whether that is a change.
    pub fn switch(&mut self, encoding: u8) -> bool {
        let changed = self.current != Some(encoding);
        self.current = Some(encoding);
        changed
    }
}

const fn bit(encoding: u8) -> Active {
    if encoding < 8 { 1 << encoding } else { 0 }
}

/// The highest active encoding up to `preferred`, else the lowest active one.
fn best(active: Active, preferred: u8) -> Option<u8> {
    let wanted = active & (u16::from(u8::MAX) >> (7 - preferred.min(7))) as u8;
    match (wanted, active) {
        (0, 0) => None,
        (0, _) => Some(active.trailing_zeros() as u8),
        _ => Some(wanted.ilog2() as u8),
    }
}
