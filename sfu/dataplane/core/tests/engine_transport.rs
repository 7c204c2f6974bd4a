//! Who may send, where it goes, and what is answered to strangers: nothing.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::id::TransportId;
use folkmoot_core::io::{Command, Event};
use folkmoot_core::spec::Kind;
use support::media::{MID_ID, Track};
use support::peer::Peer;
use support::room::{by_ssrc, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const ELSEWHERE: u16 = 2001;

fn audio() -> (Network, Track) {
    let mut network = Network::new(4);
    network.connect(ALICE);
    network.connect(BOB);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]),
        )
        .unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    (network, Track::audio(10))
}

fn speak(network: &mut Network, track: &mut Track) {
    network.send_by(ALICE, |peer| track.sound(peer));
    network.step(millis(20));
}

fn sent_packets(network: &mut Network) -> u64 {
    network.statistics().sent.packets
}

#[test]
fn who_does_not_know_the_password_gets_no_answer_and_leaves_no_trace() {
    let mut network = Network::new(4);
    network.add_transport(ALICE).unwrap();
    network.peers.insert(tuple(ALICE), Peer::new(ALICE));
    let wrong = [
        (
            ufrag(ALICE),
            "wrongwrongwrongwrongwrong".to_owned(),
            DropReason::StunIntegrity,
        ),
        (
            "nobody".to_owned(),
            password(ALICE),
            DropReason::StunUnknownUfrag,
        ),
    ];
    for (ufrag, password, reason) in wrong {
        network.send_by(ALICE, |peer| peer.check(&ufrag, &password, true));
        network.step(millis(5));
        assert_eq!(network.statistics().drops.get(reason), 1);
    }
    let mut truncated = network
        .peer(ALICE)
        .check(&ufrag(ALICE), &password(ALICE), true);
    truncated.truncate(40);
    network.inject(tuple(ALICE), truncated);
    network.inject(tuple(ALICE), vec![22, 254, 253, 0, 0]);
    network.inject(tuple(ALICE), vec![0x80; 50]);
    assert_eq!(sent_packets(&mut network), 0);
    let statistics = network.statistics();
    assert_eq!(statistics.transports[0].1.tuples, 0);
    assert_eq!(statistics.drops.get(DropReason::TupleNotValidated), 2);
    assert!(network.events.is_empty());
}

#[test]
fn dtls_goes_up_from_a_validated_path_and_down_by_the_selected_one() {
    let mut network = Network::new(4);
    network.add_transport(ALICE).unwrap();
    let send = |network: &mut Network| {
        let command = Command::SendDtls {
            transport: TransportId(ALICE.into()),
            datagram: vec![22, 1, 2],
        };
        network.execute(command).unwrap();
    };
    send(&mut network);
    assert_eq!(
        sent_packets(&mut network),
        0,
        "no path, no datagram, no error"
    );
    network.peers.insert(tuple(ALICE), Peer::new(ALICE));
    network.check(ALICE, ALICE, false);
    assert_eq!(network.peer(ALICE).responses, 1);
    network.inject(tuple(ALICE), vec![22, 9, 9]);
    send(&mut network);
    assert_eq!(sent_packets(&mut network), 2);
    let transport = TransportId(ALICE.into());
    let expected = [
        Event::IceConnected {
            transport,
            tuple: tuple(ALICE),
        },
        Event::Dtls {
            transport,
            datagram: vec![22, 9, 9],
        },
    ];
    assert_eq!(network.events, expected);
}

#[test]
fn the_path_moves_by_nomination_only() {
    let (mut network, mut track) = audio();
    speak(&mut network, &mut track);
    network.peers.insert(tuple(ELSEWHERE), Peer::new(ELSEWHERE));
    let sealed = network.peer(BOB).pli(20);
    network.inject(tuple(ELSEWHERE), sealed);
    assert_eq!(
        network
            .statistics()
            .drops
            .get(DropReason::TupleNotValidated),
        1,
        "media never moves it"
    );
    network.check(BOB, ELSEWHERE, false);
    speak(&mut network, &mut track);
    assert_eq!(
        network.peer(BOB).got.len(),
        2,
        "a check without nomination does not"
    );
    network.check(BOB, ELSEWHERE, true);
    let tuple = tuple(ELSEWHERE);
    assert_eq!(
        network.events.last(),
        Some(&Event::IceConnected {
            transport: TransportId(BOB.into()),
            tuple
        })
    );
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 2);
}

