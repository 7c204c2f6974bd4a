//! Every way a packet can end without being forwarded or answered has a name and a counter.

macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// Why something was dropped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum DropReason {
            $($(#[$meta])* $name,)*
        }

        impl DropReason {
            /// All reasons, in the order of their counters.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in statistics and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// Neither STUN, DTLS, RTP nor RTCP, or empty.
    Unknown = "unknown_protocol",
    /// STUN that does not parse.
    StunMalformed = "stun_malformed",
    /// STUN, but no binding request.
    StunNotBinding = "stun_not_binding",
    /// A binding request without USERNAME, or for no transport here.
    StunUnknownUfrag = "stun_unknown_ufrag",
    /// MESSAGE-INTEGRITY missing or wrong.
    StunIntegrity = "stun_integrity",
    /// The transaction was seen from another address before: a copied check.
    StunReplayed = "stun_replayed",
    /// The path is validated for another transport.
    TupleTaken = "tuple_taken",
    /// Not from a path an authenticated check came by.
    TupleNotValidated = "tuple_not_validated",
    /// More DTLS datagrams or events waiting than the control plane may leave lying.
    EventsFull = "events_full",
    /// A pipe has no handshake.
    DtlsOnPipe = "dtls_on_pipe",
    /// Media before the keys, over what is kept for them.
    EarlyFull = "early_full",
    /// Does not authenticate.
    SrtpAuthentication = "srtp_authentication",
    /// Was received before, or is too old to tell.
    SrtpReplayed = "srtp_replayed",
    /// Shorter than its parts.
    SrtpMalformed = "srtp_malformed",
    /// RTP that does not parse.
    RtpMalformed = "rtp_malformed",
    /// No producer of this transport has this SSRC, MID or RID.
    RtpUnknownStream = "rtp_unknown_stream",
    /// The transport has as many SSRCs as it may.
    SsrcTableFull = "ssrc_table_full",
    /// Not a payload type of the producer.
    RtpPayloadType = "rtp_payload_type",
    /// Redundant audio whose blocks are of another codec, or do not fill the packet.
    RedMalformed = "red_malformed",
    /// A retransmission without original sequence number, or of a stream not known yet.
    RtxMalformed = "rtx_malformed",
    /// Has no payload: padding and probes end here.
    RtpEmpty = "rtp_empty",
    /// The packet came before, by another way.
    Duplicate = "duplicate",
    /// Older than what is remembered.
    TooOld = "too_old",
    /// The stream has had twice what its sender said it would send.
    Policed = "policed",
    /// The producer is paused.
    ProducerPaused = "producer_paused",
    /// The consumer is paused.
    ConsumerPaused = "consumer_paused",
    /// The receiver's bandwidth does not suffice for any layer.
    Suspended = "suspended",
    /// More packets wait for their turn on the transport than may.
    PacerFull = "pacer_full",
    /// Waited for its turn until it was of no use, or its consumer was gone.
    PacerLate = "pacer_late",
    /// The consumer waits for a key frame.
    AwaitingKeyframe = "awaiting_keyframe",
    /// A layer the consumer does not get.
    Layer = "layer",
    /// Belongs before the point the consumer started or switched at, or into a closed gap.
    NotMapped = "not_mapped",
    /// The receiving transport has no path, no consent or no keys.
    NoPath = "no_path",
    /// Could not be sealed: larger than a datagram, or a key worn out.
    Seal = "seal",
    /// RTCP that does not parse.
    RtcpMalformed = "rtcp_malformed",
    /// RTCP about an SSRC this transport does not have.
    RtcpUnknownSsrc = "rtcp_unknown_ssrc",
    /// A NACK for a packet not kept any more.
    NackUnknown = "nack_unknown",
    /// A NACK for a packet sent again a moment ago.
    NackRepeated = "nack_repeated",
    /// A NACK over the consumer's retransmission budget.
    NackBudget = "nack_budget",
}

/// Counters by reason.
#[derive(Clone, Debug)]
pub struct Drops([u64; DropReason::ALL.len()]);

impl Default for Drops {
    fn default() -> Self {
        Self([0; DropReason::ALL.len()])
    }
}

impl Drops {
    /// Count one.
    pub fn count(&mut self, reason: DropReason) {
        if let Some(counter) = self.0.get_mut(reason as usize) {
            *counter += 1;
        }
    }

    /// How many were dropped for `reason`.
    pub fn get(&self, reason: DropReason) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// All reasons with their counters.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL
            .iter()
            .map(|&reason| (reason, self.get(reason)))
    }

    /// Sum over all reasons.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}
