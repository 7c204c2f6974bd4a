//! Sound: redundant copies for those who take them, and silences that are no loss.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::codec::CodecError;
use folkmoot_core::codec::red::{Red, rewrite};
use folkmoot_core::drop::DropReason;
use folkmoot_core::id::{ConsumerId, PayloadType};
use folkmoot_core::io::{Command, CommandError};
use folkmoot_core::spec::Kind;
use proptest::prelude::*;
use support::media::{OPUS, Track};
use support::pair::Pair;
use support::peer::Got;
use support::room::{OUT_OPUS, by_ssrc, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const CLEO: u16 = 1003;
const RED: u8 = 63;
const OUT_RED: u8 = 105;
const SOUND: u32 = 10;

/// Blocks before the packet's own data, each with its timestamp offset.
fn red(copies: &[(u16, &[u8])], primary: &[u8], codec: u8) -> Vec<u8> {
    let mut payload = Vec::new();
    for (offset, copy) in copies {
        let fields = u32::from(*offset) << 10 | copy.len() as u32;
        payload.push(0x80 | codec);
        payload.extend_from_slice(&fields.to_be_bytes()[1..]);
    }
    payload.push(codec);
    for (_, copy) in copies {
        payload.extend_from_slice(copy);
    }
    payload.extend_from_slice(primary);
    payload
}

/// Alice sends RED; Bob takes it, Cleo does not.
fn stage() -> (Network, Track) {
    let mut network = Network::new(7);
    for port in [ALICE, BOB, CLEO] {
        network.connect(port);
    }
    let mut produced = producer_spec(Kind::Audio, "0", vec![by_ssrc(SOUND, None)]);
    produced.codec.red_payload_type = Some(PayloadType(RED));
    network.produce(ALICE, 1, produced).unwrap();
    let mut takes = consumer_spec(Kind::Audio, 20, None);
    takes.codec.red_payload_type = Some(PayloadType(OUT_RED));
    network.consume(BOB, 1, 1, takes).unwrap();
    network
        .consume(CLEO, 2, 1, consumer_spec(Kind::Audio, 30, None))
        .unwrap();
    (network, Track::audio(SOUND))
}

fn say(network: &mut Network, track: &mut Track, payload_type: u8, payload: &[u8], ticks: u32) {
    track.payload_type = payload_type;
    track.timestamp = track.timestamp.wrapping_add(ticks);
    let packet = track.packet(network.peer(ALICE), payload, false);
    network.send(tuple(ALICE), packet);
    network.step(millis(u64::from(ticks / 48)));
}

fn heard(network: &mut Network, port: u16, ssrc: u32) -> Vec<Got> {
    network
        .peer(port)
        .got_of(ssrc)
        .into_iter()
        .cloned()
        .collect()
}

fn dropped(network: &mut Network, reason: DropReason) -> u64 {
    let drops = network.statistics().drops;
    let found = drops.iter().filter(|(name, _)| *name == reason);
    found.map(|(_, count)| count).sum()
}

#[test]
fn copies_cross_a_pipe_and_are_repeated_there_as_they_were() {
    let mut pair = Pair::new(3);
    pair.home.connect(ALICE);
    pair.far.connect(BOB);
    pair.far.connect(CLEO);
    let mut produced = producer_spec(Kind::Audio, "0", vec![by_ssrc(SOUND, None)]);
    produced.codec.red_payload_type = Some(PayloadType(RED));
    pair.home.produce(ALICE, 1, produced).unwrap();
    pair.pipe(1, Kind::Audio, 1);
    let mut takes = consumer_spec(Kind::Audio, 20, None);
    takes.codec.red_payload_type = Some(PayloadType(OUT_RED));
    pair.far.consume(BOB, 1, 1, takes).unwrap();
    let spec = consumer_spec(Kind::Audio, 30, None);
    pair.far.consume(CLEO, 2, 1, spec).unwrap();
    let mut track = Track::audio(SOUND);
    track.payload_type = RED;
    for number in 0..20u8 {
        // Two of them are lost between the workers.
        pair.loss_percent = if (8..10).contains(&number) { 100 } else { 0 };
        track.timestamp = track.timestamp.wrapping_add(960);
        let payload = red(&[(960, &[number])], &[number + 1], OPUS);
        let packet = track.packet(pair.home.peer(ALICE), &payload, false);
        pair.home.send(tuple(ALICE), packet);
        pair.step(millis(20));
    }
    pair.step(millis(500));
    for (port, ssrc, takes) in [(BOB, 20, true), (CLEO, 30, false)] {
        let mut got = heard(&mut pair.far, port, ssrc);
        got.sort_by_key(|got| got.timestamp);
        let payloads: Vec<_> = got
            .into_iter()
            .map(|got| (got.payload_type, got.payload))
            .collect();
        let expected = (0..20u8).map(|number| {
            if takes {
                (OUT_RED, red(&[(960, &[number])], &[number + 1], OUT_OPUS))
            } else {
                (OUT_OPUS, vec![number + 1])
            }
        });
        assert_eq!(payloads, expected.collect::<Vec<_>>());
    }
    assert_eq!(pair.piped().strands[0].resent.packets, 2);
}

#[test]
fn copies_go_to_those_who_take_them_and_the_sound_alone_to_others() {
    let (mut network, mut track) = stage();
    say(&mut network, &mut track, OPUS, b"first", 960);
    say(
        &mut network,
        &mut track,
        RED,
        &red(&[(960, b"first")], b"second", OPUS),
        960,
    );
    say(
        &mut network,
        &mut track,
        RED,
        &red(&[(1920, b"first"), (960, b"second")], b"third", OPUS),
        960,
    );
    let bob = heard(&mut network, BOB, 20);
    let payloads: Vec<_> = bob
        .iter()
        .map(|got| (got.payload_type, got.payload.clone()))
        .collect();
    assert_eq!(
        payloads,
        [
            (OUT_OPUS, b"first".to_vec()),
            (OUT_RED, red(&[(960, b"first")], b"second", OUT_OPUS)),
            (
                OUT_RED,
                red(&[(1920, b"first"), (960, b"second")], b"third", OUT_OPUS)
            ),
        ]
    );
    let cleo = heard(&mut network, CLEO, 30);
    let payloads: Vec<_> = cleo
        .iter()
        .map(|got| (got.payload_type, got.payload.as_slice()))
        .collect();
    assert_eq!(
        payloads,
        [
            (OUT_OPUS, b"first".as_slice()),
            (OUT_OPUS, b"second"),
            (OUT_OPUS, b"third")
        ]
    );
    for (stream, first) in [(&bob, bob[0].sequence), (&cleo, cleo[0].sequence)] {
        let numbers: Vec<_> = stream
            .iter()
            .map(|got| got.sequence.wrapping_sub(first))
            .collect();
        assert_eq!(numbers, [0, 1, 2]);
    }
}

#[test]
fn a_packet_asked_for_again_is_the_same_to_the_last_byte() {
    let (mut network, mut track) = stage();
    for _ in 0..5 {
        say(
            &mut network,
            &mut track,
            RED,
            &red(&[(960, b"before")], b"now", OPUS),
            960,
        );
    }
    for (port, ssrc) in [(BOB, 20), (CLEO, 30)] {
        let last = heard(&mut network, port, ssrc).last().unwrap().sequence;
        network.send_by(port, |peer| peer.nack(ssrc, &[last.wrapping_sub(1), last]));
        network.step(millis(50));
        let peer = network.peer(port);
        assert!(
            peer.sealed.values().any(|sealed| sealed.len() > 1),
            "nothing was sent again"
        );
        assert!(
            peer.sealed
                .values()
                .all(|sealed| sealed.windows(2).all(|pair| pair[0] == pair[1]))
        );
    }
}

#[test]
fn blocks_that_do_not_fit_are_dropped_by_name() {
    let (mut network, mut track) = stage();
    let hostile = [
        red(&[(960, b"before")], b"", OPUS),
        red(&[(960, b"before")], b"now", 0),
        vec![0x80 | OPUS, 0, 0],
        vec![0x80 | OPUS, 0, 3, 0xff, OPUS, 1, 2, 3],
        vec![0x80 | OPUS; 200],
    ];
    let count = hostile.len() as u64;
    for payload in hostile {
        say(&mut network, &mut track, RED, &payload, 960);
    }
    assert_eq!(dropped(&mut network, DropReason::RedMalformed), count);
    assert_eq!(heard(&mut network, BOB, 20).len(), 0);
    say(
        &mut network,
        &mut track,
        RED,
        &red(&[], b"goes on", OPUS),
        960,
    );
    assert_eq!(heard(&mut network, CLEO, 30)[0].payload, b"goes on");
}

#[test]
fn redundant_packets_need_a_payload_type_of_their_own() {
    let mut network = Network::new(7);
    network.connect(ALICE);
    let mut produced = producer_spec(Kind::Audio, "0", vec![by_ssrc(SOUND, None)]);
    produced.codec.red_payload_type = Some(PayloadType(OPUS));
    assert!(matches!(
        network.produce(ALICE, 1, produced),
        Err(CommandError::Validation(_))
    ));
}

/// Discontinuous transmission (RFC 7587 section 3.1.3): in a silence one small packet each 400 ms, numbered without a gap.
fn fall_silent(network: &mut Network, track: &mut Track, packets: usize) {
    for _ in 0..packets {
        say(network, track, OPUS, &[0x78], 19_200);
    }
}

#[test]
fn a_silence_is_no_loss_and_goes_out_as_it_came_in() {
    let (mut network, mut track) = stage();
    for _ in 0..10 {
        say(&mut network, &mut track, OPUS, b"speech", 960);
    }
    fall_silent(&mut network, &mut track, 20);
    for _ in 0..10 {
        say(&mut network, &mut track, OPUS, b"speech", 960);
    }
    let cleo = heard(&mut network, CLEO, 30);
    assert_eq!(cleo.len(), 40);
    for (before, after) in cleo.iter().zip(&cleo[1..]) {
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    }
    let step = |index: usize| {
        cleo[index]
            .timestamp
            .wrapping_sub(cleo[index - 1].timestamp)
    };
    assert_eq!((step(5), step(15), step(35)), (960, 19_200, 960));
    let told = &network.peer(ALICE).heard;
    assert_eq!((told.nacks.len(), told.plis.len()), (0, 0));
    let blocks = &told.report_blocks;
    assert!(
        !blocks.is_empty()
            && blocks
                .iter()
                .all(|block| block.cumulative_lost == 0 && block.fraction_lost == 0)
    );
}

#[test]
fn whoever_resumes_within_a_silence_goes_on_with_the_next_packet() {
    let (mut network, mut track) = stage();
    for _ in 0..5 {
        say(&mut network, &mut track, OPUS, b"speech", 960);
    }
    let before = heard(&mut network, CLEO, 30).last().unwrap().clone();
    network
        .execute(Command::PauseConsumer(ConsumerId(2)))
        .unwrap();
    fall_silent(&mut network, &mut track, 5);
    network
        .execute(Command::ResumeConsumer(ConsumerId(2)))
        .unwrap();
    fall_silent(&mut network, &mut track, 2);
    say(&mut network, &mut track, OPUS, b"speech", 960);
    let cleo = heard(&mut network, CLEO, 30);
    let after: Vec<_> = cleo
        .iter()
        .skip_while(|got| got.sequence != before.sequence)
        .skip(1)
        .collect();
    assert_eq!(after.len(), 3);
    assert_eq!(after[0].sequence, before.sequence.wrapping_add(1));
    // Six packets of silence after the last that was heard: the clock of the sound went on all the while.
    assert_eq!(
        after[0].timestamp.wrapping_sub(before.timestamp),
        6 * 19_200
    );
}

proptest! {
    #[test]
    fn what_was_packed_is_unpacked(
        copies in prop::collection::vec((0u16..1 << 14, prop::collection::vec(any::<u8>(), 0..200)), 0..5),
        primary in prop::collection::vec(any::<u8>(), 1..200),
        (codec, other) in (0u8..128, 0u8..128),
    ) {
        let copies: Vec<_> = copies.iter().map(|(offset, copy)| (*offset, copy.as_slice())).collect();
        let mut payload = red(&copies, &primary, codec);
        prop_assert_eq!(Red::parse(&payload, PayloadType(codec)).unwrap().primary, primary.as_slice());
        rewrite(&mut payload, PayloadType(other));
        prop_assert_eq!(payload, red(&copies, &primary, other));
    }

    #[test]
    fn bytes_that_are_no_blocks_are_refused_or_read_within_their_bounds(
        mut payload in prop::collection::vec(any::<u8>(), 0..100),
        codec in 0u8..128,
    ) {
        match Red::parse(&payload, PayloadType(codec)) {
            Ok(red) => prop_assert!(payload.ends_with(red.primary) && !red.primary.is_empty()),
            Err(error) => prop_assert!(matches!(error, CodecError::TooShort | CodecError::Invalid)),
        }
        rewrite(&mut payload, PayloadType(codec));
    }
}
