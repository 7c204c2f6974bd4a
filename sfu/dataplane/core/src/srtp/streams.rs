//! One replay window for each source of a transport.

use super::{ReplayWindow, SrtpError};

/// Sources a transport may have at the same time, RTP and RTCP counted apart.
pub const MAX_STREAMS: usize = 64;

/// The windows of a transport by SSRC. A source enters only with its first authentic packet.
#[derive(Default)]
pub(super) struct Streams {
    // Apart from the windows, so that finding a source touches one or two cache lines and not a kilobyte.
    ssrcs: Vec<u32>,
    windows: Vec<ReplayWindow>,
}

impl Streams {
    fn position(&self, ssrc: u32) -> Option<usize> {
        self.ssrcs.iter().position(|known| *known == ssrc)
    }

    /// The window of `ssrc`; `None` for a source not heard before.
    pub(super) fn get_mut(&mut self, ssrc: u32) -> Option<&mut ReplayWindow> {
        self.position(ssrc)
            .and_then(|position| self.windows.get_mut(position))
    }

    pub(super) fn is_full(&self) -> bool {
        self.ssrcs.len() >= MAX_STREAMS
    }

    /// Adds a source whose first authentic packet had `index`.
    pub(super) fn insert(&mut self, ssrc: u32, index: u64) -> Result<(), SrtpError> {
        if self.is_full() {
            return Err(SrtpError::TooManySsrcs);
        }
        self.ssrcs.push(ssrc);
        self.windows.push(ReplayWindow::starting_at(index));
        Ok(())
    }

    pub(super) fn remove(&mut self, ssrc: u32) {
        if let Some(position) = self.position(ssrc) {
            self.ssrcs.swap_remove(position);
            self.windows.swap_remove(position);
        }
    }
}
