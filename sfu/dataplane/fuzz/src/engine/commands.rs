//! Commands with few handles, so that they meet each other.

use folkmoot_core::extension::Extension;
use folkmoot_core::id::{
    ConsumerId, Mid, PayloadType, PipeConsumerId, ProducerId, Rid, Ssrc, TransportId,
};
use folkmoot_core::io::Command;
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::spec::{
    Codec, ConsumerSpec, Content, Encoding, HeaderExtension, Kind, ProducerSpec,
};

use super::person::{PROFILE, check, credentials, keys};
use super::world::{PEOPLE, World, tuple};
use crate::input::Input;

pub const VIDEO: u8 = 96;
pub const RTX: u8 = 97;
pub const RED: u8 = 63;
pub const AUDIO: u8 = 111;
/// Simulcast encodings of a video.
pub const ENCODINGS: usize = 3;
/// The number of the person that is another worker.
const WORKER: u8 = PEOPLE - 1;

pub fn extensions() -> Vec<HeaderExtension> {
    let known = Extension::all().zip(1..);
    known
        .map(|(extension, id)| HeaderExtension {
            uri: extension.uri().to_owned(),
            id,
        })
        .collect()
}

/// The id of one of [`extensions`].
pub fn extension_id(wanted: Extension) -> u8 {
    let known = Extension::all().zip(1..);
    let mut ids = known.filter(|(extension, _)| *extension == wanted);
    ids.next().map_or(0, |(_, id)| id)
}

/// A room where everybody is connected, one shows a camera and speaks, and the others get both.
pub fn furnish(world: &mut World) {
    for person in 0..PEOPLE {
        connect(world, person);
    }
    world.execute(Command::AddProducer {
        transport: TransportId(0),
        producer: ProducerId(0),
        spec: video("video/vp8", ENCODINGS, false),
    });
    world.execute(Command::AddProducer {
        transport: TransportId(0),
        producer: ProducerId(1),
        spec: audio(),
    });
    for (consumer, transport, producer, kind) in [
        (0, 1, 0, Kind::Video),
        (1, 2, 0, Kind::Video),
        (2, 1, 1, Kind::Audio),
    ] {
        let spec = consumer_spec(world, kind, "video/vp8");
        consume(world, (consumer, transport, producer), spec);
    }
    flow(world, 0, ProducerId(0), ENCODINGS);
}

/// Handles of the consumer, of who gets it and of its producer.
pub fn consume(
    world: &mut World,
    (consumer, transport, producer): (u32, u32, u32),
    spec: ConsumerSpec,
) {
    world.execute(Command::AddConsumer {
        transport: TransportId(transport),
        consumer: ConsumerId(consumer),
        producer: ProducerId(producer),
        spec,
    });
}

/// A producer goes to the other worker, which wants all of it.
pub fn flow(world: &mut World, consumer: u32, producer: ProducerId, encodings: usize) {
    pipe(world, consumer, producer, encodings);
    world.execute(Command::SetWanted {
        consumer: PipeConsumerId(consumer),
        wanted: 7,
    });
}

fn connect(world: &mut World, person: u8) {
    let ((ufrag, password), (rx, tx)) = (credentials(person), keys(person));
    let (transport, tuple) = (TransportId(person.into()), tuple(person, 0));
    if person == WORKER {
        if world.execute(Command::AddPipe {
            transport,
            tuple,
            profile: PROFILE,
            rx,
            tx,
        }) {
            world.validated.insert(tuple);
        }
        return;
    }
    world.execute(Command::AddTransport {
        transport,
        ufrag,
        password,
    });
    world.validated.insert(tuple);
    world.datagram(tuple, check(person, 200 + person, true));
    world.execute(Command::SetSrtpKeys {
        transport,
        profile: PROFILE,
        rx,
        tx,
    });
}

pub fn execute(world: &mut World, input: &mut Input<'_>) {
    let transport = input.below(PEOPLE);
    let (producer, consumer) = (
        ProducerId(input.below(5).into()),
        ConsumerId(input.below(6).into()),
    );
    let pipe_consumer = PipeConsumerId(input.below(3).into());
    let id = TransportId(transport.into());
    let command = match input.below(19) {
        0 => return connect(world, transport),
        1 => restart(transport, input.below(3)),
        2 => Command::SendDtls {
            transport: id,
            datagram: input.bytes(60).to_vec(),
        },
        3 => Command::RemoveTransport(id),
        4 => Command::AddProducer {
            transport: id,
            producer,
            spec: producer_spec(input),
        },
        5 => Command::PauseProducer(producer),
        6 => Command::ResumeProducer(producer),
        7 => Command::RemoveProducer(producer),
        8 => {
            let kind = if input.flag() {
                Kind::Video
            } else {
                Kind::Audio
            };
            let spec = consumer_spec(world, kind, mime(input));
            Command::AddConsumer {
                transport: id,
                consumer,
                producer,
                spec,
            }
        }
        9 => Command::PauseConsumer(consumer),
        10 => Command::ResumeConsumer(consumer),
        11 => Command::RemoveConsumer(consumer),
        12 => Command::RequestKeyframe(consumer),
        13 => Command::SetLayers {
            consumer,
            spatial: input.below(5),
            temporal: input.below(5),
        },
        14 => Command::SetConsumerSize {
            consumer,
            width: input.word(),
            height: input.word(),
        },
        15 => Command::SetConsumerPriority {
            consumer,
            priority: input.byte(),
        },
        16 => Command::SetProducerPriority {
            producer,
            priority: input.byte(),
        },
        17 => {
            return pipe(
                world,
                pipe_consumer.0,
                producer,
                usize::from(input.below(4)),
            );
        }
        _ => pipe_command(pipe_consumer, input, id),
    };
    world.execute(command);
}

