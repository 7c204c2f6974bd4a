//! In the steady state a packet is forwarded without a single allocation.
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

use folkmoot_core::id::{PayloadType, ProducerId, Ssrc};
use folkmoot_core::io::Command;
use folkmoot_core::pipe::PipeConsumerSpec;
use folkmoot_core::spec::Kind;
use support::media::{Frame, LEVEL_ID, MID_ID, Track};
use support::pair::{FAR, PIPE, PIPED, STRAND};
use support::room::{by_ssrc, consumer_spec, producer_spec};
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
