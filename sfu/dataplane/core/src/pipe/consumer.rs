//! A producer on its way to another worker: each of its encodings as it is.

use crate::bitrate::Bitrate;
use crate::extension::ExtensionMap;
use crate::id::{PayloadType, PipeConsumerId, Ssrc};
use crate::io::CommandError;
use crate::producer::{Producer, extension_map};
use crate::resend::Resends;
use crate::spec::HeaderExtension;
use crate::stats::{PipeConsumerStatistics, StrandStatistics, Traffic};
use crate::time::Time;

use super::Numbering;

/// What the control plane tells about a pipe consumer when it adds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipeConsumerSpec {
    /// One for each encoding of the producer, in its order; rising, and above all that were ever used on the pipe.
    pub ssrcs: Vec<Ssrc>,
    /// The payload type both workers know the codec by.
    pub payload_type: PayloadType,
    /// And packets with redundant copies (RFC 2198), where the producer has them.
    pub red_payload_type: Option<PayloadType>,
    /// The ids both workers give header extensions.
    pub header_extensions: Vec<HeaderExtension>,
}

/// One encoding going out.
#[derive(Debug)]
pub struct Strand {
    /// Its SSRC on the pipe.
    pub ssrc: Ssrc,
    /// Somebody over there wants it.
    pub flows: bool,
    /// Its sequence numbers.
    pub numbering: Numbering,
    /// The brake on repetitions.
    pub resends: Resends,
    /// Without repetitions.
    pub sent: Traffic,
    /// Of these.
    pub bitrate: Bitrate,
    /// Payload bytes, for sender reports.
    pub payload_bytes: u64,
    /// Repetitions.
    pub resent: Traffic,
    /// Sequence numbers asked for again.
    pub nacked: u64,
    /// Of these, not answered.
    pub unanswered: u64,
    /// PLI and FIR.
    pub keyframe_requests: u64,
    /// From the last receiver report.
    pub lost: i64,
}

impl Strand {
    fn new(ssrc: Ssrc, first: u16) -> Self {
        Self {
            ssrc,
            flows: false,
            numbering: Numbering::new(first),
            resends: Resends::default(),
            sent: Traffic::default(),
            bitrate: Bitrate::default(),
            payload_bytes: 0,
            resent: Traffic::default(),
            nacked: 0,
            unanswered: 0,
            keyframe_requests: 0,
            lost: 0,
        }
    }
}

/// A producer going to another worker. Nothing flows before [`set_wanted`](Self::set_wanted).
#[derive(Debug)]
pub struct PipeConsumer {
    /// Its handle.
    pub id: PipeConsumerId,
    /// Slot of the pipe it goes out on.
    pub transport: usize,
    /// Slot of its producer.
    pub producer: usize,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// Of packets with redundant copies; `None`: they go without.
    pub red: Option<PayloadType>,
    /// Its ids of header extensions.
    pub extensions: ExtensionMap,
    /// Of its timestamps.
    pub rate: u32,
    /// One for each encoding.
    pub strands: Vec<Strand>,
    wanted: u8,
}

impl PipeConsumer {
    /// Refuses a spec that does not fit the producer. `first` are the strands' first sequence numbers.
    pub fn new(
        id: PipeConsumerId,
        transport: usize,
        producer: (usize, &Producer),
        spec: &PipeConsumerSpec,
        first: impl Iterator<Item = u16>,
    ) -> Result<Self, CommandError> {
        let (slot, producer) = producer;
        if spec.ssrcs.len() != producer.streams.len() {
            return Err(CommandError::Validation(
                "there is one ssrc for each encoding of the producer".to_owned(),
            ));
        }
        let strands = spec.ssrcs.iter().zip(first);
        Ok(Self {
            id,
            transport,
            producer: slot,
            payload_type: spec.payload_type,
            red: spec.red_payload_type,
            extensions: extension_map(&spec.header_extensions)?,
            rate: producer.codec.clock_rate,
            strands: strands
                .map(|(ssrc, first)| Strand::new(*ssrc, first))
                .collect(),
            wanted: 0,
        })
    }

    /// Which spatial layers somebody over there wants, the lowest in the lowest bit: encodings, or those within a single
    /// one, which flows with all of them. Returns whether an encoding begins to flow.
    pub fn set_wanted(&mut self, wanted: u8) -> bool {
        self.wanted = wanted;
        let single = self.strands.len() == 1;
        let mut began = false;
        for (index, strand) in self.strands.iter_mut().enumerate() {
            let flows = if single {
                wanted != 0
            } else {
                wanted & 1 << index != 0
            };
            if strand.flows && !flows {
                strand.numbering.pause();
            }
            began |= flows && !strand.flows;
            strand.flows = flows;
        }
        began
    }

    /// What it was told with [`set_wanted`](Self::set_wanted).
    pub const fn wanted(&self) -> u8 {
        self.wanted
    }

    /// A stream of the producer was replaced by another under the same index.
    pub fn replaced(&mut self, stream: u8) {
        if let Some(strand) = self.strands.get_mut(usize::from(stream)) {
            strand.numbering.replace();
        }
    }

    /// A snapshot; `transport` and `producer` are handles.
    pub fn statistics(&self, transport: u32, producer: u32, now: Time) -> PipeConsumerStatistics {
        let strands = self.strands.iter().map(|strand| StrandStatistics {
            ssrc: strand.ssrc.0,
            flows: strand.flows,
            sent: strand.sent,
            bitrate: strand.bitrate.get(now),
            resent: strand.resent,
            nacked: strand.nacked,
            unanswered: strand.unanswered,
            keyframe_requests: strand.keyframe_requests,
            lost: strand.lost,
        });
        PipeConsumerStatistics {
            transport,
            producer,
            strands: strands.collect(),
        }
    }
}
