//! A snapshot of everything counted, as plain nested values.

use std::time::Duration;

use crate::allocation::Size;
use crate::drop::Drops;
use crate::id::{ConsumerId, PipeConsumerId, ProducerId, TransportId};
use crate::ladder::Layers;

/// Datagrams and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Datagrams.
    pub packets: u64,
    /// Bytes of the datagrams, without UDP and IP headers.
    pub bytes: u64,
}

impl Traffic {
    pub(crate) fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }
}

/// Answer to [`Command::Statistics`](crate::io::Command::Statistics).
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// In no particular order.
    pub transports: Vec<(TransportId, TransportStatistics)>,
    /// In no particular order.
    pub producers: Vec<(ProducerId, ProducerStatistics)>,
    /// In no particular order.
    pub consumers: Vec<(ConsumerId, ConsumerStatistics)>,
    /// In no particular order.
    pub pipe_consumers: Vec<(PipeConsumerId, PipeConsumerStatistics)>,
    /// What was not forwarded or answered, by reason, since the start.
    pub drops: Drops,
    /// All datagrams that came in.
    pub received: Traffic,
    /// All datagrams that went out.
    pub sent: Traffic,
}

/// What was asked for again, over everything that was ever there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Sequence numbers asked of those who send.
    pub nacks_sent: u64,
    /// Sequence numbers that receivers asked for.
    pub nacks_received: u64,
    /// Key frames asked of those who send.
    pub keyframe_requests_sent: u64,
    /// Key frames that receivers asked for.
    pub keyframe_requests_received: u64,
}

/// Answer to [`Command::Totals`](crate::io::Command::Totals): cheap enough to be asked twice a second.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// How many there are.
    pub transports: usize,
    /// How many there are.
    pub producers: usize,
    /// How many there are.
    pub consumers: usize,
    /// As in [`Statistics`].
    pub drops: Drops,
    /// As in [`Statistics`].
    pub received: Traffic,
    /// As in [`Statistics`].
    pub sent: Traffic,
    /// What was asked for again.
    pub repairs: Repairs,
}

/// Of one transport.
#[derive(Clone, Debug, Default)]
pub struct TransportStatistics {
    /// Leads to another worker.
    pub pipe: bool,
    /// Has a selected path and consent to use it.
    pub connected: bool,
    /// Has SRTP keys.
    pub secured: bool,
    /// The selected path, `ip:port`.
    pub remote: Option<String>,
    /// How datagrams get there: `udp` or `tcp`.
    pub protocol: Option<&'static str>,
    /// Validated paths kept.
    pub tuples: usize,
    /// SSRCs known to come in.
    pub ssrcs: usize,
    /// Datagrams in.
    pub received: Traffic,
    /// Datagrams out.
    pub sent: Traffic,
    /// What its receiver has told to have arrived of late, in bits per second.
    pub delivered: Option<u64>,
    /// By transport-wide feedback.
    pub round_trip: Option<Duration>,
    /// Packets sent only to see whether they arrive.
    pub probes: u64,
    /// What was dropped of its own traffic, by reason.
    pub drops: Drops,
    /// What the path out is taken to carry, bits per second; `None` while its receiver tells nothing.
    pub estimate: Option<u64>,
}

/// Of one producer.
#[derive(Clone, Debug, Default)]
pub struct ProducerStatistics {
    /// The transport it comes in on.
    pub transport: u32,
    /// Forwards nothing.
    pub paused: bool,
    /// Number of its consumers.
    pub consumers: usize,
    /// On top of the priority of each of them.
    pub priority: u8,
    /// Spatial layers it was announced with.
    pub spatial_layers: u8,
    /// Those of them it was told to send, bit 0 the lowest.
    pub wanted: u8,
    /// One per encoding, lowest first.
    pub streams: Vec<StreamStatistics>,
}

/// Of one encoding of a producer.
#[derive(Clone, Debug, Default)]
pub struct StreamStatistics {
    /// SSRC, once known.
    pub ssrc: Option<u32>,
    /// RID, where signalled.
    pub rid: Option<String>,
    /// A packet came within the last 1.5 s.
    pub active: bool,
    /// RTP packets in, retransmitted ones among them, and their bytes.
    pub received: Traffic,
    /// Packets that came as retransmission.
    pub recovered: u64,
    /// Packets expected and not received so far (RFC 3550 section 6.4.1); negative with duplicates.
    pub lost: i64,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Bits per second over the last full second.
    pub bitrate: u64,
    /// Key frames seen.
    pub keyframes: u64,
    /// Sequence numbers asked for again.
    pub nacked: u64,
    /// PLI or FIR sent.
    pub keyframe_requests: u64,
}

/// Of one consumer.
#[derive(Clone, Debug, Default)]
pub struct ConsumerStatistics {
    /// The transport it goes out on.
    pub transport: u32,
    /// Its producer.
    pub producer: u32,
    /// Paused by itself (not by its producer).
    pub paused: bool,
    /// Encoding it gets, 0 the lowest; -1 when none.
    pub spatial_layer: i8,
    /// Highest temporal layer it gets; -1 when none.
    pub temporal_layer: i8,
    /// What it may be sent at most, as preferred and as bandwidth allows; `None` while bandwidth allows nothing.
    pub allotted: Option<Layers>,
    /// Bandwidth allows less than it could use.
    pub limited: bool,
    /// How much it counts among the consumers of its transport.
    pub priority: u8,
    /// How large it is shown, where its receiver has said.
    pub size: Option<Size>,
    /// RTP packets out, without retransmissions, and their bytes.
    pub sent: Traffic,
    /// Of these, bits per second over the last full second.
    pub bitrate: u64,
    /// Retransmissions out.
    pub resent: Traffic,
    /// Sequence numbers its receiver asked for again.
    pub nacked: u64,
    /// Of these, packets that could not be found or were over budget.
    pub unanswered: u64,
    /// PLI and FIR its receiver sent.
    pub keyframe_requests: u64,
    /// Round trip, from its receiver's reports.
    pub round_trip: Option<Duration>,
    /// Fraction lost of its receiver's last report, in 1/256.
    pub fraction_lost: u8,
    /// Cumulative loss of its receiver's last report.
    pub lost: i64,
    /// Jitter of its receiver's last report, in timestamp units.
    pub jitter: u32,
}

/// Of one pipe consumer.
#[derive(Clone, Debug, Default)]
pub struct PipeConsumerStatistics {
    /// The pipe it goes out on.
    pub transport: u32,
    /// Its producer.
    pub producer: u32,
    /// One for each encoding, lowest first.
    pub strands: Vec<StrandStatistics>,
}

/// Of one encoding going to another worker.
#[derive(Clone, Debug, Default)]
pub struct StrandStatistics {
    /// Its SSRC on the pipe.
    pub ssrc: u32,
    /// Somebody over there wants it.
    pub flows: bool,
    /// RTP packets out, without repetitions, and their bytes.
    pub sent: Traffic,
    /// Of these, bits per second over the last full second.
    pub bitrate: u64,
    /// Repetitions out.
    pub resent: Traffic,
    /// Sequence numbers the other worker asked for again.
    pub nacked: u64,
    /// Of these, packets that could not be found or were over budget.
    pub unanswered: u64,
    /// Key frames the other worker asked for.
    pub keyframe_requests: u64,
    /// Cumulative loss of the other worker's last report.
    pub lost: i64,
}
