//! Which path media takes when there are several, when one moves, and when one ends.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::ice::MAX_TUPLES;
use folkmoot_core::id::TransportId;
use folkmoot_core::io::{Event, Tuple};
use folkmoot_core::spec::Kind;
use support::media::Track;
use support::peer::Peer;
use support::room::{by_ssrc, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const ELSEWHERE: u16 = 2001;

/// Alice speaks to Bob, whose path has proven itself.
fn call() -> (Network, Track) {
    let mut network = Network::new(4);
    network.connect(ALICE);
    network.connect(BOB);
    let spoken = producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]);
    network.produce(ALICE, 1, spoken).unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    network.check(BOB, BOB, true);
    network.events.clear();
    (network, Track::audio(10))
}

/// Bob's next check comes from elsewhere and nominates that path; the same peer has his keys.
fn move_bob(network: &mut Network) {
    let check = network.peer(BOB).check(&ufrag(BOB), &password(BOB), true);
    network.inject(tuple(ELSEWHERE), check);
}

fn path(network: &Network) -> Vec<Tuple> {
    let moves = network.events.iter().filter_map(|event| match event {
        Event::IceConnected { transport, tuple } if transport.0 == u32::from(BOB) => Some(*tuple),
        _ => None,
    });
    moves.collect()
}

fn heard_by_bob(network: &mut Network, track: &mut Track) -> bool {
    let before = network.peer(BOB).got.len();
    network.send_by(ALICE, |peer| track.sound(peer));
    network.step(millis(20));
    network.peer(BOB).got.len() > before
}

#[test]
fn a_path_that_moves_and_then_stays_silent_moves_back_after_two_seconds() {
    let (mut network, mut track) = call();
    move_bob(&mut network);
    assert!(!heard_by_bob(&mut network, &mut track));
    network.step(millis(1_900));
    assert_eq!(path(&network), [tuple(ELSEWHERE)]);
    network.step(millis(200));
    assert_eq!(path(&network), [tuple(ELSEWHERE), tuple(BOB)]);
    assert!(heard_by_bob(&mut network, &mut track));
}

#[test]
fn an_authentic_packet_by_the_new_path_keeps_it() {
    let (mut network, mut track) = call();
    move_bob(&mut network);
    let feedback = network.peer(BOB).pli(20);
    network.inject(tuple(ELSEWHERE), feedback);
    network.step(millis(5_000));
    assert_eq!(path(&network), [tuple(ELSEWHERE)]);
    assert!(!heard_by_bob(&mut network, &mut track));
}

#[test]
fn another_check_by_the_new_path_keeps_it() {
    let (mut network, _) = call();
    move_bob(&mut network);
    move_bob(&mut network);
    network.step(millis(5_000));
    assert_eq!(path(&network), [tuple(ELSEWHERE)]);
}

#[test]
fn forged_and_copied_packets_by_the_new_path_do_not_keep_it() {
    let (mut network, _) = call();
    let copied = network.peer(BOB).pli(20);
    network.inject(tuple(BOB), copied.clone());
    move_bob(&mut network);
    network.inject(tuple(ELSEWHERE), copied);
    network.inject(tuple(ELSEWHERE), vec![0x80; 60]);
    network.step(millis(2_100));
    assert_eq!(path(&network), [tuple(ELSEWHERE), tuple(BOB)]);
}

#[test]
fn the_path_to_fall_back_to_is_never_evicted() {
    let (mut network, _) = call();
    move_bob(&mut network);
    for port in 3000..3000 + 2 * MAX_TUPLES as u16 {
        network.peers.insert(tuple(port), Peer::new(port));
        network.check(BOB, port, false);
    }
    network.step(millis(2_100));
    assert_eq!(path(&network), [tuple(ELSEWHERE), tuple(BOB)]);
}

#[test]
fn a_path_ends_with_its_connection_and_the_latest_other_is_taken() {
    let (mut network, mut track) = call();
    let connection = Tuple::tcp(tuple(ELSEWHERE).remote);
    let check = network.peer(BOB).check(&ufrag(BOB), &password(BOB), true);
    network.inject(connection, check);
    assert!(network.engine.knows(connection));
    assert!(
        !network.engine.knows(tuple(ELSEWHERE)),
        "the same address over UDP is another path"
    );
    network.engine.disconnected(connection, network.now);
    assert!(!network.engine.knows(connection));
    assert!(heard_by_bob(&mut network, &mut track));
    assert_eq!(path(&network), [connection, tuple(BOB)]);
}

#[test]
fn without_its_only_connection_a_transport_sends_nothing_until_it_is_checked_again() {
    let (mut network, mut track) = call();
    network.engine.disconnected(tuple(BOB), network.now);
    assert!(!heard_by_bob(&mut network, &mut track));
    assert_eq!(network.statistics().drops.get(DropReason::NoPath), 1);
    network.check(BOB, BOB, true);
    assert_eq!(path(&network), [tuple(BOB)]);
    assert!(heard_by_bob(&mut network, &mut track));
    network.engine.disconnected(tuple(BOB), network.now);
    network.step(millis(31_000));
    let expired = Event::ConsentExpired {
        transport: TransportId(BOB.into()),
    };
    assert!(
        network.events.contains(&expired),
        "who does not come back is given up"
    );
}

#[test]
fn the_end_of_a_connection_nobody_knows_changes_nothing() {
    let (mut network, mut track) = call();
    network.engine.disconnected(tuple(ELSEWHERE), network.now);
    assert!(heard_by_bob(&mut network, &mut track));
    assert!(path(&network).is_empty());
}
