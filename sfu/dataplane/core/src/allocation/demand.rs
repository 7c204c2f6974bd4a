//! What a consumer asks of the allocator, and what it was answered.

use super::size::{Size, Sizes};
use super::standing::Standing;
use super::{SCREEN_BONUS, USUAL_PRIORITY};
use crate::ladder::Layers;
use crate::spec::Content;

/// One consumer's side of the allocation.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// 1 to 255.
    pub priority: u8,
    /// How large it is shown, once its receiver has said.
    pub size: Option<Size>,
    /// Its past.
    pub standing: Standing,
    /// What its layers were last decided by, in bits per second.
    pub estimate: Option<u64>,
    /// The spatial layer it would be sent if it flowed; `None` when it is sent nothing.
    pub aim: Option<u8>,
    /// Bandwidth allows less than it could use.
    pub is_limited: bool,
    cap: Option<u8>,
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            priority: USUAL_PRIORITY,
            size: None,
            standing: Standing::default(),
            estimate: None,
            aim: None,
            is_limited: false,
            cap: None,
        }
    }
}

impl Demand {
    /// The most it can use: what it prefers, as far as the size it is shown at can use it.
    pub fn most(&mut self, wanted: Layers, sizes: &Sizes) -> Layers {
        self.cap = self.size.map(|size| sizes.layer_for(size, self.cap));
        Layers {
            spatial: wanted.spatial.min(self.cap.unwrap_or(u8::MAX)),
            ..wanted
        }
    }

    /// How much it counts. `boost` is its producer's.
    pub fn weight(&self, boost: u8, content: Content) -> u16 {
        let bonus = match content {
            Content::Camera => 0,
            Content::Screen => SCREEN_BONUS,
        };
        u16::from(self.priority) + u16::from(boost) + u16::from(bonus)
    }
}
