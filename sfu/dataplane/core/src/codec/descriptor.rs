//! The dependency descriptor extension (RTP payload format of AV1, appendix A), of use to any codec.

use super::bits::Bits;
use super::{CodecError, Frame};

/// Templates a structure may have: as many as a template id can tell apart.
const MAX_TEMPLATES: usize = 64;
/// Spatial layers a structure may have, 0 to 3 (appendix A.2).
const MAX_SPATIAL: usize = 4;
/// Decode targets a structure may have.
pub(super) const MAX_TARGETS: usize = 32;
/// Temporal layers a structure may have, 0 to 7.
const MAX_TEMPORAL: u8 = 8;

/// Layers of one template, and what its frames are to each decode target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Template {
    spatial: u8,
    temporal: u8,
    indications: Indications,
}

/// Decode target indications of a frame as two bit sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Indications {
    /// Bit n: decode target n needs the frame.
    present: u32,
    /// Bit n: decode target n may be switched to at the frame.
    switch: u32,
    /// Bit n: decode target n can do without the frame.
    discardable: u32,
}

impl Indications {
    fn parse(bits: &mut Bits<'_>, targets: u8) -> Result<Self, CodecError> {
        let mut indications = Self::default();
        for target in 0..targets {
            let bit = 1 << target;
            let value = bits.read(2)?;
            indications.present |= if value == 0 { 0 } else { bit };
            indications.discardable |= if value == 1 { bit } else { 0 };
            indications.switch |= if value == 2 { bit } else { 0 };
        }
        Ok(indications)
    }

    /// To a frame of `structure`. Switching to a decode target of the frame's own spatial layer is switching to the
    /// temporal layers of that target.
    fn apply(self, frame: Frame, structure: &Structure) -> Frame {
        let targets = structure.highest.iter().enumerate();
        let switches_to = targets
            .filter(|(target, _)| self.switch >> target & 1 == 1)
            .filter_map(|(_, layers)| *layers)
            .filter(|(spatial, _)| *spatial == frame.spatial)
            .map(|(_, temporal)| temporal)
            .max();
        Frame {
            switches_to,
            discardable: self.present == self.discardable,
            decode_targets: self.present,
            ..frame
        }
    }
}

/// The frames a stream is made of, announced with each key frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    offset: u8,
    targets: u8,
    templates: [Template; MAX_TEMPLATES],
    count: usize,
    resolutions: [Option<(u16, u16)>; MAX_SPATIAL],
    /// Spatial and temporal layer that each target needs at most; `None` of one that no frame is for.
    highest: [Option<(u8, u8)>; MAX_TARGETS],
}

impl Structure {
    pub(super) fn parse(bits: &mut Bits<'_>) -> Result<Self, CodecError> {
        let mut structure = Self {
            offset: bits.read(6)? as u8,
            targets: bits.read(5)? as u8 + 1,
            templates: [Template::default(); MAX_TEMPLATES],
            count: 0,
            resolutions: [None; MAX_SPATIAL],
            highest: [None; MAX_TARGETS],
        };
        let spatial_layers = structure.parse_layers(bits)?;
        structure.parse_indications(bits)?;
        structure.find_highest();
        structure.skip_differences(bits)?;
        structure.skip_chains(bits)?;
        if bits.flag()? {
            for resolution in structure.resolutions.iter_mut().take(spatial_layers) {
                let (width, height) = (bits.read(16)? as u16, bits.read(16)? as u16);
                *resolution = Some((width.saturating_add(1), height.saturating_add(1)));
            }
        }
        Ok(structure)
    }

    /// Reads the layers of all templates; returns the number of spatial layers.
    fn parse_layers(&mut self, bits: &mut Bits<'_>) -> Result<usize, CodecError> {
        let (mut spatial, mut temporal) = (0u8, 0u8);
        loop {
            let template = self
                .templates
                .get_mut(self.count)
                .ok_or(CodecError::Invalid)?;
            (template.spatial, template.temporal) = (spatial, temporal);
            self.count += 1;
            match bits.read(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Ok(usize::from(spatial) + 1),
            }
            if usize::from(spatial) >= MAX_SPATIAL || temporal >= MAX_TEMPORAL {
                return Err(CodecError::Invalid);
            }
        }
    }

    fn parse_indications(&mut self, bits: &mut Bits<'_>) -> Result<(), CodecError> {
        for template in self.templates.iter_mut().take(self.count) {
            template.indications = Indications::parse(bits, self.targets)?;
        }
        Ok(())
    }

    fn find_highest(&mut self) {
        for template in self.templates.iter().take(self.count) {
            for (target, highest) in self.highest.iter_mut().enumerate() {
                if template.indications.present >> target & 1 == 1 {
                    let (spatial, temporal) = highest.unwrap_or((0, 0));
                    *highest = Some((
                        template.spatial.max(spatial),
                        template.temporal.max(temporal),
                    ));
                }
            }
        }
    }

    fn skip_differences(&self, bits: &mut Bits<'_>) -> Result<(), CodecError> {
        for _ in 0..self.count {
            while bits.flag()? {
                bits.read(4)?;
            }
        }
        Ok(())
    }

