//! A pipe that loses packets, and what others send to its port.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::id::{ProducerId, Ssrc, TransportId};
use folkmoot_core::io::{Command, CommandError};
use folkmoot_core::pipe::MAX_CONSUMERS;
use folkmoot_core::spec::{Encoding, Kind};
use support::media::{Frame, MID_ID, Track, VP8_RTX, read_vp8};
use support::pair::{FAR, HOME, PIPE, PIPED, Pair, STRAND, piped, stranger};
use support::room::{by_ssrc, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;

fn camera() -> (Pair, Track) {
    let mut pair = Pair::new(7);
    pair.home.connect(ALICE);
    pair.far.connect(BOB);
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]);
    pair.home.produce(ALICE, 1, spec).unwrap();
    pair.pipe(1, Kind::Video, 1);
    pair.far
        .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, Some(21)))
        .unwrap();
    (pair, Track::video(10).with(MID_ID, b"0"))
}

fn film(pair: &mut Pair, track: &mut Track, frames: u32) {
    for number in 0..frames {
        let frame = Frame {
            key: number == 0,
            temporal: 0,
            packets: 3,
        };
        for packet in track.frame(pair.home.peer(ALICE), frame) {
            pair.home.send(tuple(ALICE), packet);
        }
        pair.step(millis(33));
    }
}

fn dropped(network: &mut Network, reason: DropReason) -> u64 {
    network.statistics().drops.get(reason)
}

#[test]
fn what_a_lossy_pipe_loses_is_repeated_from_the_home_workers_history() {
    let (mut pair, mut track) = camera();
    film(&mut pair, &mut track, 5);
    pair.loss_percent = 10;
    film(&mut pair, &mut track, 300);
    pair.loss_percent = 0;
    film(&mut pair, &mut track, 30);
    let sent: Vec<_> = pair
        .home
        .peer(ALICE)
        .history
        .keys()
        .map(|(_, sequence)| *sequence)
        .collect();
    let got = pair.far.peer(BOB).got_of(20);
    let names: std::collections::HashSet<_> = got
        .iter()
        .map(|got| read_vp8(&got.payload).4.1 as u16)
        .collect();
    let missing = sent.iter().filter(|sequence| !names.contains(sequence));
    assert_eq!(missing.count(), 0, "of {} packets", sent.len());
    let strand = &pair.piped().strands[0];
    assert!(strand.resent.packets >= 50, "{strand:?}");
    assert!(pair.home.peer(ALICE).heard.nacks.is_empty());
}

#[test]
fn a_packet_repeated_on_the_pipe_is_the_same_to_the_last_byte() {
    let (mut pair, mut track) = camera();
    pair.loss_percent = 30;
    film(&mut pair, &mut track, 60);
    let mut first = std::collections::HashMap::new();
    let mut repeated = 0;
    for bytes in pair.carried.iter().filter(|bytes| bytes[1] & 0x7f >= 96) {
        let sequence = [bytes[2], bytes[3]];
        if let Some(before) = first.insert(sequence, bytes) {
            assert_eq!(before, bytes);
            repeated += 1;
        }
    }
    assert!(repeated > 20, "{repeated}");
}

#[test]
fn what_the_producer_repairs_reaches_the_far_worker() {
    let (mut pair, mut track) = camera();
    pair.home.peer(ALICE).rtx.insert(10, (11, VP8_RTX));
    film(&mut pair, &mut track, 5);
    pair.home.up.loss_percent = 10;
    film(&mut pair, &mut track, 100);
    pair.home.up.loss_percent = 0;
    film(&mut pair, &mut track, 30);
    let sent = pair.home.peer(ALICE).history.len();
    let got = pair.far.peer(BOB).got_of(20);
    let names: std::collections::HashSet<_> = got
        .iter()
        .map(|got| read_vp8(&got.payload).4.1 as u16)
        .collect();
    assert_eq!(names.len(), sent);
}

#[test]
fn nothing_from_elsewhere_gets_into_a_pipe() {
    let (mut pair, mut track) = camera();
    film(&mut pair, &mut track, 5);
    let sealed = pair.carried[0].clone();
    let before = pair.far.peer(BOB).got.len();
    pair.far.inject(stranger(), sealed.clone());
    assert_eq!(dropped(&mut pair.far, DropReason::TupleNotValidated), 1);
    pair.far.inject(tuple(HOME), sealed.clone());
    assert_eq!(dropped(&mut pair.far, DropReason::SrtpReplayed), 1);
    let mut forged = sealed;
    forged[3] = forged[3].wrapping_add(77);
    pair.far.inject(tuple(HOME), forged);
    assert_eq!(dropped(&mut pair.far, DropReason::SrtpAuthentication), 1);
    pair.far.inject(tuple(HOME), vec![22, 254, 253, 0, 0]);
    assert_eq!(dropped(&mut pair.far, DropReason::DtlsOnPipe), 1);
    assert_eq!(pair.far.peer(BOB).got.len(), before);
    assert!(pair.far.elsewhere.is_empty(), "nobody is answered");
}

