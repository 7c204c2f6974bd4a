//! Nanoseconds of one packet at a pipe's two ends, without the kernel's part: `cargo bench -p folkmoot-core --bench pipe`.

use folkmoot_core::bandwidth::Limits;
use folkmoot_core::engine::Engine;
use folkmoot_core::id::{PayloadType, PipeConsumerId, ProducerId, Ssrc, TransportId};
use folkmoot_core::io::{Command, CommandError, Config};
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::rtp::Fields;
use folkmoot_core::spec::{Codec, Encoding, Kind, ProducerSpec};
use folkmoot_core::srtp::{Outbound, Profile};
use folkmoot_core::time::{Ntp, Time};
use folkmoot_core::tuple::Tuple;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const PROFILE: Profile = Profile::Aead128Gcm;
const KEY: [u8; 28] = [7; 28];
const SOURCE: u16 = 1;
const ROUNDS: u64 = 40;
const PACKETS: u64 = 5000;

fn tuple(port: u16) -> Tuple {
    Tuple::udp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn camera() -> ProducerSpec {
    ProducerSpec {
        kind: Kind::Video,
        content: folkmoot_core::spec::Content::default(),
        mid: None,
        codec: Codec {
            mime_type: "video/vp8".to_owned(),
            payload_type: PayloadType(96),
            clock_rate: 90_000,
            rtx_payload_type: None,
            red_payload_type: None,
            nack: true,
            pli: true,
            fir: false,
            remb: false,
            twcc: false,
        },
        encodings: vec![Encoding {
            ssrc: Some(Ssrc(1)),
            spatial_layers: 1,
            temporal_layers: 1,
            ..Encoding::default()
        }],
        header_extensions: Vec::new(),
        paused: false,
    }
}

/// A worker that takes a camera in over one pipe and sends it on over `onward` others.
fn worker(onward: u16) -> Result<Engine, CommandError> {
    let now = Time::ZERO;
    let epoch = Ntp::from_unix(Duration::from_secs(1_700_000_000));
    let limits = Limits::default();
    let mut engine = Engine::new(
        Config {
            seed: 1,
            epoch,
            limits,
        },
        now,
    );
    for port in SOURCE..=SOURCE + onward {
        let command = Command::AddPipe {
            transport: TransportId(port.into()),
            tuple: tuple(port),
            profile: PROFILE,
            rx: KEY.to_vec(),
            tx: KEY.to_vec(),
        };
        engine.execute(command, now)?;
    }
    let (producer, transport) = (ProducerId(1), TransportId(SOURCE.into()));
    let command = Command::AddProducer {
        transport,
        producer,
        spec: camera(),
    };
    engine.execute(command, now)?;
    for port in SOURCE + 1..=SOURCE + onward {
        let consumer = PipeConsumerId(port.into());
        let command = Command::AddPipeConsumer {
            transport: TransportId(port.into()),
            consumer,
            producer,
            spec: PipeConsumerSpec {
                ssrcs: vec![Ssrc(1)],
                red_payload_type: None,
                payload_type: PayloadType(96),
                header_extensions: Vec::new(),
            },
        };
        engine.execute(command, now)?;
        engine.execute(
            Command::SetWanted {
                consumer,
                wanted: 1,
            },
            now,
        )?;
    }
    Ok(engine)
}

fn sealed(outbound: &mut Outbound, sequence: u64, length: usize) -> Vec<u8> {
    let fields = Fields {
        marker: true,
        payload_type: PayloadType(96),
        sequence: sequence as u16,
        timestamp: sequence as u32 * 3000,
        ssrc: Ssrc(1),
    };
    let mut packet = Vec::new();
    fields.write(&mut packet, false);
    packet.extend_from_slice(&[0x10, 1]);
    packet.resize(length + Profile::MAX_OVERHEAD, 0);
    let sealed = outbound.protect_rtp(&mut packet, length, sequence);
    packet.truncate(sealed.unwrap_or_default());
    packet
}

/// The fastest of some rounds: what the code costs, not what the machine was doing besides.
fn nanoseconds(onward: u16, length: usize) -> Option<u64> {
    let mut engine = worker(onward).ok()?;
    let mut outbound = Outbound::new(PROFILE, &KEY).ok()?;
    let mut now = Time::ZERO;
    let round = |round: u64| {
        let numbers = round * PACKETS..(round + 1) * PACKETS;
        let mut packets: Vec<_> = numbers
            .map(|number| sealed(&mut outbound, number, length))
            .collect();
        let start = Instant::now();
        for packet in &mut packets {
            now += Duration::from_micros(500);
            engine.datagram(tuple(SOURCE), packet, now);
            engine.transmits().clear();
        }
        start.elapsed().as_nanos()
    };
    let fastest = (0..ROUNDS).map(round).min()?;
    Some(u64::try_from(fastest).ok()? / PACKETS)
}

fn main() {
    println!("{:>6} {:>9} {:>9}", "bytes", "taken in", "sent on");
    for length in [1200, 100] {
        let taken = nanoseconds(0, length).unwrap_or_default();
        let sent = nanoseconds(10, length).unwrap_or_default();
        println!(
            "{length:>6} {taken:>9} {:>9}",
            sent.saturating_sub(taken) / 10
        );
    }
}
