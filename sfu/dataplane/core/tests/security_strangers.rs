//! Whoever has no place in the room: no answer, no state, no effect on those who are in it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::drop::DropReason;
use folkmoot_core::io::Event;
use folkmoot_core::session::EARLY_PACKETS;
use folkmoot_core::spec::Kind;
use folkmoot_core::stun::{TransactionId, write_success};
use support::media::Track;
use support::peer::Peer;
use support::room::{by_ssrc, consumer_spec, password, producer_spec, ufrag};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const STRANGER: u16 = 2001;
const VICTIM: u16 = 2002;

fn call() -> (Network, Track) {
    let mut network = Network::new(4);
    network.connect(ALICE);
    network.connect(BOB);
    let spec = producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]);
    network.produce(ALICE, 1, spec).unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    (network, Track::audio(10))
}

fn sent(network: &mut Network) -> u64 {
    network.statistics().sent.packets
}

fn still_heard(network: &mut Network, track: &mut Track) {
    let before = network.peer(BOB).got_of(20).len();
    network.send_by(ALICE, |peer| track.sound(peer));
    network.step(millis(20));
    assert_eq!(network.peer(BOB).got_of(20).len(), before + 1);
}

#[test]
fn case_01_ten_thousand_checks_without_credentials_are_answered_with_nothing() {
    let (mut network, mut track) = call();
    let before = sent(&mut network);
    let bare = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    for port in 0..10_000 {
        network.inject(tuple(3000 + port), bare.clone());
    }
    assert_eq!(sent(&mut network), before);
    assert!(network.elsewhere.is_empty());
    still_heard(&mut network, &mut track);
}

#[test]
fn case_02_a_wrong_password_stores_no_path() {
    let (mut network, mut track) = call();
    let mut stranger = Peer::new(STRANGER);
    let check = stranger.check(&ufrag(ALICE), "wrongwrongwrongwrongwrong", true);
    network.inject(tuple(STRANGER), check);
    assert!(!network.engine.knows(tuple(STRANGER)));
    assert!(network.elsewhere.is_empty());
    let drops = network.statistics().drops;
    assert_eq!(drops.get(DropReason::StunIntegrity), 1);
    still_heard(&mut network, &mut track);
}

#[test]
fn case_05_answers_to_questions_nobody_asked_are_dropped() {
    let (mut network, mut track) = call();
    for (number, from) in [ALICE, STRANGER].into_iter().enumerate() {
        let transaction = TransactionId([number as u8; 12]);
        let mut out = Vec::new();
        let password = password(ALICE);
        write_success(
            &mut out,
            transaction,
            tuple(from).remote,
            password.as_bytes(),
        );
        network.inject(tuple(from), out);
    }
    assert_eq!(
        network.statistics().drops.get(DropReason::StunNotBinding),
        2
    );
    assert!(network.elsewhere.is_empty());
    still_heard(&mut network, &mut track);
}

#[test]
fn case_06_nothing_reaches_a_victim_whose_address_is_borrowed() {
    let (mut network, mut track) = call();
    let mut liar = Peer::new(VICTIM);
    for number in 0..10_000u32 {
        let guess = format!("guessguessguessguess{number:06}");
        let check = liar.check(&ufrag(ALICE), &guess, true);
        network.inject(tuple(VICTIM), check);
    }
    network.step(millis(3_000));
    assert!(
        network.elsewhere.is_empty(),
        "the victim was sent something"
    );
    still_heard(&mut network, &mut track);
}

#[test]
fn case_08_the_server_never_sends_to_an_address_that_did_not_prove_itself() {
    let mut network = Network::new(4);
    network.add_transport(ALICE).unwrap();
    network.set_keys(ALICE).unwrap();
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, None)]);
    network.produce(ALICE, 1, spec).unwrap();
    network
        .consume(ALICE, 1, 1, consumer_spec(Kind::Video, 20, None))
        .unwrap();
    network.step(millis(60_000));
    assert_eq!(
        sent(&mut network),
        0,
        "candidates of clients are not even taken"
    );
}

#[test]
fn case_10_a_client_that_stops_checking_is_sent_nothing_after_half_a_minute() {
    let (mut network, mut track) = call();
    network.peers.remove(&tuple(BOB));
    for _ in 0..32 {
        network.check(ALICE, ALICE, false);
        network.step(millis(1_000));
    }
    network.elsewhere.clear();
    network.send_by(ALICE, |peer| track.sound(peer));
    network.step(millis(5_000));
    assert!(network.elsewhere.is_empty(), "sent without consent");
    let expired = |event: &Event| matches!(event, Event::ConsentExpired { .. });
    assert!(network.events.iter().any(expired));
}