#[test]
fn no_check_moves_or_takes_the_path_of_a_pipe() {
    let (mut pair, _) = camera();
    let (name, secret) = (ufrag(BOB), password(BOB));
    let check = pair.far.peer(BOB).check(&name, &secret, true);
    pair.far.inject(tuple(HOME), check);
    assert_eq!(dropped(&mut pair.far, DropReason::TupleTaken), 1);
    let refused = pair.far.execute(Command::RestartIce {
        transport: PIPE,
        ufrag: "another".to_owned(),
        password: "passwordpasswordpassword".to_owned(),
    });
    assert!(matches!(refused, Err(CommandError::Validation(_))));
    let refused = pair.far.execute(Command::SendDtls {
        transport: PIPE,
        datagram: vec![22],
    });
    assert!(matches!(refused, Err(CommandError::Validation(_))));
}

#[test]
fn a_pipe_outlives_consent_and_silence() {
    let (mut pair, mut track) = camera();
    film(&mut pair, &mut track, 2);
    pair.home.step(millis(120_000));
    pair.far.step(millis(120_000));
    for network in [&mut pair.home, &mut pair.far] {
        let transports = network.statistics().transports;
        let pipe = transports.iter().find(|(id, _)| *id == PIPE).unwrap();
        assert!(pipe.1.pipe && pipe.1.connected && pipe.1.secured);
    }
}

#[test]
fn an_ssrc_is_never_used_twice_on_a_pipe() {
    let (mut pair, _) = camera();
    pair.home
        .execute(Command::RemovePipeConsumer(PIPED))
        .unwrap();
    for taken in [0, STRAND - 1, STRAND] {
        let refused = pair.offer(1, Kind::Video, 1, taken);
        assert!(matches!(refused, Err(CommandError::Conflict(_))), "{taken}");
    }
    pair.offer(1, Kind::Video, 1, STRAND + 1).unwrap();
}

#[test]
fn a_pipe_is_refused_where_it_cannot_work() {
    let (mut pair, _) = camera();
    let twice = pair.home.add_pipe(FAR, vec![0; 28], vec![0; 28]);
    assert!(matches!(twice, Err(CommandError::Conflict(_))));
    let mut network = Network::new(1);
    let short = network.add_pipe(FAR, vec![0; 28], vec![0; 27]);
    assert!(matches!(short, Err(CommandError::Validation(_))));
    assert!(network.engine.is_empty());
    pair.home
        .execute(Command::RemovePipeConsumer(PIPED))
        .unwrap();
    let more = pair.offer(1, Kind::Video, 2, STRAND + 1);
    assert!(matches!(more, Err(CommandError::Validation(_))));
    let unknown = pair.offer(99, Kind::Video, 1, STRAND + 1);
    assert!(matches!(unknown, Err(CommandError::NotFound(_))));
}

#[test]
fn packets_of_streams_that_are_gone_do_not_fill_a_pipe() {
    let (mut pair, mut track) = camera();
    pair.far
        .execute(Command::RemoveProducer(ProducerId(1)))
        .unwrap();
    for _ in 0..MAX_CONSUMERS + 10 {
        pair.home
            .execute(Command::RemovePipeConsumer(PIPED))
            .unwrap();
        pair.next_ssrc += 1;
        pair.offer(1, Kind::Video, 1, pair.next_ssrc).unwrap();
        pair.want(1);
        film(&mut pair, &mut track, 1);
    }
    assert_eq!(dropped(&mut pair.far, DropReason::SsrcTableFull), 0);
    assert!(dropped(&mut pair.far, DropReason::RtpUnknownStream) > MAX_CONSUMERS as u64);
}

#[test]
fn a_pipe_takes_more_producers_than_a_browser_and_no_more_than_its_cap() {
    let mut pair = Pair::new(9);
    let encoding = |ssrc| Encoding {
        ssrc: Some(Ssrc(ssrc)),
        spatial_layers: 1,
        temporal_layers: 1,
        ..Encoding::default()
    };
    let most = MAX_CONSUMERS as u32;
    for number in 1..=most {
        let spec = piped(Kind::Audio, vec![encoding(number)]);
        pair.far.produce_piped(number, spec);
    }
    let refused = pair.far.execute(Command::AddProducer {
        transport: PIPE,
        producer: ProducerId(most + 1),
        spec: piped(Kind::Audio, vec![encoding(most + 1)]),
    });
    assert!(matches!(refused, Err(CommandError::CapacityExceeded(_))));
    pair.far
        .execute(Command::RemoveTransport(TransportId(PIPE.0)))
        .unwrap();
    assert!(pair.far.engine.is_empty());
}