#[test]
fn a_check_copied_to_another_address_is_ignored() {
    let (mut network, _) = audio();
    network.step(millis(10));
    let check = network.peer(BOB).check(&ufrag(BOB), &password(BOB), true);
    network.inject(tuple(BOB), check.clone());
    let before = sent_packets(&mut network);
    network.inject(tuple(ELSEWHERE), check);
    let statistics = network.statistics();
    assert_eq!(statistics.sent.packets, before);
    assert_eq!(statistics.drops.get(DropReason::StunReplayed), 1);
    assert!(
        statistics
            .transports
            .iter()
            .all(|(_, transport)| transport.tuples == 1)
    );
}

#[test]
fn a_path_belongs_to_one_transport() {
    let (mut network, _) = audio();
    network.check(BOB, ALICE, true);
    let statistics = network.statistics();
    assert_eq!(statistics.drops.get(DropReason::TupleTaken), 1);
    assert!(
        statistics
            .transports
            .iter()
            .all(|(_, transport)| transport.tuples == 1)
    );
}

#[test]
fn of_many_paths_the_oldest_unselected_are_forgotten() {
    let (mut network, mut track) = audio();
    for port in 3000..3020 {
        network.peers.insert(tuple(port), Peer::new(port));
        network.check(BOB, port, false);
    }
    let statistics = network.statistics();
    let bob = statistics
        .transports
        .iter()
        .find(|(id, _)| id.0 == u32::from(BOB))
        .unwrap();
    assert_eq!(bob.1.tuples, 8);
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 1, "the selected one stays");
}

#[test]
fn without_consent_nothing_is_sent_until_it_is_given_again() {
    let (mut network, mut track) = audio();
    network.step(millis(20_000));
    network.check(ALICE, ALICE, false);
    network.step(millis(9_000));
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 1);
    network.step(millis(2_000));
    let expired = Event::ConsentExpired {
        transport: TransportId(BOB.into()),
    };
    assert_eq!(
        network
            .events
            .iter()
            .filter(|event| **event == expired)
            .count(),
        1
    );
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 1);
    assert_eq!(network.statistics().drops.get(DropReason::NoPath), 1);
    network.check(BOB, BOB, false);
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 2);
}

#[test]
fn after_an_ice_restart_the_old_credentials_last_ten_seconds() {
    let (mut network, mut track) = audio();
    let (new_ufrag, new_password) = ("restarted".to_owned(), password(7));
    let command = Command::RestartIce {
        transport: TransportId(BOB.into()),
        ufrag: new_ufrag.clone(),
        password: new_password.clone(),
    };
    network.execute(command).unwrap();
    network.step(millis(9_000));
    network.check(BOB, BOB, false);
    assert_eq!(network.peer(BOB).responses, 2);
    network.send_by(BOB, |peer| peer.check(&new_ufrag, &new_password, true));
    network.step(millis(2_000));
    assert_eq!(network.peer(BOB).responses, 3);
    network.check(BOB, BOB, false);
    assert_eq!(network.peer(BOB).responses, 3, "the old ones are forgotten");
    assert_eq!(
        network.statistics().drops.get(DropReason::StunUnknownUfrag),
        1
    );
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 1);
}

#[test]
fn an_ssrc_of_another_transport_means_nothing() {
    let (mut network, mut track) = audio();
    let mut forged = track.clone().with(MID_ID, b"0");
    for _ in 0..5 {
        network.send_by(BOB, |peer| forged.sound(peer));
        network.step(millis(20));
    }
    assert!(network.peer(BOB).got.is_empty());
    assert_eq!(
        network.statistics().drops.get(DropReason::RtpUnknownStream),
        5
    );
    speak(&mut network, &mut track);
    assert_eq!(network.peer(BOB).got.len(), 1, "nobody notices");
}

