//! From the browser: check, decrypt, remember.

use std::fmt;

use super::cipher::Cipher;
use super::derivation::Use;
use super::header::{RTCP_CLEAR, RtpHeader, rtcp_ssrc};
use super::streams::Streams;
use super::{Profile, SrtpError};

/// What a browser sends on one transport. State of a source is made and moved by authentic packets only.
pub struct Inbound {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("profile", &self.profile)
            .finish_non_exhaustive() // keys stay out of logs
    }
}

impl Inbound {
    /// `master`: the peer's master key, then its master salt.
    ///
    /// # Errors
    /// [`SrtpError::KeyLength`].
    pub fn new(profile: Profile, master: &[u8]) -> Result<Self, SrtpError> {
        Ok(Self {
            profile,
            rtp: Cipher::new(profile, master, Use::Rtp)?,
            rtcp: Cipher::new(profile, master, Use::Rtcp)?,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        })
    }

    /// Lets more sources in than a browser has, and finds them by hashing.
    #[must_use]
    pub fn with_many_sources(mut self, limit: usize) -> Self {
        self.rtp_streams = Streams::many(limit);
        self.rtcp_streams = Streams::many(limit);
        self
    }

    /// Decrypts an SRTP packet in place and returns the length of the RTP packet at its front.
    ///
    /// After an error the bytes are of no use.
    ///
    /// # Errors
    /// Any [`SrtpError`] but those of keys and room.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let length = packet
            .len()
            .checked_sub(self.profile.tag_length())
            .ok_or(SrtpError::TooShort)?;
        let header = RtpHeader::parse(packet.get(..length).ok_or(SrtpError::TooShort)?)?;
        let ssrc = header.ssrc;
        let window = self.rtp_streams.get_mut(ssrc);
        let index = window
            .as_deref()
            .map_or(u64::from(header.sequence), |known| {
                nearest(known.highest(), header.sequence)
            });
        if let Some(window) = window.as_deref() {
            window.check(index)?;
        }
        open_rtp(&self.rtp, packet, &header, index, length)?;
        match window {
            Some(window) => window.accept(index),
            None => self.rtp_streams.insert(ssrc, index)?,
        }
        Ok(length)
    }

    /// Decrypts an SRTCP packet in place and returns the length of the compound RTCP packet at its front.
    ///
    /// # Errors
    /// As [`Inbound::unprotect_rtp`], and [`SrtpError::Unencrypted`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let length = packet
            .len()
            .checked_sub(self.profile.rtcp_overhead())
            .ok_or(SrtpError::TooShort)?;
        let ssrc = rtcp_ssrc(packet.get(..length).ok_or(SrtpError::TooShort)?)?;
        let trailer_at = match self.rtcp {
            Cipher::Gcm(_) => packet.len() - 4,
            Cipher::Cm(_) => length,
        };
        let trailer: [u8; 4] = packet
            .get(trailer_at..)
            .and_then(<[u8]>::first_chunk)
            .copied()
            .ok_or(SrtpError::TooShort)?;
        let word = u32::from_be_bytes(trailer);
        if word & E_FLAG == 0 {
            return Err(SrtpError::Unencrypted);
        }
        let index = u64::from(word & !E_FLAG);
        let window = self.rtcp_streams.get_mut(ssrc);
        if let Some(window) = window.as_deref() {
            window.check(index)?;
        }
        open_rtcp(&self.rtcp, packet, ssrc, trailer, length)?;
        match window {
            Some(window) => window.accept(index),
            None => self.rtcp_streams.insert(ssrc, index)?,
        }
        Ok(length)
    }

    /// Forgets a source that has ended, so that a long call of many short streams stays below the cap.
    pub fn forget(&mut self, ssrc: u32) {
        self.rtp_streams.remove(ssrc);
        self.rtcp_streams.remove(ssrc);
    }
}

/// E flag of SRTCP: the packet is encrypted.
pub(super) const E_FLAG: u32 = 1 << 31;

/// The index with low bits `sequence` that is nearest to `highest` (RFC 3711 section 3.3.1), never before zero.
fn nearest(highest: u64, sequence: u16) -> u64 {
    let ahead = i64::from(sequence.wrapping_sub(highest as u16) as i16);
    highest
        .checked_add_signed(ahead)
        .unwrap_or(u64::from(sequence))
        & INDEX_MASK
}

/// An RTP index has 48 bits.
const INDEX_MASK: u64 = (1 << 48) - 1;

fn open_rtp(
    cipher: &Cipher,
    packet: &mut [u8],
    header: &RtpHeader,
    index: u64,
    length: usize,
) -> Result<(), SrtpError> {
    match cipher {
        Cipher::Gcm(gcm) => {
            let (clear, sealed) = packet
                .split_at_mut_checked(header.length)
                .ok_or(SrtpError::TooShort)?;
            gcm.open(header.ssrc, index, clear, sealed)
        }
        Cipher::Cm(cm) => {
            let (body, tag) = packet
                .split_at_mut_checked(length)
                .ok_or(SrtpError::TooShort)?;
            cm.verify(body, ((index >> 16) as u32).to_be_bytes(), tag)?;
            cm.apply(
                header.ssrc,
                index,
                body.get_mut(header.length..).ok_or(SrtpError::TooShort)?,
            );
            Ok(())
        }
    }
}

fn open_rtcp(
    cipher: &Cipher,
    packet: &mut [u8],
    ssrc: u32,
    trailer: [u8; 4],
    length: usize,
) -> Result<(), SrtpError> {
    let index = u64::from(u32::from_be_bytes(trailer) & !E_FLAG);
    match cipher {
        Cipher::Gcm(gcm) => {
            let end = packet.len() - trailer.len();
            let (clear, sealed) = packet
                .get_mut(..end)
                .and_then(|packet| packet.split_at_mut_checked(RTCP_CLEAR))
                .ok_or(SrtpError::TooShort)?;
            gcm.open(ssrc, index, &associated(clear, trailer)?, sealed)
        }
        Cipher::Cm(cm) => {
            let (body, rest) = packet
                .split_at_mut_checked(length)
                .ok_or(SrtpError::TooShort)?;
            cm.verify(
                body,
                trailer,
                rest.get(trailer.len()..).ok_or(SrtpError::TooShort)?,
            )?;
            cm.apply(
                ssrc,
                index,
                body.get_mut(RTCP_CLEAR..).ok_or(SrtpError::TooShort)?,
            );
            Ok(())
        }
    }
}

/// Associated data of an encrypted SRTCP packet (RFC 7714 section 9.2).
pub(super) fn associated(
    clear: &[u8],
    trailer: [u8; 4],
) -> Result<[u8; RTCP_CLEAR + 4], SrtpError> {
    let clear: &[u8; RTCP_CLEAR] = clear.first_chunk().ok_or(SrtpError::TooShort)?;
    let mut associated = [0; RTCP_CLEAR + 4];
    for (to, from) in associated.iter_mut().zip(clear.iter().chain(&trailer)) {
        *to = *from;
    }
    Ok(associated)
}