fn pipe_command(
    consumer: PipeConsumerId,
    input: &mut Input<'_>,
    transport: TransportId,
) -> Command {
    match input.below(5) {
        0 => Command::RemovePipeConsumer(consumer),
        1 => Command::Statistics,
        2 => Command::StatisticsOf(transport),
        3 => Command::Totals,
        _ => Command::SetWanted {
            consumer,
            wanted: input.byte(),
        },
    }
}

fn pipe(world: &mut World, consumer: u32, producer: ProducerId, encodings: usize) {
    let first = world.next_ssrc + 1;
    world.next_ssrc += encodings as u32;
    world.execute(Command::AddPipeConsumer {
        transport: TransportId(WORKER.into()),
        consumer: PipeConsumerId(consumer),
        producer,
        spec: PipeConsumerSpec {
            ssrcs: (first..).take(encodings).map(Ssrc).collect(),
            payload_type: PayloadType(VIDEO),
            red_payload_type: Some(PayloadType(RED)),
            header_extensions: extensions(),
        },
    });
}

/// The password stays: the fuzzer cannot guess another.
fn restart(transport: u8, generation: u8) -> Command {
    let (ufrag, password) = credentials(transport);
    let ufrag = if generation == 0 {
        ufrag
    } else {
        format!("{ufrag}x{generation}")
    };
    Command::RestartIce {
        transport: TransportId(transport.into()),
        ufrag,
        password,
    }
}

fn mime(input: &mut Input<'_>) -> &'static str {
    input.pick([
        "video/vp8",
        "video/vp9",
        "video/h264",
        "video/av1",
        "audio/opus",
    ])
}

fn producer_spec(input: &mut Input<'_>) -> ProducerSpec {
    match mime(input) {
        "audio/opus" => audio(),
        mime => {
            let mut spec = video(mime, usize::from(input.below(4)), input.flag());
            spec.content = if input.flag() {
                Content::Screen
            } else {
                Content::Camera
            };
            spec.encodings
                .iter_mut()
                .for_each(|encoding| encoding.spatial_layers = input.below(5));
            spec
        }
    }
}

fn codec(mime: &str, kind: Kind) -> Codec {
    let video = kind == Kind::Video;
    Codec {
        mime_type: mime.to_owned(),
        payload_type: PayloadType(if video { VIDEO } else { AUDIO }),
        clock_rate: if video { 90_000 } else { 48_000 },
        rtx_payload_type: video.then_some(PayloadType(RTX)),
        red_payload_type: (!video).then_some(PayloadType(RED)),
        nack: true,
        pli: video,
        fir: video,
        remb: true,
        twcc: true,
    }
}

pub fn video(mime: &str, encodings: usize, signalled: bool) -> ProducerSpec {
    let encoding = |index: usize| Encoding {
        ssrc: signalled.then_some(Ssrc(index as u32 + 1)),
        rtx_ssrc: signalled.then_some(Ssrc(index as u32 + 5)),
        rid: (!signalled).then(|| Rid::new(index.to_string())).flatten(),
        spatial_layers: 1,
        temporal_layers: 3,
        max_bitrate: None,
    };
    ProducerSpec {
        kind: Kind::Video,
        content: Content::Camera,
        mid: Mid::new("v"),
        codec: codec(mime, Kind::Video),
        encodings: (0..encodings).map(encoding).collect(),
        header_extensions: extensions(),
        paused: false,
    }
}

fn audio() -> ProducerSpec {
    ProducerSpec {
        kind: Kind::Audio,
        mid: Mid::new("a"),
        codec: codec("audio/opus", Kind::Audio),
        encodings: vec![Encoding {
            ssrc: Some(Ssrc(8)),
            spatial_layers: 1,
            temporal_layers: 1,
            ..Encoding::default()
        }],
        ..video("audio/opus", 1, false)
    }
}

pub fn consumer_spec(world: &mut World, kind: Kind, mime: &str) -> ConsumerSpec {
    world.next_ssrc += 2;
    let video = kind == Kind::Video;
    ConsumerSpec {
        mid: Mid::new("out").unwrap_or_else(|| panic!("a short token is a mid")),
        ssrc: Ssrc(world.next_ssrc - 1),
        rtx_ssrc: video.then_some(Ssrc(world.next_ssrc)),
        cname: "person".to_owned(),
        codec: codec(if video { mime } else { "audio/opus" }, kind),
        header_extensions: extensions(),
        paused: false,
        spatial_layer: None,
        temporal_layer: None,
    }
}
