//! To the browser: encrypt in place, in a buffer with room behind the packet.

use std::fmt;

use super::cipher::Cipher;
use super::derivation::Use;
use super::header::{RTCP_CLEAR, RtpHeader, rtcp_ssrc};
use super::inbound::{E_FLAG, associated};
use super::{Profile, SrtpError};

/// What is sent to a browser on one transport.
///
/// The rollover counter is the caller's: it gives the extended sequence number of the packet it really sends, so that
/// packets skipped, sent again or out of order cannot lead the counter astray. A source starts below 2^15: a receiver
/// that misses the first packets would otherwise guess the counter wrong (RFC 3711 section 3.3.1).
pub struct Outbound {
    profile: Profile,
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
    #[cfg(debug_assertions)]
    audit: audit::Audit,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("profile", &self.profile)
            .finish_non_exhaustive() // keys stay out of logs
    }
}

impl Outbound {
    /// `master`: our master key, then our master salt.
    ///
    /// # Errors
    /// [`SrtpError::KeyLength`].
    pub fn new(profile: Profile, master: &[u8]) -> Result<Self, SrtpError> {
        Ok(Self {
            profile,
            rtp: Cipher::new(profile, master, Use::Rtp)?,
            rtcp: Cipher::new(profile, master, Use::Rtcp)?,
            rtcp_index: 0,
            #[cfg(debug_assertions)]
            audit: audit::Audit::default(),
        })
    }

    /// The profile both sides agreed on; tells how much room protection needs.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Protects the RTP packet in the first `length` bytes of `buffer` and returns its new length.
    ///
    /// `ext_seq`: the sequence number in 48 bits, rollover counter above; its low bits stand in the packet. One
    /// (SSRC, `ext_seq`) must never be given with different bytes: that breaks the cipher. Debug builds assert it.
    ///
    /// # Errors
    /// `NoRoom` when fewer than [`Profile::rtp_overhead`] bytes follow, `KeyExhausted` beyond 48 bits, `TooShort` and
    /// `Malformed` when it is no RTP packet.
    pub fn protect_rtp(
        &mut self,
        buffer: &mut [u8],
        length: usize,
        ext_seq: u64,
    ) -> Result<usize, SrtpError> {
        if ext_seq >> 48 != 0 {
            return Err(SrtpError::KeyExhausted);
        }
        let end = length + self.profile.rtp_overhead();
        let packet = buffer.get_mut(..end).ok_or(SrtpError::NoRoom)?;
        let (body, tag) = packet
            .split_at_mut_checked(length)
            .ok_or(SrtpError::NoRoom)?;
        let header = RtpHeader::parse(body)?;
        debug_assert_eq!(
            header.sequence, ext_seq as u16,
            "the extended sequence number belongs to the packet"
        );
        #[cfg(debug_assertions)]
        self.audit.check(header.ssrc, ext_seq, body);
        match &self.rtp {
            Cipher::Gcm(gcm) => {
                let (clear, payload) = body
                    .split_at_mut_checked(header.length)
                    .ok_or(SrtpError::TooShort)?;
                gcm.seal(header.ssrc, ext_seq, clear, payload, tag)?;
            }
            Cipher::Cm(cm) => {
                cm.apply(
                    header.ssrc,
                    ext_seq,
                    body.get_mut(header.length..).ok_or(SrtpError::TooShort)?,
                );
                tag.copy_from_slice(&cm.tag(body, ((ext_seq >> 16) as u32).to_be_bytes()));
            }
        }
        Ok(end)
    }

    /// Protects the compound RTCP packet in the first `length` bytes of `buffer` and returns its new length.
    ///
    /// All sources of a transport share one index, which is what makes it unique for the key.
    ///
    /// # Errors
    /// `NoRoom` when fewer than [`Profile::rtcp_overhead`] bytes follow, `KeyExhausted` after 2^31 packets, `TooShort`
    /// and `Malformed` when it is no RTCP packet.
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, SrtpError> {
        let index = self.rtcp_index;
        if index >= E_FLAG {
            return Err(SrtpError::KeyExhausted);
        }
        let end = length + self.profile.rtcp_overhead();
        let packet = buffer.get_mut(..end).ok_or(SrtpError::NoRoom)?;
        let (body, rest) = packet
            .split_at_mut_checked(length)
            .ok_or(SrtpError::NoRoom)?;
        let ssrc = rtcp_ssrc(body)?;
        let trailer = (E_FLAG | index).to_be_bytes();
        match &self.rtcp {
            Cipher::Gcm(gcm) => {
                let (tag, word) = rest
                    .split_at_mut_checked(self.profile.tag_length())
                    .ok_or(SrtpError::NoRoom)?;
                let (clear, payload) = body
                    .split_at_mut_checked(RTCP_CLEAR)
                    .ok_or(SrtpError::TooShort)?;
                gcm.seal(
                    ssrc,
                    u64::from(index),
                    &associated(clear, trailer)?,
                    payload,
                    tag,
                )?;
                word.copy_from_slice(&trailer);
            }
            Cipher::Cm(cm) => {
                cm.apply(
                    ssrc,
                    u64::from(index),
                    body.get_mut(RTCP_CLEAR..).ok_or(SrtpError::TooShort)?,
                );
                let (word, tag) = rest
                    .split_at_mut_checked(trailer.len())
                    .ok_or(SrtpError::NoRoom)?;
                word.copy_from_slice(&trailer);
                tag.copy_from_slice(&cm.tag(body, trailer));
            }
        }
        self.rtcp_index += 1;
        Ok(end)
    }
}

/// Debug builds remember what was sent under each index: two different packets under one would give the key stream away.
#[cfg(debug_assertions)]
mod audit {
    use std::collections::{HashMap, VecDeque};
    use std::hash::{DefaultHasher, Hash, Hasher};

    const REMEMBERED: usize = 8192;

    #[derive(Default)]
    pub(super) struct Audit {
        digests: HashMap<(u32, u64), u64>,
        order: VecDeque<(u32, u64)>,
    }

    impl Audit {
        pub(super) fn check(&mut self, ssrc: u32, index: u64, packet: &[u8]) {
            let mut hasher = DefaultHasher::new();
            packet.hash(&mut hasher);
            let digest = hasher.finish();
            let before = self.digests.insert((ssrc, index), digest);
            assert!(
                before.is_none_or(|before| before == digest),
                "index {index} of source {ssrc:#010x} used for two different packets"
            );
            if before.is_none() {
                self.order.push_back((ssrc, index));
            }
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.digests.remove(&oldest);
            }
        }
    }
}
