//! Which layers of a producer a consumer gets: [`encoding`] among the streams of a producer with several, [`filter`] within
//! one stream.

pub mod encoding;
pub mod filter;

pub use encoding::EncodingSelector;
pub use filter::LayerFilter;

/// Spatial layers as a bit set, bit 0 the lowest: encodings of a producer with several, SVC layers of one with one.
pub type Active = u8;
