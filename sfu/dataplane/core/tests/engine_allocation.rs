//! In the steady state a packet is forwarded without a single allocation, whatever is done to it on the way.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use folkmoot_core::arrivals::Arrivals;
use folkmoot_core::demux::{Class, classify};
use folkmoot_core::engine::Engine;
use folkmoot_core::extension::Extension;
use folkmoot_core::id::{ConsumerId, PayloadType, ProducerId, Ssrc};
use folkmoot_core::io::{Command, Tuple};
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::rtp::Header;
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;
use support::media::{Frame, LEVEL_ID, MID_ID, OPUS, Track};
use support::pair::{FAR, PIPE, PIPED, STRAND};
use support::room::{OUT_OPUS, by_ssrc, consumer_spec, extension, producer_spec};
use support::svc::{self, DESCRIPTOR_ID, Mode, OUT_DESCRIPTOR_ID, SvcCamera};
use support::{Network, millis, tuple};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
/// Alice's camera and microphone, and what Bob gets of them.
const CAMERA: u32 = 10;
const VOICE: u32 = 12;
const SEEN: u32 = 20;
const REPAIRED: u32 = 21;
const HEARD: u32 = 30;
const RED: u8 = 63;
const STAMP_ID: u8 = 8;
/// Pictures after which all has grown that grows.
const GROWN: u64 = 2_300;

#[test]
fn forwarding_allocates_nothing_once_rings_and_arena_have_grown() {
    let mut network = Network::new(5);
    network.connect(ALICE);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]),
        )
        .unwrap();
    for port in 2001..2004 {
        network.connect(port);
        network
            .consume(
                port,
                port.into(),
                1,
                consumer_spec(Kind::Video, 20, Some(21)),
            )
            .unwrap();
    }
    network.add_pipe(FAR, vec![1; 28], vec![2; 28]).unwrap();
    network
        .execute(Command::AddPipeConsumer {
            transport: PIPE,
            consumer: PIPED,
            producer: ProducerId(1),
            spec: PipeConsumerSpec {
                ssrcs: vec![Ssrc(STRAND)],
                payload_type: PayloadType(100),
                red_payload_type: None,
                header_extensions: Vec::new(),
            },
        })
        .unwrap();
    let (consumer, wanted) = (PIPED, 1);
    network
        .execute(Command::SetWanted { consumer, wanted })
        .unwrap();
    let mut track = Track::video(10).with(MID_ID, b"0").with(LEVEL_ID, &[9]);
    let mut packets: Vec<_> = (0..12_000)
        .flat_map(|number| {
            let frame = Frame {
                key: number == 0,
                temporal: 0,
                packets: 1,
            };
            track.frame(network.peer(ALICE), frame)
        })
        .collect();
    let (warm, measured) = packets.split_at_mut(11_000);
    let mut now = network.now;
    let engine = &mut network.engine;
    let mut forward = |packets: &mut [Vec<u8>]| {
        let mut sent = 0;
        for packet in packets {
            now += millis(2);
            engine.datagram(tuple(ALICE), packet, now);
            if engine.next_timeout() <= now {
                engine.timeout(now);
            }
            sent += engine.transmits().len();
            engine.transmits().clear();
            while engine.poll_event().is_some() {}
        }
        sent
    };
    forward(warm);
    let before = ALLOCATIONS.get();
    let sent = forward(measured);
    assert!(sent >= 3_000, "{sent} datagrams");
    assert_eq!(ALLOCATIONS.get() - before, 0);
}

/// Bob, as far as he makes the engine work: he tells what arrives, and asks for what does not.
struct Bob {
    arrivals: Arrivals,
    /// Packets of pictures sent to him, and those of them lost on the way and not asked for yet.
    pictures: usize,
    lost: Vec<u16>,
    repairs: usize,
    voices: usize,
    /// Descriptors that tell of fewer targets than there are.
    cut: usize,
}

