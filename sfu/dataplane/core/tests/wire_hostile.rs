//! Whatever comes from the network, every reader comes to an end without a panic.
//!
//! Three kinds of bytes: arbitrary ones, arbitrary ones behind the head of a real packet, and real packets with
//! bytes changed, cut off, added and doubled. Failing inputs are shrunk and printed.

use folkmoot_core::codec::{Codec, Inspector, Payload, vp8, vp9};
use folkmoot_core::demux::classify;
use folkmoot_core::extension::value::{AudioLevel, parse_abs_send_time, parse_transport_sequence};
use folkmoot_core::extension::{Elements, Form};
use folkmoot_core::id::{Mid, PayloadType, Rid, Ssrc};
use folkmoot_core::rtcp::{self, Compound, nack, twcc};
use folkmoot_core::rtp::{HeaderMut, Packet};
use folkmoot_core::stun::request::Check;
use folkmoot_core::stun::{Request, Response, Role, TransactionId, write_success};
use folkmoot_core::time::{Ntp, Time};
use proptest::prelude::*;

const CODECS: [Codec; 6] = [
    Codec::Opus,
    Codec::Vp8,
    Codec::Vp9,
    Codec::H264,
    Codec::Av1,
    Codec::Other,
];

fn read_stun(bytes: &[u8]) {
    if let Ok(request) = Request::parse(bytes) {
        assert!(!request.server_ufrag().is_empty() && !request.client_ufrag().is_empty());
        assert!(request.unknown().len() <= 8);
        request.verify(b"password");
    }
    if let Ok(response) = Response::parse(bytes) {
        response.verify(b"password");
    }
}

fn read_rtp(bytes: &[u8]) {
    let mut copy = bytes.to_vec();
    if let Some(mut header) = HeaderMut::new(&mut copy) {
        header
            .set_marker(true)
            .set_payload_type(PayloadType(255))
            .set_sequence(1);
    }
    let Ok(packet) = Packet::parse(bytes) else {
        return;
    };
    assert!(packet.payload().len() + packet.header().length <= bytes.len());
    read_elements(packet.elements());
    read_payload(packet.payload());
}

fn read_elements(elements: Elements<'_>) {
    for (id, value) in elements {
        assert_ne!(id, 0);
        AudioLevel::parse(value);
        parse_abs_send_time(value);
        parse_transport_sequence(value);
        Mid::new(value);
        Rid::new(value);
    }
}

fn read_payload(bytes: &[u8]) {
    for codec in CODECS {
        let mut inspector = Inspector::new(codec);
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        for (bytes, descriptor) in [
            (bytes, None),
            (head, Some(tail)),
            (tail, Some(head)),
            (bytes, Some(bytes)),
        ] {
            let _ = inspector.inspect(Payload {
                bytes,
                marker: true,
                descriptor,
            });
        }
        if let Some(structure) = inspector.structure() {
            structure.target_for(3, 7);
        }
    }
    let mut copy = bytes.to_vec();
    let _ = vp8::rewrite(&mut copy, 0xffff, 0xff, 0xff);
    let _ = vp9::rewrite(&mut copy, 0xffff, 0xff);
}

fn read_rtcp(bytes: &[u8]) {
    let Ok(compound) = Compound::parse(bytes) else {
        return;
    };
    let mut packets = 0;
    for packet in compound {
        packets += 1;
        match packet {
            Ok(rtcp::Packet::SenderReport(report)) => assert!(report.blocks.count() <= 31),
            Ok(rtcp::Packet::ReceiverReport(report)) => assert!(report.blocks.count() <= 31),
            Ok(rtcp::Packet::Sdes(sdes)) => assert!(sdes.cnames().count() <= 31),
            Ok(rtcp::Packet::Bye(bye)) => {
                assert!(bye.sources().count() <= 31 && bye.reason().len() <= 255)
            }
            Ok(rtcp::Packet::Nack(nack)) => assert!(nack.sequences().count() <= nack::MAX_LOST),
            Ok(rtcp::Packet::Fir(fir)) => assert!(fir.entries().count() * 8 <= bytes.len()),
            Ok(rtcp::Packet::Remb(remb)) => assert!(remb.sources().count() <= 255),
            Ok(rtcp::Packet::Twcc(twcc)) => assert!(twcc.statuses().count() <= twcc::MAX_STATUSES),
            Ok(rtcp::Packet::ExtendedReport(report)) => {
                assert!(report.answers().count() * 12 <= bytes.len());
            }
            Ok(_) | Err(_) => {}
        }
    }
    assert!(
        packets * 4 <= bytes.len(),
        "each packet takes at least its header"
    );
}

