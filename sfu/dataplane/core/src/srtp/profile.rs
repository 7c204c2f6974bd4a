//! The protection profiles that DTLS-SRTP may choose.

/// A protection profile (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// AES-256 in Galois/counter mode, 16-byte tag.
    Aead256Gcm,
    /// AES-128 in Galois/counter mode, 16-byte tag.
    Aead128Gcm,
    /// AES-128 in counter mode with HMAC-SHA1 cut to 10 bytes.
    Aes128CmSha1_80,
}

impl Profile {
    /// All profiles, the preferred first.
    pub const ALL: [Self; 3] = [Self::Aead256Gcm, Self::Aead128Gcm, Self::Aes128CmSha1_80];

    /// The name OpenSSL has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aead256Gcm => "SRTP_AEAD_AES_256_GCM",
            Self::Aead128Gcm => "SRTP_AEAD_AES_128_GCM",
            Self::Aes128CmSha1_80 => "SRTP_AES128_CM_SHA1_80",
        }
    }

    /// The profile OpenSSL calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Bytes of the master key, and of each derived encryption key.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aead256Gcm => 32,
            Self::Aead128Gcm | Self::Aes128CmSha1_80 => 16,
        }
    }

    /// Bytes of the master salt, and of each derived salt.
    pub const fn salt_length(self) -> usize {
        match self {
            Self::Aead256Gcm | Self::Aead128Gcm => 12,
            Self::Aes128CmSha1_80 => 14,
        }
    }

    /// Bytes of keying material for one direction: master key, then master salt.
    pub const fn master_length(self) -> usize {
        self.key_length() + self.salt_length()
    }

    /// Bytes of the authentication tag.
    pub const fn tag_length(self) -> usize {
        match self {
            Self::Aead256Gcm | Self::Aead128Gcm => 16,
            Self::Aes128CmSha1_80 => 10,
        }
    }

    /// Bytes by which protection makes an RTP packet longer.
    pub const fn rtp_overhead(self) -> usize {
        self.tag_length()
    }

    /// Bytes by which protection makes a compound RTCP packet longer: the tag, the E flag and the index.
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_length() + 4
    }

    /// The most that protection adds under any profile.
    pub const MAX_OVERHEAD: usize = 20;
}
