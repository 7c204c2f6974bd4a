//! Two engines with a pipe between them: workers of one node.

use std::time::Duration;

use folkmoot_core::id::{PayloadType, PipeConsumerId, ProducerId, Ssrc, TransportId};
use folkmoot_core::io::{Command, CommandError, Reply, Tuple};
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::random::Random;
use folkmoot_core::spec::{Codec, Content, Encoding, Kind, ProducerSpec};
use folkmoot_core::stats::PipeConsumerStatistics;

use super::peer::PROFILE;
use super::room::{OUT_LEVEL_ID, OUT_OPUS, OUT_VP8, codec, extension};
use super::{Network, millis, tuple};

/// The pipe's handle on both workers.
pub const PIPE: TransportId = TransportId(9000);
/// Where the home worker sends from, as the far one sees it.
pub const HOME: u16 = 7881;
/// Where the far worker sends from.
pub const FAR: u16 = 7882;
/// What the pipe consumer of a test is called.
pub const PIPED: PipeConsumerId = PipeConsumerId(70);
/// Payload type of packets with redundant copies on the pipe.
pub const PIPE_RED: PayloadType = PayloadType(101);
/// SSRC of the lowest encoding on the pipe.
pub const STRAND: u32 = 1000;

/// The worker a producer is on, and another.
pub struct Pair {
    pub home: Network,
    pub far: Network,
    /// What the pipe loses.
    pub loss_percent: u64,
    /// What went over the pipe from home, sealed as it was.
    pub carried: Vec<Vec<u8>>,
    /// For tests that use many.
    pub next_ssrc: u32,
    random: Random,
}

fn key(direction: u8) -> Vec<u8> {
    (0..28).map(|at| at ^ direction).collect()
}

impl Network {
    pub fn add_pipe(
        &mut self,
        remote: u16,
        rx: Vec<u8>,
        tx: Vec<u8>,
    ) -> Result<Reply, CommandError> {
        self.execute(Command::AddPipe {
            transport: PIPE,
            tuple: tuple(remote),
            profile: PROFILE,
            rx,
            tx,
        })
    }

    /// Take a producer in that comes over the pipe.
    pub fn produce_piped(&mut self, producer: u32, spec: ProducerSpec) {
        self.execute(Command::AddProducer {
            transport: PIPE,
            producer: ProducerId(producer),
            spec,
        })
        .unwrap();
    }
}

impl Pair {
    pub fn new(seed: u64) -> Self {
        let (mut home, mut far) = (Network::new(seed), Network::new(seed + 1));
        home.add_pipe(FAR, key(1), key(2)).unwrap();
        far.add_pipe(HOME, key(2), key(1)).unwrap();
        Self {
            home,
            far,
            loss_percent: 0,
            carried: Vec::new(),
            next_ssrc: STRAND,
            random: Random::new(seed ^ 0xf01d),
        }
    }

    /// Send `producer` of the home worker over the pipe, every encoding flowing.
    pub fn pipe(&mut self, producer: u32, kind: Kind, encodings: usize) {
        self.offer(producer, kind, encodings, STRAND).unwrap();
        self.want(u8::MAX);
        let encodings = encodings_on_pipe(encodings);
        self.far.produce_piped(producer, piped(kind, encodings));
    }

    pub fn offer(
        &mut self,
        producer: u32,
        kind: Kind,
        encodings: usize,
        first: u32,
    ) -> Result<Reply, CommandError> {
        let payload_type = if kind == Kind::Video {
            OUT_VP8
        } else {
            OUT_OPUS
        };
        self.home.execute(Command::AddPipeConsumer {
            transport: PIPE,
            consumer: PIPED,
            producer: ProducerId(producer),
            spec: PipeConsumerSpec {
                ssrcs: (first..).take(encodings).map(Ssrc).collect(),
                payload_type: PayloadType(payload_type),
                red_payload_type: (kind == Kind::Audio).then_some(PIPE_RED),
                header_extensions: piped(kind, Vec::new()).header_extensions,
            },
        })
    }

    pub fn want(&mut self, wanted: u8) {
        let consumer = PIPED;
        self.home
            .execute(Command::SetWanted { consumer, wanted })
            .unwrap();
    }

    /// Let `duration` pass on both workers; the pipe takes a millisecond.
    pub fn step(&mut self, duration: Duration) {
        for _ in 0..duration.as_millis() {
            self.carry();
            self.home.step(millis(1));
            self.far.step(millis(1));
        }
    }

    fn carry(&mut self) {
        for (to, bytes) in std::mem::take(&mut self.home.elsewhere) {
            assert_eq!(to, tuple(FAR));
            self.carried.push(bytes.clone());
            if !self.is_lost() {
                self.far.inject(tuple(HOME), bytes);
            }
        }
        for (to, bytes) in std::mem::take(&mut self.far.elsewhere) {
            assert_eq!(to, tuple(HOME));
            if !self.is_lost() {
                self.home.inject(tuple(FAR), bytes);
            }
        }
    }

    fn is_lost(&mut self) -> bool {
        self.random.next() % 100 < self.loss_percent
    }

    /// Of the only pipe consumer.
    pub fn piped(&mut self) -> PipeConsumerStatistics {
        self.home.statistics().pipe_consumers[0].1.clone()
    }
}

/// What an engine is told of a producer that comes over the pipe.
pub fn piped(kind: Kind, encodings: Vec<Encoding>) -> ProducerSpec {
    let payload_type = if kind == Kind::Video {
        OUT_VP8
    } else {
        OUT_OPUS
    };
    ProducerSpec {
        kind,
        content: Content::Camera,
        mid: None,
        codec: Codec {
            fir: false,
            red_payload_type: (kind == Kind::Audio).then_some(PIPE_RED),
            ..codec(kind, payload_type, None)
        },
        encodings,
        header_extensions: vec![
            extension(
                folkmoot_core::extension::Extension::AudioLevel,
                OUT_LEVEL_ID,
            ),
            extension(
                folkmoot_core::extension::Extension::DependencyDescriptor,
                12,
            ),
        ],
        paused: false,
    }
}

pub fn encodings_on_pipe(count: usize) -> Vec<Encoding> {
    let encoding = |ssrc| Encoding {
        ssrc: Some(Ssrc(ssrc)),
        spatial_layers: 1,
        temporal_layers: 3,
        ..Encoding::default()
    };
    (STRAND..).take(count).map(encoding).collect()
}

/// The address of somebody on neither end of the pipe.
pub fn stranger() -> Tuple {
    tuple(6666)
}
