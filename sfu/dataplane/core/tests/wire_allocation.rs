//! Reading never allocates, and writing does not while the buffer is large enough.
#![allow(
    clippy::unwrap_used,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::codec::{Codec, Inspector, Payload};
use folkmoot_core::extension::write_block;
use folkmoot_core::id::{PayloadType, Ssrc};
use folkmoot_core::rtcp::{self, Compound, nack, twcc};
use folkmoot_core::rtp::{Fields, Packet};
use folkmoot_core::stun::{Request, TransactionId, request::Check, request::Role, write_success};
use folkmoot_core::time::Time;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the allocations of each thread, so that tests do not see each other's.
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

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_count_sees_an_allocation() {
    assert_eq!(
        allocations(|| drop(std::hint::black_box(Box::new(1u64)))),
        1
    );
}

#[test]
fn media_packets_are_written_and_read_without_allocation() {
    let fields = Fields {
        marker: true,
        payload_type: PayloadType(96),
        sequence: 1,
        timestamp: 2,
        ssrc: Ssrc(3),
    };
    let mut out = Vec::with_capacity(1_500);
    let mut inspector = Inspector::new(Codec::Vp8);
    let count = allocations(|| {
        fields.write(&mut out, true);
        write_block(&mut out, [(4, &b"0"[..]), (20, b"long id")].into_iter());
        out.extend_from_slice(b"\x90\xe0\x92\x34\x05\x20\x50\x2e\x00\x9d\x01\x2a\x80\x02\x68\x01");
        let packet = Packet::parse(&out).unwrap();
        assert_eq!(packet.elements().count(), 2);
        let payload = Payload {
            bytes: packet.payload(),
            marker: true,
            descriptor: None,
        };
        assert!(inspector.inspect(payload).unwrap().keyframe);
    });
    assert_eq!(count, 0);
}

#[test]
fn control_packets_are_written_and_read_without_allocation() {
    let (sender, media) = (Ssrc(1), Ssrc(2));
    let arrivals: Vec<_> = (0..100)
        .map(|n| (n % 9 != 0).then(|| Time::from_millis(n * n)))
        .collect();
    let head = twcc::Feedback {
        sender,
        media,
        base: 1,
        count: 1,
    };
    let mut out = Vec::with_capacity(1_500);
    let count = allocations(|| {
        rtcp::sr::write(
            &mut out,
            &rtcp::sr::SenderInfo::default(),
            &[rtcp::ReportBlock::default(); 4],
        );
        rtcp::sdes::write(&mut out, sender, b"name");
        nack::write(&mut out, sender, media, [1, 2, 3, 60]);
        rtcp::pli::write(&mut out, sender, media);
        rtcp::remb::write(&mut out, sender, 1_000_000, &[media]);
        twcc::write(&mut out, &head, &arrivals);
        for packet in Compound::parse(&out).unwrap() {
            match packet.unwrap() {
                rtcp::Packet::Nack(nack) => assert_eq!(nack.sequences().count(), 4),
                rtcp::Packet::Twcc(twcc) => assert_eq!(twcc.statuses().count(), 100),
                _ => {}
            }
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn checks_are_answered_without_allocation() {
    let transaction = TransactionId([1; 12]);
    let role = Role::Controlling(1);
    let check = Check {
        transaction,
        remote_ufrag: "abcd",
        local_ufrag: "efgh",
        priority: 1,
        use_candidate: true,
        role,
    };
    let mut request = Vec::new();
    check.write(&mut request, b"password");
    let mut out = Vec::with_capacity(1_500);
    let count = allocations(|| {
        let request = Request::parse(&request).unwrap();
        assert!(request.verify(b"password"));
        write_success(
            &mut out,
            request.transaction(),
            ([192, 0, 2, 1], 9).into(),
            b"password",
        );
    });
    assert_eq!(count, 0);
}
