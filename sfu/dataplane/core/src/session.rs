//! The SRTP contexts of a transport, and what came before there were any.

use std::collections::VecDeque;
use std::fmt;

use crate::drop::DropReason;
use crate::pipe;
use crate::srtp::{Inbound, Outbound, Profile, SrtpError};

/// Packets kept until keys come: media may overtake the last flight of the handshake.
pub const EARLY_PACKETS: usize = 64;
/// Bytes kept until keys come.
pub const EARLY_BYTES: usize = 128 * 1024;

/// Both directions of one transport's protection.
#[derive(Default)]
pub struct Session {
    contexts: Option<(Inbound, Outbound)>,
    early: VecDeque<Vec<u8>>,
    early_bytes: usize,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("secured", &self.is_secured())
            .field("early", &self.early.len())
            .finish()
    }
}

impl Session {
    /// Whether there are keys.
    pub const fn is_secured(&self) -> bool {
        self.contexts.is_some()
    }

    /// Take keys: once. Returns the packets that waited for them, in order.
    pub fn secure(
        &mut self,
        profile: Profile,
        rx: &[u8],
        tx: &[u8],
    ) -> Result<VecDeque<Vec<u8>>, SrtpError> {
        self.contexts = Some((Inbound::new(profile, rx)?, Outbound::new(profile, tx)?));
        self.early_bytes = 0;
        Ok(std::mem::take(&mut self.early))
    }

    /// Take the keys of a pipe, over which many more sources come than one browser has.
    pub fn secure_pipe(&mut self, profile: Profile, rx: &[u8], tx: &[u8]) -> Result<(), SrtpError> {
        let inbound = Inbound::new(profile, rx)?.with_many_sources(pipe::MAX_SSRCS + 1);
        self.contexts = Some((inbound, Outbound::new(profile, tx)?));
        Ok(())
    }

    /// Keep a packet until keys come.
    pub fn keep_early(&mut self, bytes: &[u8]) -> Result<(), DropReason> {
        if self.early.len() >= EARLY_PACKETS || self.early_bytes + bytes.len() > EARLY_BYTES {
            return Err(DropReason::EarlyFull);
        }
        self.early_bytes += bytes.len();
        self.early.push_back(bytes.to_vec());
        Ok(())
    }

    /// Decrypt RTP in place; the length of the packet.
    pub fn open_rtp(&mut self, bytes: &mut [u8]) -> Result<usize, DropReason> {
        let (inbound, _) = self.contexts.as_mut().ok_or(DropReason::NoPath)?;
        inbound.unprotect_rtp(bytes).map_err(reason)
    }

    /// Decrypt RTCP in place; the length of the compound.
    pub fn open_rtcp(&mut self, bytes: &mut [u8]) -> Result<usize, DropReason> {
        let (inbound, _) = self.contexts.as_mut().ok_or(DropReason::NoPath)?;
        inbound.unprotect_rtcp(bytes).map_err(reason)
    }

    /// Encrypt the RTP packet that begins at `start` and ends with `arena`, in place.
    pub fn seal_rtp(
        &mut self,
        arena: &mut Vec<u8>,
        start: usize,
        sequence: u64,
    ) -> Result<(), DropReason> {
        let (_, outbound) = self.contexts.as_mut().ok_or(DropReason::NoPath)?;
        seal(arena, start, |buffer, length| {
            outbound.protect_rtp(buffer, length, sequence)
        })
    }

    /// Encrypt the RTCP compound that begins at `start` and ends with `arena`, in place.
    pub fn seal_rtcp(&mut self, arena: &mut Vec<u8>, start: usize) -> Result<(), DropReason> {
        let (_, outbound) = self.contexts.as_mut().ok_or(DropReason::NoPath)?;
        seal(arena, start, |buffer, length| {
            outbound.protect_rtcp(buffer, length)
        })
    }

    /// A source ended.
    pub fn forget(&mut self, ssrc: u32) {
        if let Some((inbound, _)) = self.contexts.as_mut() {
            inbound.forget(ssrc);
        }
    }
}

fn seal(
    arena: &mut Vec<u8>,
    start: usize,
    protect: impl FnOnce(&mut [u8], usize) -> Result<usize, SrtpError>,
) -> Result<(), DropReason> {
    let length = arena.len().saturating_sub(start);
    arena.resize(start + length + Profile::MAX_OVERHEAD, 0);
    let buffer = arena.get_mut(start..).ok_or(DropReason::Seal)?;
    let sealed = protect(buffer, length).map_err(|_| DropReason::Seal)?;
    arena.truncate(start + sealed);
    Ok(())
}

fn reason(error: SrtpError) -> DropReason {
    match error {
        SrtpError::Authentication | SrtpError::Unencrypted => DropReason::SrtpAuthentication,
        SrtpError::Replay | SrtpError::TooOld => DropReason::SrtpReplayed,
        SrtpError::TooManySsrcs => DropReason::SsrcTableFull,
        _ => DropReason::SrtpMalformed,
    }
}
