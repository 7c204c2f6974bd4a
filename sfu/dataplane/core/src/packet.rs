//! A packet that came in, read once for all who get it.

use crate::codec::red::Red;
use crate::codec::targets::Announced;
use crate::extension::{Elements, Extension, ExtensionMap};
use crate::rewrite::Sample;

/// Extensions of one packet that are carried on; there are no more kinds.
const MAX_VALUES: usize = 8;

/// Whether what a producer says in the extension is of use to a consumer. The others are about the producer's own path.
const fn is_forwarded(extension: Extension) -> bool {
    matches!(
        extension,
        Extension::AudioLevel
            | Extension::VideoOrientation
            | Extension::TransmissionOffset
            | Extension::PlayoutDelay
            | Extension::AbsCaptureTime
            | Extension::DependencyDescriptor
            | Extension::VideoContentType
            | Extension::ColorSpace
    )
}

/// The values of the extensions carried on, by meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values<'a> {
    list: [Option<(Extension, &'a [u8])>; MAX_VALUES],
}

impl<'a> Values<'a> {
    /// Read under the ids of `map`.
    pub fn read(elements: Elements<'a>, map: &ExtensionMap) -> Self {
        let mut values = Self::default();
        let known = elements.filter_map(|(id, value)| Some((map.extension(id)?, value)));
        for (slot, value) in values
            .list
            .iter_mut()
            .zip(known.filter(|(extension, _)| is_forwarded(*extension)))
        {
            *slot = Some(value);
        }
        values
    }

    /// The value of one.
    pub fn get(&self, extension: Extension) -> Option<&'a [u8]> {
        self.list
            .iter()
            .flatten()
            .find(|(candidate, _)| *candidate == extension)
            .map(|(_, value)| *value)
    }

    /// All, under the ids of `map`; those it does not have are left out.
    pub fn under<'b>(
        &'b self,
        map: &'b ExtensionMap,
    ) -> impl Iterator<Item = (u8, &'b [u8])> + Clone {
        self.list
            .iter()
            .flatten()
            .filter_map(|(extension, value)| Some((map.id(*extension)?, *value)))
    }
}

/// A media packet of a producer, as every consumer sees it.
#[derive(Clone, Copy, Debug)]
pub struct Media<'a> {
    /// Its place in the stream.
    pub sample: Sample,
    /// The marker bit.
    pub marker: bool,
    /// Extensions carried on.
    pub values: Values<'a>,
    /// Without padding, and without redundant copies.
    pub payload: &'a [u8],
    /// The same with the copies, where there are any.
    pub red: Option<Red<'a>>,
    /// What dependency descriptors had announced when it was sent.
    pub announced: Option<Announced>,
}