impl Bob {
    /// A datagram came; what matters can be read without the key.
    fn take(&mut self, bytes: &[u8], now: Time) {
        if classify(bytes) != Class::Rtp {
            return;
        }
        let header = Header::parse(bytes).unwrap();
        match header.fields.ssrc.0 {
            SEEN => {
                self.pictures += 1;
                let value = header.elements(bytes).find(OUT_DESCRIPTOR_ID).unwrap();
                self.cut += usize::from(value.len() > 3);
                if self.pictures.is_multiple_of(50) {
                    self.lost.push(header.fields.sequence);
                    return;
                }
            }
            REPAIRED => self.repairs += 1,
            HEARD => self.voices += usize::from(header.fields.payload_type.0 == RED),
            _ => {}
        }
        if let Some([high, low]) = header.elements(bytes).find(STAMP_ID) {
            let number = u16::from_be_bytes([*high, *low]);
            self.arrivals.note(number, Ssrc(SEEN), now);
        }
    }
}

/// The engine with Bob at its other end; only what the engine does is counted.
struct Meter {
    network: Network,
    bob: Bob,
    now: Time,
    allocations: usize,
    /// Pictures sent when their time came rather than when they came.
    paced: usize,
}

impl Meter {
    fn call(&mut self, act: impl FnOnce(&mut Engine)) {
        let before = ALLOCATIONS.get();
        act(&mut self.network.engine);
        self.allocations += ALLOCATIONS.get() - before;
        let engine = &mut self.network.engine;
        let sent = engine.transmits().iter();
        let sent: Vec<(Tuple, Vec<u8>)> = sent.map(|(to, bytes)| (to, bytes.to_vec())).collect();
        engine.transmits().clear();
        while engine.poll_event().is_some() {}
        for (to, bytes) in sent {
            if to == tuple(BOB) {
                self.bob.take(&bytes, self.now);
            }
        }
    }

    fn receive(&mut self, from: u16, mut datagram: Vec<u8>) {
        let now = self.now;
        self.call(|engine| engine.datagram(tuple(from), &mut datagram, now));
    }

    /// Let a picture's time pass, timers first.
    fn pass(&mut self) {
        let end = self.now + millis(33);
        while self.network.engine.next_timeout() <= end {
            self.now = self.now.max(self.network.engine.next_timeout());
            let (now, before) = (self.now, self.bob.pictures);
            self.call(|engine| engine.timeout(now));
            self.paced += self.bob.pictures - before;
        }
        self.now = end;
    }

    /// A picture and a voice from Alice, and what Bob says to it.
    fn play(&mut self, camera: &mut SvcCamera, voice: &mut Track, number: u64) {
        // Up to where it is measured: a key picture takes more room where a smaller one was kept.
        let key = number.is_multiple_of(300) && number < GROWN;
        let alice = self.network.peer(ALICE);
        let mut packets = camera.shoot(alice, key);
        voice.timestamp = voice.timestamp.wrapping_add(1584);
        let blocks = [0x80 | OPUS, 6, 0x30, 5, OPUS, 1, 2, 3, 4, 5, 6, 7, 8];
        packets.push(voice.packet(alice, &blocks, false));
        for packet in packets {
            self.receive(ALICE, packet);
        }
        self.pass();
        let (mut feedback, now) = (Vec::new(), self.now);
        self.bob.arrivals.write(&mut feedback, Ssrc(1), now);
        let lost = std::mem::take(&mut self.bob.lost);
        let bob = self.network.peer(BOB);
        let mut said = Vec::new();
        if !feedback.is_empty() {
            said.push(bob.seal_rtcp(&feedback));
        }
        if !lost.is_empty() {
            said.push(bob.nack(SEEN, &lost));
        }
        for datagram in said {
            self.receive(BOB, datagram);
        }
        // Consent lasts thirty seconds.
        if number.is_multiple_of(300) {
            for port in [ALICE, BOB] {
                let (ufrag, password) = (support::room::ufrag(port), support::room::password(port));
                let check = self.network.peer(port).check(&ufrag, &password, false);
                let (now, mut check) = (self.now, check);
                self.network.engine.datagram(tuple(port), &mut check, now);
                self.network.engine.transmits().clear();
            }
        }
    }
}

