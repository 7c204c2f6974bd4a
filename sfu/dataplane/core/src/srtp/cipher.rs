//! What a profile does to the bytes of one packet, for RTP or for RTCP.
//!
//! A packet is `clear part | payload | tag`, and for SRTCP the word with E flag and index after that.

use super::derivation::{self, AUTHENTICATION_KEY_LENGTH, SessionKeys, Use};
use super::{Profile, SrtpError};
use aes::Aes128;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use ctr::{CtrCore, flavors::Ctr32BE};
use sha1::{Digest, Sha1};

const GCM_TAG: usize = 16;
const CM_TAG: usize = 10;

/// The session keys of one direction, for RTP or RTCP, ready for use.
pub(super) enum Cipher {
    // In place: what it points to is looked up for every packet to every receiver, each time out of a cold cache.
    Gcm(Gcm),
    Cm(Box<Cm>),
}

impl Cipher {
    pub(super) fn new(profile: Profile, master: &[u8], purpose: Use) -> Result<Self, SrtpError> {
        let keys = derivation::derive(profile, master, purpose)?;
        match profile {
            Profile::Aead128Gcm | Profile::Aead256Gcm => Gcm::new(profile, &keys).map(Self::Gcm),
            Profile::Aes128CmSha1_80 => Cm::new(&keys).map(|cm| Self::Cm(Box::new(cm))),
        }
    }
}

/// AES-GCM (RFC 7714 sections 8 and 9).
pub(super) struct Gcm {
    key: LessSafeKey,
    salt: [u8; 12],
}

impl Gcm {
    fn new(profile: Profile, keys: &SessionKeys) -> Result<Self, SrtpError> {
        let algorithm = if profile == Profile::Aead256Gcm {
            &AES_256_GCM
        } else {
            &AES_128_GCM
        };
        let encryption = keys
            .encryption
            .get(..profile.key_length())
            .ok_or(SrtpError::KeyLength)?;
        let key = UnboundKey::new(algorithm, encryption).map_err(|_| SrtpError::KeyLength)?;
        let salt = keys.salt.first_chunk().ok_or(SrtpError::KeyLength)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            salt: *salt,
        })
    }

    /// Sections 8.1 and 9.1 in one: the RTP index is 48 bits (ROC, sequence), the RTCP index 31 bits in the same place.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let number = (u128::from(ssrc) << 48) | u128::from(index & 0xffff_ffff_ffff);
        let mut nonce = self.salt;
        for (to, from) in nonce.iter_mut().zip(number.to_be_bytes().iter().skip(4)) {
            *to ^= from;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// Encrypts `payload` and fills `tag`, which follows it.
    pub(super) fn seal(
        &self,
        ssrc: u32,
        index: u64,
        associated: &[u8],
        payload: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), SrtpError> {
        let made = self
            .key
            .seal_in_place_separate_tag(self.nonce(ssrc, index), Aad::from(associated), payload)
            .map_err(|_| SrtpError::TooShort)?;
        tag.first_chunk_mut::<GCM_TAG>()
            .ok_or(SrtpError::NoRoom)?
            .copy_from_slice(made.as_ref());
        Ok(())
    }

    /// Decrypts `sealed` (payload, then tag) in place.
    pub(super) fn open(
        &self,
        ssrc: u32,
        index: u64,
        associated: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), SrtpError> {
        self.key
            .open_in_place(self.nonce(ssrc, index), Aad::from(associated), sealed)
            .map(|_| ())
            .map_err(|_| SrtpError::Authentication)
    }
}

/// AES in counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1).
pub(super) struct Cm {
    aes: Aes128,
    salt: [u8; 14],
    // SHA-1 with the padded key already absorbed: saves two of the blocks hashed for every packet.
    inner: Sha1,
    outer: Sha1,
}

