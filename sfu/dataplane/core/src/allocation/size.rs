//! How large a picture is on a viewer's page, and which spatial layer that can use.

use crate::ladder::MAX_SPATIAL;

/// A layer may have this much less than the page shows, in percent: a stretch by a quarter is not seen on a face.
const STRETCH_PERCENT: u32 = 125;
/// A size has to pass a limit by this much before the layer changes, in percent, so that dragging the edge of a window
/// does not make a picture switch.
const HYSTERESIS_PERCENT: u32 = 10;
/// What the highest layer is taken for before its first key frame has told.
const ASSUMED: Size = Size {
    width: 1280,
    height: 720,
};

/// In device pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// More than zero.
    pub width: u16,
    /// More than zero.
    pub height: u16,
}

/// The sizes of a producer's spatial layers, lowest first; those nobody has told are derived from the ones above or
/// below, each twice as large as the one below it (SFU-4: scaled by 4, 2 and 1).
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    list: [Size; MAX_SPATIAL],
    count: usize,
}

impl Sizes {
    /// From what is known of each layer.
    pub fn new(known: impl ExactSizeIterator<Item = Option<Size>> + Clone) -> Self {
        let count = known.len().clamp(1, MAX_SPATIAL);
        let mut list = [ASSUMED; MAX_SPATIAL];
        let reference = (0..count)
            .zip(known.clone())
            .filter_map(|(layer, size)| Some((layer, size?)))
            .last();
        let (at, size) = reference.unwrap_or((count - 1, ASSUMED));
        for (layer, (slot, known)) in list
            .iter_mut()
            .zip(known.chain(std::iter::repeat(None)))
            .take(count)
            .enumerate()
        {
            *slot = known.unwrap_or_else(|| scaled(size, layer, at));
        }
        Self { list, count }
    }

    /// The lowest layer that is sharp enough for `shown`, the highest when none is. `before` is the answer of the time
    /// before.
    pub fn layer_for(&self, shown: Size, before: Option<u8>) -> u8 {
        let layers = self.list.iter().take(self.count);
        let enough = (0u8..).zip(layers).position(|(layer, size)| {
            let leeway = match before {
                Some(before) if before <= layer => 100 + HYSTERESIS_PERCENT,
                Some(_) => 100 - HYSTERESIS_PERCENT,
                None => 100,
            };
            covers(size.width, shown.width, leeway) && covers(size.height, shown.height, leeway)
        });
        enough.unwrap_or(self.count - 1) as u8
    }
}

fn covers(has: u16, shown: u16, leeway: u32) -> bool {
    u32::from(shown) * 10_000 <= u32::from(has) * STRETCH_PERCENT * leeway
}

/// `size` of the layer `at` as the layer `layer` would have it.
fn scaled(size: Size, layer: usize, at: usize) -> Size {
    let scale = |pixels: u16| {
        let pixels = u32::from(pixels);
        let scaled = if layer < at {
            pixels >> (at - layer)
        } else {
            pixels << (layer - at)
        };
        u16::try_from(scaled).unwrap_or(u16::MAX).max(1)
    };
    Size {
        width: scale(size.width),
        height: scale(size.height),
    }
}
