//! Everything that goes in and out of the [`Engine`](crate::engine::Engine) beside the packets themselves.

use std::fmt;

use crate::bandwidth::Limits;
use crate::id::{ConsumerId, PipeConsumerId, ProducerId, TransportId};
use crate::loudness::Levels;
use crate::pipe::PipeConsumerSpec;
use crate::spec::{ConsumerSpec, ProducerSpec};
use crate::srtp::Profile;
use crate::stats::{Statistics, Totals};
use crate::time::Ntp;

pub use crate::tuple::{Protocol, Tuple};

/// What the engine is given once.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// All randomness of the engine comes from this: first sequence numbers, hash seeds, its own SSRCs.
    pub seed: u64,
    /// The wall clock at [`Time::ZERO`](crate::time::Time::ZERO).
    pub epoch: Ntp,
    /// What transports are taken to carry before they have shown it.
    pub limits: Limits,
}

/// What the control plane asks; answered by [`Reply`] or [`CommandError`].
#[derive(Clone, Debug)]
pub enum Command {
    /// Answer STUN checks for `ufrag` from now on.
    AddTransport {
        /// Its handle.
        transport: TransportId,
        /// The server's ICE user fragment, 4 to 256 bytes, unique.
        ufrag: String,
        /// The server's ICE password, 22 to 256 bytes.
        password: String,
    },
    /// New credentials; the old ones stay valid for ten seconds.
    RestartIce {
        /// Its handle.
        transport: TransportId,
        /// The server's new user fragment.
        ufrag: String,
        /// The server's new password.
        password: String,
    },
    /// Send a DTLS datagram on the selected path; silently nothing before there is one.
    SendDtls {
        /// Its handle.
        transport: TransportId,
        /// One datagram.
        datagram: Vec<u8>,
    },
    /// The DTLS handshake ended and the fingerprint was right.
    SetSrtpKeys {
        /// Its handle.
        transport: TransportId,
        /// The negotiated protection profile.
        profile: Profile,
        /// Master key and salt of what comes in.
        rx: Vec<u8>,
        /// Master key and salt of what goes out.
        tx: Vec<u8>,
    },
    /// With its producers (and their consumers) and its consumers.
    RemoveTransport(TransportId),
    /// A track will come in on the transport.
    AddProducer {
        /// The transport it comes in on.
        transport: TransportId,
        /// Its handle.
        producer: ProducerId,
        /// How to find and read it.
        spec: ProducerSpec,
    },
    /// Forward nothing of it.
    PauseProducer(ProducerId),
    /// Forward it again, from a key frame on.
    ResumeProducer(ProducerId),
    /// With its consumers.
    RemoveProducer(ProducerId),
    /// Forward the producer's packets on the transport.
    AddConsumer {
        /// The transport it goes out on.
        transport: TransportId,
        /// Its handle.
        consumer: ConsumerId,
        /// What it shows.
        producer: ProducerId,
        /// How to write it.
        spec: ConsumerSpec,
    },
    /// Forward nothing to it.
    PauseConsumer(ConsumerId),
    /// Forward to it again, from a key frame on.
    ResumeConsumer(ConsumerId),
    /// The consumer is gone.
    RemoveConsumer(ConsumerId),
    /// Ask the producer for a key frame of the layer this consumer gets.
    RequestKeyframe(ConsumerId),
    /// Preferred layers; more than there are means the highest.
    SetLayers {
        /// Its handle.
        consumer: ConsumerId,
        /// Encoding to prefer, 0 the lowest.
        spatial: u8,
        /// Temporal layer to prefer, 0 the lowest.
        temporal: u8,
    },
    /// A transport to another worker of the node: its path and keys are given, and it has neither ICE nor DTLS.
    AddPipe {
        /// Its handle.
        transport: TransportId,
        /// Where the other worker sends from and is sent to; no other transport's.
        tuple: Tuple,
        /// The protection profile.
        profile: Profile,
        /// Master key and salt of what comes in.
        rx: Vec<u8>,
        /// Master key and salt of what goes out.
        tx: Vec<u8>,
    },
    /// Send all encodings of the producer over the pipe as they are; none flows before [`SetWanted`](Self::SetWanted).
    AddPipeConsumer {
        /// The pipe.
        transport: TransportId,
        /// Its handle.
        consumer: PipeConsumerId,
        /// What it carries.
        producer: ProducerId,
        /// How to write it.
        spec: PipeConsumerSpec,
    },
    /// What of a pipe consumer flows: what [`Event::LayersWanted`] told of the producer on the other worker.
    SetWanted {
        /// Its handle.
        consumer: PipeConsumerId,
        /// One bit for each spatial layer, the lowest in the lowest bit.
        wanted: u8,
    },
    /// The pipe consumer is gone.
    RemovePipeConsumer(PipeConsumerId),
    /// How large a consumer's picture is shown.
    SetConsumerSize {
        /// Its handle.
        consumer: ConsumerId,
        /// In device pixels, more than zero.
        width: u16,
        /// In device pixels, more than zero.
        height: u16,
    },
    /// Who is served first when the path to a receiver is too narrow.
    SetConsumerPriority {
        /// Its handle.
        consumer: ConsumerId,
        /// More than zero.
        priority: u8,
    },
    /// Raise all consumers of a producer: somebody speaks.
    SetProducerPriority {
        /// Its handle.
        producer: ProducerId,
        /// On top of each consumer's own.
        priority: u8,
    },
    /// A snapshot of everything.
    Statistics,
    /// A snapshot of one transport, its producers and its consumers.
    StatisticsOf(TransportId),
    /// The sums alone, however much there is.
    Totals,
}