/// Alice's AV1 with layers and her redundant sound; Bob gets some of the layers, all copies and repairs by RTX.
fn limited_viewer() -> Network {
    let mut network = Network::new(6);
    network.connect(ALICE);
    network.connect(BOB);
    let mut encoding = by_ssrc(CAMERA, None);
    encoding.spatial_layers = 3;
    let mut camera = producer_spec(Kind::Video, "0", vec![encoding]);
    "video/av1".clone_into(&mut camera.codec.mime_type);
    camera
        .header_extensions
        .push(extension(Extension::DependencyDescriptor, DESCRIPTOR_ID));
    network.produce(ALICE, 1, camera).unwrap();
    let mut voice = producer_spec(Kind::Audio, "1", vec![by_ssrc(VOICE, None)]);
    voice.codec.red_payload_type = Some(PayloadType(RED));
    network.produce(ALICE, 2, voice).unwrap();
    let mut sees = consumer_spec(Kind::Video, SEEN, Some(REPAIRED));
    "video/av1".clone_into(&mut sees.codec.mime_type);
    sees.header_extensions.push(extension(
        Extension::DependencyDescriptor,
        OUT_DESCRIPTOR_ID,
    ));
    network.consume(BOB, 1, 1, sees).unwrap();
    let mut hears = consumer_spec(Kind::Audio, HEARD, None);
    hears.codec.payload_type = PayloadType(OUT_OPUS);
    hears.codec.red_payload_type = Some(PayloadType(RED));
    network.consume(BOB, 2, 2, hears).unwrap();
    let (consumer, spatial, temporal) = (ConsumerId(1), 1, 1);
    network
        .execute(Command::SetLayers {
            consumer,
            spatial,
            temporal,
        })
        .unwrap();
    network
}

#[test]
fn nor_do_feedback_pacing_repairs_layers_and_redundant_sound() {
    let mode = Mode {
        spatial: 3,
        temporal: 3,
        key: false,
    };
    let mut track = Track::video(CAMERA);
    track.size = 1_000;
    let mut camera = SvcCamera::new(svc::Kind::Av1, mode, track, 5);
    let mut voice = Track::audio(VOICE);
    voice.payload_type = RED;
    let network = limited_viewer();
    let mut meter = Meter {
        now: network.now,
        network,
        bob: Bob {
            arrivals: Arrivals::default(),
            pictures: 0,
            lost: Vec::new(),
            repairs: 0,
            voices: 0,
            cut: 0,
        },
        allocations: 0,
        paced: 0,
    };
    // Of this much, most is the audit of SRTP indices that debug builds have.
    for number in 0..GROWN {
        meter.play(&mut camera, &mut voice, number);
    }
    let grown = meter.allocations;
    let before = [
        meter.bob.pictures,
        meter.bob.repairs,
        meter.bob.voices,
        meter.bob.cut,
        meter.paced,
    ];
    for number in GROWN..GROWN + 600 {
        meter.play(&mut camera, &mut voice, number);
    }
    let after = [
        meter.bob.pictures,
        meter.bob.repairs,
        meter.bob.voices,
        meter.bob.cut,
        meter.paced,
    ];
    let done = std::array::from_fn::<_, 5, _>(|at| after[at] - before[at]);
    let least = [2_000, 40, 590, 2_000, 100];
    assert!(
        done.iter().zip(least).all(|(done, least)| *done >= least),
        "pictures, repairs, voices, cut descriptors, paced: {done:?}"
    );
    assert_eq!(meter.allocations - grown, 0);
}