fn read_everything(bytes: &[u8]) {
    classify(bytes);
    read_stun(bytes);
    read_rtp(bytes);
    read_rtcp(bytes);
    read_payload(bytes);
    read_elements(Elements::new(Form::OneByte, bytes));
    read_elements(Elements::new(Form::TwoByte, bytes));
}

/// Appends one packet.
type Write<'a> = &'a dyn Fn(&mut Vec<u8>);

fn written(write: Write<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

/// A check, the same without its fingerprint (so that a changed one gets past the first hurdle), and an answer.
fn stun_packets() -> Vec<Vec<u8>> {
    let check = Check {
        transaction: TransactionId([7; 12]),
        remote_ufrag: "abcd",
        local_ufrag: "efgh",
        priority: 1,
        use_candidate: true,
        role: Role::Controlling(9),
    };
    let whole = written(&|out| check.write(out, b"password"));
    let mut bare = whole.clone();
    bare.truncate(whole.len() - 8);
    mend(&mut bare);
    let source = ([192, 0, 2, 1], 9).into();
    let answer = written(&|out| write_success(out, check.transaction, source, b"password"));
    vec![whole, bare, answer]
}

/// One RTCP packet of each kind, and all of them in one datagram.
fn rtcp_packets() -> Vec<Vec<u8>> {
    let (sender, media) = (Ssrc(1), Ssrc(2));
    let info = rtcp::sr::SenderInfo {
        ssrc: sender,
        ..Default::default()
    };
    let arrivals: Vec<_> = (0..40)
        .map(|n| (n % 7 != 0).then(|| Time::from_millis(n * n)))
        .collect();
    let head = twcc::Feedback {
        sender,
        media,
        base: 65_530,
        count: 1,
    };
    let entry = rtcp::fir::Entry {
        ssrc: media,
        sequence: 1,
    };
    let answer = rtcp::xr::Answer {
        receiver: media,
        last_reference: 1,
        delay: 2,
    };
    let writers: [Write<'_>; 9] = [
        &|out| rtcp::xr::write_reference(out, sender, Ntp::from_bits(1 << 40)),
        &|out| rtcp::xr::write_answers(out, sender, [answer; 3].into_iter()),
        &|out| rtcp::sr::write(out, &info, &[rtcp::ReportBlock::default(); 2]),
        &|out| rtcp::sdes::write(out, sender, b"a canonical name"),
        &|out| assert_eq!(nack::write(out, sender, media, [1, 2, 3, 60]), 4),
        &|out| rtcp::remb::write(out, sender, 1_000_000, &[media]),
        &|out| assert_eq!(twcc::write(out, &head, &arrivals), 40),
        &|out| rtcp::fir::write(out, sender, entry),
        &|out| rtcp::bye::write(out, &[sender, media]),
    ];
    let mut packets: Vec<_> = writers.iter().map(|write| written(*write)).collect();
    packets.push(packets.concat());
    packets
}

/// A payload of each codec, and a dependency descriptor.
const PAYLOADS: [&[u8]; 6] = [
    b"\x90\xe0\x92\x34\x05\x20\x50\x2e\x00\x9d\x01\x2a\x80\x02\x68\x01",
    b"\xaa\x80\x07\x00\x09\x38\x01\x40\0\xb4\x02\x80\x01\x68\x02\x04\x01\x28\x01\x02body",
    b"\x78\0\x02\x67\x42\0\x02\x68\xce\0\x02\x65\x88",
    b"\x20\x02\x08\x00\x30\x00",
    b"\xfc\x00\x01\x87\x81\x1e\xac\x51\x4a\x4a\x66\x60\x4f\xe0\x2c\xe0",
    b"\xf8\xff",
];

/// Each payload behind an RTP header with a CSRC and two extensions, and with padding of one byte.
fn rtp_packets() -> Vec<Vec<u8>> {
    let header = b"\xb1\x60\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\xbe\xde\0\x02\x40\x30\0\x22abc\0";
    let packet = |payload: &&[u8]| [&header[..], payload, b"\x01"].concat();
    PAYLOADS.iter().map(packet).collect()
}

fn corpus() -> Vec<Vec<u8>> {
    let payloads = PAYLOADS.iter().map(|payload| payload.to_vec()).collect();
    [stun_packets(), rtcp_packets(), rtp_packets(), payloads].concat()
}

/// A change to a packet; positions are taken modulo its length.
#[derive(Clone, Debug)]
enum Mutation {
    Set(usize, u8),
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Double,
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let length = bytes.len().max(1);
    match mutation {
        Mutation::Set(at, value) => bytes
            .iter_mut()
            .skip(at % length)
            .take(1)
            .for_each(|byte| *byte = *value),
        Mutation::Flip(at, bit) => bytes
            .iter_mut()
            .skip(at % length)
            .take(1)
            .for_each(|byte| *byte ^= 1 << bit),
        Mutation::Cut(at) => bytes.truncate(at % length),
        Mutation::Insert(at, more) => {
            let at = at % length.min(bytes.len() + 1);
            bytes.splice(at..at, more.iter().copied());
        }
        Mutation::Remove(at, count) => {
            let start = (at % length).min(bytes.len());
            let end = (start + count % 16).min(bytes.len());
            bytes.drain(start..end);
        }
        Mutation::Double => bytes.extend_from_within(..),
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0usize..4_096;
    prop_oneof![
        4 => (at.clone(), any::<u8>()).prop_map(|(at, value)| Mutation::Set(at, value)),
        4 => (at.clone(), 0u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => at.clone().prop_map(Mutation::Cut),
        1 => (at.clone(), proptest::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, more)| Mutation::Insert(at, more)),
        1 => (at, 0usize..16).prop_map(|(at, count)| Mutation::Remove(at, count)),
        1 => Just(Mutation::Double),
    ]
}

/// Make the length fields of a mutated STUN or RTCP packet right again, so that readers get past their first check.
fn mend(bytes: &mut [u8]) {
    let length = bytes.len();
    let stun = matches!(bytes, [0..=3, ..]);
    if let [_, _, high, low, ..] = bytes {
        let value = if stun {
            length.saturating_sub(20)
        } else {
            length / 4 - 1
        };
        [*high, *low] = u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes();
    }
}

#[test]
fn the_corpus_is_valid() {
    let stun = |bytes: &Vec<u8>| Request::parse(bytes).is_ok() || Response::parse(bytes).is_ok();
    assert!(stun_packets().iter().all(stun));
    let rtcp =
        |bytes: &Vec<u8>| Compound::parse(bytes).is_ok_and(|mut all| all.all(|one| one.is_ok()));
    assert!(rtcp_packets().iter().all(rtcp));
    assert!(
        rtp_packets()
            .iter()
            .all(|bytes| Packet::parse(bytes).is_ok())
    );
    corpus().iter().for_each(|bytes| read_everything(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
    }

    #[test]
    fn arbitrary_bytes_behind_a_real_head_never_panic(
        which in any::<prop::sample::Index>(),
        keep in 1usize..16,
        mut tail in proptest::collection::vec(any::<u8>(), 0..120),
        whole: bool,
    ) {
        let mut bytes = which.get(&corpus()).iter().copied().take(keep).collect::<Vec<_>>();
        bytes.append(&mut tail);
        bytes.truncate(bytes.len() / 4 * 4);
        if whole {
            mend(&mut bytes);
        }
        read_everything(&bytes);
    }

    #[test]
    fn mutated_packets_never_panic(
        which in any::<prop::sample::Index>(),
        mutations in proptest::collection::vec(mutation(), 1..6),
        whole: bool,
    ) {
        let mut bytes = which.get(&corpus()).clone();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        if whole && bytes.len() >= 4 {
            mend(&mut bytes);
        }
        read_everything(&bytes);
    }
}