    fn skip_chains(&self, bits: &mut Bits<'_>) -> Result<(), CodecError> {
        let chains = bits.non_symmetric(u32::from(self.targets) + 1)?;
        if chains == 0 {
            return Ok(());
        }
        for _ in 0..self.targets {
            bits.non_symmetric(chains)?;
        }
        for _ in 0..self.count {
            for _ in 0..chains {
                bits.read(4)?;
            }
        }
        Ok(())
    }

    fn template(&self, id: u8) -> Option<&Template> {
        let index = usize::from(id.wrapping_sub(self.offset) & 0x3f);
        self.templates.get(..self.count)?.get(index)
    }

    /// What the structure alone tells of a frame of `template`.
    fn frame(&self, template: &Template) -> Frame {
        let resolution = self.resolutions.get(usize::from(template.spatial));
        let frame = Frame {
            spatial: template.spatial,
            temporal: template.temporal,
            resolution: resolution.copied().flatten(),
            ..Frame::default()
        };
        template.indications.apply(frame, self)
    }

    /// Number of decode targets, 1 to 32.
    pub const fn targets(&self) -> u8 {
        self.targets
    }

    /// Highest spatial and temporal layer that decode target `target` needs; `None` when no frame is for it.
    pub fn target_layers(&self, target: u8) -> Option<(u8, u8)> {
        self.highest.get(usize::from(target)).copied().flatten()
    }

    /// Width and height of the highest spatial layer, where the structure tells sizes.
    pub fn resolution(&self) -> Option<(u16, u16)> {
        self.resolutions.iter().copied().flatten().last()
    }

    /// The best decode target that needs no layer above `spatial` and `temporal`.
    pub fn target_for(&self, spatial: u8, temporal: u8) -> Option<u8> {
        let fits = |(s, t): &(u8, u8)| *s <= spatial && *t <= temporal;
        let targets = (0..self.targets)
            .filter_map(|target| Some((self.target_layers(target).filter(fits)?, target)));
        targets
            .max_by_key(|(layers, target)| (*layers, std::cmp::Reverse(*target)))
            .map(|(_, target)| target)
    }
}

/// Overwrite the frame number of a descriptor: the two bytes after the first.
pub fn renumber(value: &mut [u8], number: u16) {
    if let [_, high, low, ..] = value {
        [*high, *low] = number.to_be_bytes();
    }
}

/// One descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// What the packet is a part of.
    pub frame: Frame,
    /// Id of the frame's template, 0 to 63.
    pub template_id: u8,
    /// The structure that the packet carries, in effect from this packet on.
    pub structure: Option<Structure>,
    /// Decode targets (bit n for target n) that the sender produces from here on, when the packet says so.
    pub active_targets: Option<u32>,
}

/// Flags of the extended descriptor.
#[derive(Default)]
pub(super) struct Flags {
    structure: bool,
    active_targets: bool,
    custom_indications: bool,
}

impl Flags {
    /// Of the whole field.
    pub(super) const BITS: u32 = 5;
    /// The structure is attached.
    pub(super) const STRUCTURE: u32 = 0b1_0000;
    /// The active decode targets are told.
    pub(super) const ACTIVE_TARGETS: u32 = 0b0_1000;

    fn parse(bits: &mut Bits<'_>) -> Result<Self, CodecError> {
        let flags = Self {
            structure: bits.flag()?,
            active_targets: bits.flag()?,
            custom_indications: bits.flag()?,
        };
        // Custom frame differences and chains come last and matter to nobody here.
        bits.read(2)?;
        Ok(flags)
    }
}

impl Descriptor {
    /// Read the `value` of the extension; `known` is the latest structure of the stream, if there was one.
    pub fn parse(value: &[u8], known: Option<&Structure>) -> Result<Self, CodecError> {
        let mut bits = Bits::new(value);
        let (starts_frame, ends_frame) = (bits.flag()?, bits.flag()?);
        let template_id = bits.read(6)? as u8;
        let number = bits.read(16)? as u16;
        let flags = if bits.left() > 0 {
            Flags::parse(&mut bits)?
        } else {
            Flags::default()
        };
        let attached = if flags.structure {
            Some(Structure::parse(&mut bits)?)
        } else {
            None
        };
        let structure = attached.as_ref().or(known).ok_or(CodecError::NoTemplate)?;
        let mut active_targets = flags
            .structure
            .then(|| u32::MAX >> (32 - u32::from(structure.targets)));
        if flags.active_targets {
            active_targets = Some(bits.read(u32::from(structure.targets))?);
        }
        let template = structure
            .template(template_id)
            .ok_or(CodecError::NoTemplate)?;
        let mut frame = structure.frame(template);
        if flags.custom_indications {
            frame = Indications::parse(&mut bits, structure.targets)?.apply(frame, structure);
        }
        frame.keyframe = flags.structure && starts_frame;
        if frame.keyframe {
            frame.switches_to = Frame::ALL_TEMPORAL;
        }
        (frame.starts_frame, frame.ends_frame) = (starts_frame, ends_frame);
        frame.frame_number = Some(number);
        Ok(Self {
            frame,
            template_id,
            structure: attached,
            active_targets,
        })
    }
}