/// What a command is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Carried out.
    Done,
    /// Answer to [`Command::Statistics`] and [`Command::StatisticsOf`].
    Statistics(Box<Statistics>),
    /// Answer to [`Command::Totals`].
    Totals(Box<Totals>),
}

/// Why a command was refused; nothing was changed. The text says what was wrong, for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// No such handle.
    NotFound(String),
    /// The handle, user fragment, SSRC, MID or RID is taken.
    Conflict(String),
    /// The command makes no sense.
    Validation(String),
    /// A cap is reached.
    CapacityExceeded(String),
}

impl CommandError {
    /// `NOT_FOUND`, `CONFLICT`, `VALIDATION` or `CAPACITY_EXCEEDED`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NOT_FOUND",
            Self::Conflict(_) => "CONFLICT",
            Self::Validation(_) => "VALIDATION",
            Self::CapacityExceeded(_) => "CAPACITY_EXCEEDED",
        }
    }

    /// The text alone.
    pub fn message(&self) -> &str {
        match self {
            Self::NotFound(text)
            | Self::Conflict(text)
            | Self::Validation(text)
            | Self::CapacityExceeded(text) => text,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for CommandError {}

/// Why the layers of a consumer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerReason {
    /// The preferred layers were set.
    Requested,
    /// A better layer began to flow.
    Available,
    /// The layer it had ceased to flow.
    Unavailable,
    /// The receiver's bandwidth allows more, or less.
    Bandwidth,
}

impl LayerReason {
    /// `requested`, `available`, `unavailable` or `bandwidth`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Available => "available",
            Self::Unavailable => "unavailable",
            Self::Bandwidth => "bandwidth",
        }
    }
}

/// What the control plane is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first validated path, and each move of the path.
    IceConnected {
        /// Whose path.
        transport: TransportId,
        /// Where it leads.
        tuple: Tuple,
    },
    /// A DTLS datagram from a validated path, in order of arrival.
    Dtls {
        /// On which it came.
        transport: TransportId,
        /// As it came.
        datagram: Vec<u8>,
    },
    /// No authenticated check for 30 s (RFC 7675); nothing is sent any more until one comes.
    ConsentExpired {
        /// Whose consent.
        transport: TransportId,
    },
    /// Who was audible since the last of these, and how loud of 127, the loudest.
    AudioLevels(Levels),
    /// What a consumer now gets; -1 when nothing flows.
    LayersChanged {
        /// Which one.
        consumer: ConsumerId,
        /// The encoding, 0 the lowest.
        spatial: i8,
        /// The highest temporal layer let through.
        temporal: i8,
        /// Why.
        reason: LayerReason,
        /// What the path to it was taken to carry when its layers were decided, in bits per second.
        estimate: Option<u64>,
    },
    /// Which layers of a producer anybody wants: the others need not be sent. Told when it changes.
    LayersWanted {
        /// Which one.
        producer: ProducerId,
        /// Spatial layers, bit 0 the lowest.
        spatial: u8,
        /// How many there are.
        layers: u8,
    },
}