#[test]
fn case_11_empty_datagrams_do_nothing() {
    let (mut network, mut track) = call();
    let (events, before) = (network.events.len(), sent(&mut network));
    for from in [ALICE, BOB, STRANGER] {
        for _ in 0..600 {
            network.inject(tuple(from), Vec::new());
        }
    }
    assert_eq!(network.events.len(), events);
    assert_eq!(sent(&mut network), before);
    assert_eq!(network.statistics().drops.get(DropReason::Unknown), 1_800);
    still_heard(&mut network, &mut track);
}

/// Heads of DTLS records: a fatal alert, a server's hello, a request to verify, a change of cipher, a client's hello.
fn records() -> Vec<Vec<u8>> {
    [(21u8, 2u8), (22, 2), (22, 3), (20, 1), (22, 1)]
        .map(|(kind, first)| [&[kind, 0xfe, 0xfd][..], &[0; 10], &[first; 40]].concat())
        .to_vec()
}

#[test]
fn case_12_a_flood_of_hellos_from_strangers_keeps_nobody_from_connecting() {
    let mut network = Network::new(4);
    let hello = records().pop().unwrap();
    for number in 0..100 {
        for _ in 0..10 {
            network.inject(tuple(STRANGER + number), hello.clone());
            network.step(millis(1));
        }
        network.connect(3000 + number);
    }
    let connected = |event: &&Event| matches!(event, Event::IceConnected { .. });
    assert_eq!(network.events.iter().filter(connected).count(), 100);
    let handed_up = |event: &Event| matches!(event, Event::Dtls { .. });
    assert!(!network.events.iter().any(handed_up));
}

#[test]
fn case_13_dtls_from_an_address_that_did_not_prove_itself_is_not_even_looked_at() {
    let (mut network, mut track) = call();
    let events = network.events.len();
    for record in records() {
        network.inject(tuple(STRANGER), record);
    }
    assert_eq!(network.events.len(), events);
    let drops = network.statistics().drops;
    assert_eq!(drops.get(DropReason::TupleNotValidated), 5);
    still_heard(&mut network, &mut track);
}

#[test]
fn case_16_media_before_the_fingerprint_is_checked_is_kept_and_forwarded_to_nobody() {
    let (mut network, mut track) = call();
    network.add_transport(STRANGER).unwrap();
    network.peers.insert(tuple(STRANGER), Peer::new(STRANGER));
    network.check(STRANGER, STRANGER, true);
    let spec = producer_spec(Kind::Audio, "0", vec![by_ssrc(30, None)]);
    network.produce(STRANGER, 2, spec).unwrap();
    network
        .consume(BOB, 2, 2, consumer_spec(Kind::Audio, 24, None))
        .unwrap();
    let mut early = Track::audio(30);
    for _ in 0..EARLY_PACKETS + 36 {
        let sealed = early.sound(network.peer(STRANGER));
        network.inject(tuple(STRANGER), sealed);
    }
    network.step(millis(5_000));
    assert!(network.peer(BOB).got_of(24).is_empty());
    assert_eq!(network.statistics().drops.get(DropReason::EarlyFull), 36);
    still_heard(&mut network, &mut track);
}

#[test]
fn case_23_and_24_forged_and_copied_media_reach_nobody() {
    let (mut network, mut track) = call();
    let mut copies = Vec::new();
    for _ in 0..20 {
        let sealed = track.sound(network.peer(ALICE));
        copies.push(sealed.clone());
        network.send(tuple(ALICE), sealed);
        network.step(millis(20));
    }
    for sealed in copies {
        for from in [ALICE, BOB, STRANGER] {
            for _ in 0..5 {
                network.inject(tuple(from), sealed.clone());
            }
        }
        let mut forged = sealed;
        *forged.last_mut().unwrap() ^= 1;
        forged[3] = forged[3].wrapping_add(100);
        network.inject(tuple(ALICE), forged);
    }
    network.step(millis(20));
    assert_eq!(network.peer(BOB).got_of(20).len(), 20, "each once");
    let drops = network.statistics().drops;
    assert_eq!(drops.get(DropReason::SrtpReplayed), 100);
    assert_eq!(drops.get(DropReason::TupleNotValidated), 100);
    still_heard(&mut network, &mut track);
}