#[test]
fn media_that_overtakes_the_keys_waits_for_them() {
    let mut network = Network::new(4);
    network.connect(BOB);
    network.add_transport(ALICE).unwrap();
    network.peers.insert(tuple(ALICE), Peer::new(ALICE));
    network.check(ALICE, ALICE, true);
    network
        .produce(
            ALICE,
            1,
            producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]),
        )
        .unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    let mut track = Track::audio(10);
    for _ in 0..100 {
        speak(&mut network, &mut track);
    }
    assert!(network.peer(BOB).got.is_empty());
    assert_eq!(network.statistics().drops.get(DropReason::EarlyFull), 36);
    network.set_keys(ALICE).unwrap();
    network.step(millis(1));
    assert_eq!(network.peer(BOB).got.len(), 64);
    assert_eq!(
        network.set_keys(ALICE).unwrap_err().code(),
        "CONFLICT",
        "keys are set once"
    );
}

#[test]
fn commands_that_make_no_sense_are_refused_and_change_nothing() {
    let (mut network, _) = audio();
    let codes = [
        (network.add_transport(ALICE), "CONFLICT"),
        (
            network.produce(
                ALICE,
                1,
                producer_spec(Kind::Audio, "5", vec![by_ssrc(50, None)]),
            ),
            "CONFLICT",
        ),
        (
            network.produce(
                ALICE,
                2,
                producer_spec(Kind::Audio, "5", vec![by_ssrc(10, None)]),
            ),
            "CONFLICT",
        ),
        (
            network.produce(
                7,
                2,
                producer_spec(Kind::Audio, "5", vec![by_ssrc(50, None)]),
            ),
            "NOT_FOUND",
        ),
        (
            network.consume(BOB, 2, 9, consumer_spec(Kind::Audio, 30, None)),
            "NOT_FOUND",
        ),
        (
            network.consume(BOB, 2, 1, consumer_spec(Kind::Audio, 20, None)),
            "CONFLICT",
        ),
        (
            network.execute(Command::RemoveTransport(TransportId(99))),
            "NOT_FOUND",
        ),
        (
            network.execute(Command::AddTransport {
                transport: TransportId(5),
                ufrag: "abc".to_owned(),
                password: password(5),
            }),
            "VALIDATION",
        ),
    ];
    for (reply, code) in codes {
        assert_eq!(reply.unwrap_err().code(), code);
    }
    let statistics = network.statistics();
    let counts = (
        statistics.transports.len(),
        statistics.producers.len(),
        statistics.consumers.len(),
    );
    assert_eq!(counts, (2, 1, 1));
}

#[test]
fn a_transport_has_as_many_producers_and_ssrcs_as_it_may() {
    let mut network = Network::new(4);
    network.connect(ALICE);
    let mut refused = 0;
    for number in 0..80u32 {
        let encodings = vec![
            by_ssrc(1000 + number * 10, Some(1001 + number * 10)),
            by_ssrc(1002 + number * 10, None),
        ];
        let spec = producer_spec(Kind::Video, &format!("m{number}"), encodings);
        if let Err(error) = network.produce(ALICE, number + 1, spec) {
            assert_eq!(error.code(), "CAPACITY_EXCEEDED");
            refused += 1;
        }
    }
    assert_eq!(
        refused,
        80 - 21,
        "21 producers of three SSRCs stay below 64"
    );
}

#[test]
fn events_nobody_takes_do_not_pile_up_for_ever() {
    let (mut network, _) = audio();
    for _ in 0..5_000 {
        network
            .engine
            .datagram(tuple(ALICE), &mut [22, 1], network.now);
    }
    let waiting = std::iter::from_fn(|| network.engine.poll_event()).count();
    assert_eq!(waiting, 4096);
    assert_eq!(network.statistics().drops.get(DropReason::EventsFull), 904);
}