impl Cm {
    fn new(keys: &SessionKeys) -> Result<Self, SrtpError> {
        let encryption: &[u8; 16] = keys.encryption.first_chunk().ok_or(SrtpError::KeyLength)?;
        Ok(Self {
            aes: Aes128::new(encryption.into()),
            salt: keys.salt,
            inner: padded(&keys.authentication, 0x36),
            outer: padded(&keys.authentication, 0x5c),
        })
    }

    /// Encrypts or decrypts, which is the same.
    pub(super) fn apply(&self, ssrc: u32, index: u64, payload: &mut [u8]) {
        let number = (u128::from(ssrc) << 64) | (u128::from(index & 0xffff_ffff_ffff) << 16);
        let mut start = number.to_be_bytes();
        for (to, from) in start.iter_mut().zip(&self.salt) {
            *to ^= from;
        }
        let core = CtrCore::<&Aes128, Ctr32BE>::inner_iv_init(&self.aes, &start.into());
        ctr::cipher::StreamCipherCoreWrapper::from_core(core).apply_keystream(payload);
    }

    /// The tag over `packet` followed by `trailer` (ROC, or E flag and index).
    pub(super) fn tag(&self, packet: &[u8], trailer: [u8; 4]) -> [u8; CM_TAG] {
        let mut inner = self.inner.clone();
        inner.update(packet);
        inner.update(trailer);
        let mut outer = self.outer.clone();
        outer.update(inner.finalize());
        let digest: [u8; 20] = outer.finalize().into();
        let mut tag = [0; CM_TAG];
        for (to, from) in tag.iter_mut().zip(digest) {
            *to = from;
        }
        tag
    }

    /// Compares in constant time.
    pub(super) fn verify(
        &self,
        packet: &[u8],
        trailer: [u8; 4],
        tag: &[u8],
    ) -> Result<(), SrtpError> {
        verify_slices_are_equal(&self.tag(packet, trailer), tag)
            .map_err(|_| SrtpError::Authentication)
    }
}

/// The state of SHA-1 after the first block of HMAC (RFC 2104).
fn padded(key: &[u8; AUTHENTICATION_KEY_LENGTH], with: u8) -> Sha1 {
    let mut block = [with; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to ^= from;
    }
    Sha1::new_with_prefix(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// RFC 7714 section 16.1: the session key counts up from zero.
    fn rfc_7714(profile: Profile, expected: &str) {
        let mut keys = SessionKeys::default();
        for (byte, value) in keys.encryption.iter_mut().zip(0..) {
            *byte = value;
        }
        keys.salt[..12].copy_from_slice(&hex("517569642070726f2071756f"));
        let gcm = Gcm::new(profile, &keys).unwrap();
        let header = hex("8040f17b8041f8d35501a0b2");
        let mut sealed = b"Gallia est omnis divisa in partes tres".to_vec();
        let mut tag = [0; GCM_TAG];
        gcm.seal(0x5501_a0b2, 0xf17b, &header, &mut sealed, &mut tag)
            .unwrap();
        sealed.extend(tag);
        assert_eq!(sealed, hex(expected));
        gcm.open(0x5501_a0b2, 0xf17b, &header, &mut sealed).unwrap();
        assert!(sealed.starts_with(b"Gallia"));
    }

    #[test]
    fn aes_128_gcm_is_that_of_rfc_7714_section_16_1_1() {
        rfc_7714(
            Profile::Aead128Gcm,
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
        );
    }

    #[test]
    fn aes_256_gcm_is_that_of_rfc_7714_section_16_2_1() {
        rfc_7714(
            Profile::Aead256Gcm,
            "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
        );
    }

    #[test]
    fn the_key_stream_is_that_of_rfc_3711_appendix_b_2() {
        let mut keys = SessionKeys::default();
        keys.encryption[..16].copy_from_slice(&hex("2B7E151628AED2A6ABF7158809CF4F3C"));
        keys.salt
            .copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
        let mut stream = [0; 48];
        Cm::new(&keys).unwrap().apply(0, 0, &mut stream);
        let expected = "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(stream[..], hex(expected));
    }
}
