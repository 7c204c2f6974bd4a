//! One replay window for each source of a transport.

use std::collections::HashMap;

use super::{ReplayWindow, SrtpError};

/// Sources a browser's transport may have at the same time, RTP and RTCP counted apart.
pub const MAX_STREAMS: usize = 64;

/// The windows of a transport by SSRC. A source enters only with its first authentic packet.
pub(super) struct Streams {
    // Apart from the windows, so that finding a source touches one or two cache lines and not a kilobyte.
    ssrcs: Vec<u32>,
    windows: Vec<ReplayWindow>,
    limit: usize,
    /// Where each is, when there are too many to look through. Only who has the key adds to it: no need for a secret seed.
    places: Option<HashMap<u32, usize, foldhash::fast::FixedState>>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            ssrcs: Vec::new(),
            windows: Vec::new(),
            limit: MAX_STREAMS,
            places: None,
        }
    }
}

impl Streams {
    /// For so many sources that they have to be looked up.
    pub(super) fn many(limit: usize) -> Self {
        Self {
            limit,
            places: Some(HashMap::default()),
            ..Self::default()
        }
    }

    fn position(&self, ssrc: u32) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(&ssrc).copied(),
            None => self.ssrcs.iter().position(|known| *known == ssrc),
        }
    }

    /// The window of `ssrc`; `None` for a source not heard before.
    pub(super) fn get_mut(&mut self, ssrc: u32) -> Option<&mut ReplayWindow> {
        self.position(ssrc)
            .and_then(|position| self.windows.get_mut(position))
    }

    pub(super) fn is_full(&self) -> bool {
        self.ssrcs.len() >= self.limit
    }

    /// Adds a source whose first authentic packet had `index`.
    pub(super) fn insert(&mut self, ssrc: u32, index: u64) -> Result<(), SrtpError> {
        if self.is_full() {
            return Err(SrtpError::TooManySsrcs);
        }
        if let Some(places) = &mut self.places {
            places.insert(ssrc, self.ssrcs.len());
        }
        self.ssrcs.push(ssrc);
        self.windows.push(ReplayWindow::starting_at(index));
        Ok(())
    }

    pub(super) fn remove(&mut self, ssrc: u32) {
        let Some(position) = self.position(ssrc) else {
            return;
        };
        self.ssrcs.swap_remove(position);
        self.windows.swap_remove(position);
        if let Some(places) = &mut self.places {
            places.remove(&ssrc);
            if let Some(moved) = self.ssrcs.get(position) {
                places.insert(*moved, position);
            }
        }
    }
}
