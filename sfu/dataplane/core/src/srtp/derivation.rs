//! Session keys from the master key (RFC 3711 section 4.3, RFC 7714 section 11); the derivation rate is zero.

use super::{Profile, SrtpError};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256, Block};

/// Bytes of the HMAC-SHA1 key (RFC 3711 section 5.2).
pub(super) const AUTHENTICATION_KEY_LENGTH: usize = 20;

/// What a session key is for: the first label of RFC 3711 section 4.3.2 for RTP, or for RTCP.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Rtp,
    Rtcp,
}

/// The session keys of one direction and one of RTP, RTCP. The arrays are as long as the longest profile needs.
#[derive(Default)]
pub(super) struct SessionKeys {
    pub(super) encryption: [u8; 32],
    pub(super) authentication: [u8; AUTHENTICATION_KEY_LENGTH],
    pub(super) salt: [u8; 14],
}

enum Prf {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

impl Prf {
    fn new(key: &[u8]) -> Result<Self, SrtpError> {
        match key.len() {
            16 => Aes128::new_from_slice(key).map(|aes| Self::Aes128(Box::new(aes))),
            _ => Aes256::new_from_slice(key).map(|aes| Self::Aes256(Box::new(aes))),
        }
        .map_err(|_| SrtpError::KeyLength)
    }

    fn encrypt(&self, block: &mut Block) {
        match self {
            Self::Aes128(aes) => aes.encrypt_block(block),
            Self::Aes256(aes) => aes.encrypt_block(block),
        }
    }

    /// Fills `out` with the key stream that begins at the salt with `label` mixed in.
    fn derive(&self, salt: &[u8; 14], label: u8, out: &mut [u8]) {
        let mut start = *salt;
        if let Some(byte) = start.get_mut(7) {
            *byte ^= label;
        }
        for (chunk, counter) in out.chunks_mut(16).zip(0u16..) {
            let mut block = [0; 16];
            for (to, from) in block
                .iter_mut()
                .zip(start.iter().chain(&counter.to_be_bytes()))
            {
                *to = *from;
            }
            let mut block = Block::from(block);
            self.encrypt(&mut block);
            for (to, from) in chunk.iter_mut().zip(&block) {
                *to = *from;
            }
        }
    }
}

/// Derives the session keys from `master` (key, then salt).
///
/// # Errors
/// [`SrtpError::KeyLength`] when `master` is not as long as the profile demands.
pub(super) fn derive(
    profile: Profile,
    master: &[u8],
    purpose: Use,
) -> Result<SessionKeys, SrtpError> {
    if master.len() != profile.master_length() {
        return Err(SrtpError::KeyLength);
    }
    let (key, master_salt) = master
        .split_at_checked(profile.key_length())
        .ok_or(SrtpError::KeyLength)?;
    // A 96-bit salt counts as 112 bits with zeros below (RFC 7714 section 11).
    let mut salt = [0; 14];
    for (to, from) in salt.iter_mut().zip(master_salt) {
        *to = *from;
    }
    let prf = Prf::new(key)?;
    let first = match purpose {
        Use::Rtp => 0,
        Use::Rtcp => 3,
    };
    let mut keys = SessionKeys::default();
    let encryption = keys
        .encryption
        .get_mut(..profile.key_length())
        .ok_or(SrtpError::KeyLength)?;
    prf.derive(&salt, first, encryption);
    prf.derive(&salt, first + 1, &mut keys.authentication);
    prf.derive(
        &salt,
        first + 2,
        keys.salt
            .get_mut(..profile.salt_length())
            .ok_or(SrtpError::KeyLength)?,
    );
    Ok(keys)
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

    #[test]
    fn session_keys_are_those_of_rfc_3711_appendix_b_3() {
        let master = hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
        let keys = derive(Profile::Aes128CmSha1_80, &master, Use::Rtp).unwrap();
        assert_eq!(
            keys.encryption[..16],
            hex("C61E7A93744F39EE10734AFE3FF7A087")
        );
        assert_eq!(keys.salt[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(
            keys.authentication[..],
            hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
        );
    }

    #[test]
    fn session_keys_of_aes_256_are_those_of_rfc_6188_section_7_4() {
        let key = hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6");
        let salt: [u8; 14] = hex("3b04803de51ee7c96423ab5b78d2").try_into().unwrap();
        let prf = Prf::new(&key).unwrap();
        let mut encryption = [0; 32];
        prf.derive(&salt, 0, &mut encryption);
        assert_eq!(
            encryption[..],
            hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")
        );
        let mut session_salt = [0; 14];
        prf.derive(&salt, 2, &mut session_salt);
        assert_eq!(session_salt[..], hex("fa31791685ca444a9e07c6c64e93"));
    }

    #[test]
    fn keying_material_of_another_length_is_refused() {
        for profile in Profile::ALL {
            for length in [0, profile.master_length() - 1, profile.master_length() + 1] {
                assert!(matches!(
                    derive(profile, &vec![1; length], Use::Rtp),
                    Err(SrtpError::KeyLength)
                ));
            }
        }
    }
}
