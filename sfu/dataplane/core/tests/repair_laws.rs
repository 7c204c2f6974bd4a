//! What repairing lost packets may never do, whatever is lost: cost too much, ask too often, or break a cipher.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use std::time::Duration;

use folkmoot_core::id::{ConsumerId, ProducerId};
use folkmoot_core::io::Command;
use folkmoot_core::nack::NackGenerator;
use folkmoot_core::resend::Resends;
use folkmoot_core::spec::Kind;
use folkmoot_core::time::Time;
use proptest::prelude::*;
use support::bad_road::{BadRoad, RECEIVER};
use support::lane::Weather;
use support::media::{Frame, Track, VP8_RTX};
use support::room::{OUT_RTX, by_ssrc, codec, consumer_spec, producer_spec};
use support::{Network, millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;

/// Alice talks, Bob listens; `rtx` is what her sound is repeated on.
fn voice(rtx: Option<u32>) -> (Network, Track) {
    let mut network = Network::new(2);
    network.connect(ALICE);
    network.connect(BOB);
    let mut spec = producer_spec(Kind::Audio, "0", vec![by_ssrc(10, rtx)]);
    spec.codec = codec(Kind::Audio, spec.codec.payload_type.0, rtx.map(|_| VP8_RTX));
    network.produce(ALICE, 1, spec).unwrap();
    network
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    (network, Track::audio(10))
}

/// `packets` of sound, of which every fifth is lost on the way in.
fn speak(network: &mut Network, track: &mut Track, packets: usize) {
    for number in 0..packets {
        let sealed = track.sound(network.peer(ALICE));
        if number % 5 != 3 {
            network.send(tuple(ALICE), sealed);
        }
        network.step(millis(20));
    }
}

#[test]
fn sound_is_never_asked_for_again_on_its_own_ssrc() {
    let (mut network, mut track) = voice(None);
    speak(&mut network, &mut track, 200);
    assert!(network.peer(ALICE).heard.nacks.is_empty());
    assert_eq!(network.peer(BOB).got_of(20).len(), 160);
}

#[test]
fn sound_is_asked_for_again_where_repairs_have_an_ssrc_of_their_own() {
    let (mut network, mut track) = voice(Some(11));
    network.peer(ALICE).rtx.insert(10, (11, VP8_RTX));
    speak(&mut network, &mut track, 200);
    network.step(millis(200));
    assert!(!network.peer(ALICE).heard.nacks.is_empty());
    assert_eq!(network.peer(BOB).got_of(20).len(), 199 + 1);
}

#[test]
fn sound_lost_on_the_way_to_a_listener_is_repaired_from_our_history() {
    let (mut network, mut track) = voice(None);
    speak(&mut network, &mut track, 20);
    let sequence = network.peer(BOB).got_of(20)[5].sequence;
    network.send_by(BOB, |peer| peer.nack(20, &[sequence]));
    network.step(millis(50));
    let sealed = &network.peer(BOB).sealed[&(20, sequence)];
    assert_eq!(sealed.len(), 2);
    assert_eq!(sealed[0], sealed[1], "the same to the last byte");
    assert!(network.peer(ALICE).heard.nacks.is_empty());
}

#[test]
fn a_question_is_repeated_no_sooner_than_its_answer_could_have_come() {
    for round_trip in [30, 100, 400] {
        let mut generator = NackGenerator::default();
        let mut now = Time::from_millis(1_000);
        let mut asked = Vec::new();
        // Twenty losses, each answered after a round trip: enough to have learnt it.
        for loss in 1..20 {
            generator.arrived(loss * 10 - 10, now);
            generator.arrived(loss * 10 - 8, now);
            now += millis(20);
            generator.poll(now, &mut asked);
            now += millis(round_trip);
            generator.arrived(loss * 10 - 9, now);
            for number in loss * 10 - 7..loss * 10 {
                generator.arrived(number, now);
            }
        }
        asked.clear();
        generator.arrived(300, now);
        let mut times = Vec::new();
        for _ in 0..10_000 {
            now += millis(1);
            generator.poll(now, &mut asked);
            if asked.drain(..).any(|number| number == 299) {
                times.push(now);
            }
        }
        assert!((5..=10).contains(&times.len()), "{} tries", times.len());
        let gaps = times.windows(2).map(|pair| pair[1].since(pair[0]));
        let least = millis(round_trip.max(40));
        assert!(gaps.clone().all(|gap| gap >= least), "{round_trip} ms");
        assert!(gaps.clone().all(|gap| gap <= least * 2), "{round_trip} ms");
    }
}

/// Of 1000 packets of 1000 bytes sent, how many bytes may be sent again when all are asked for.
fn repeated(lost: u8) -> usize {
    let mut resends = Resends::default();
    let now = Time::from_millis(1_000);
    // What is saved up at first does not count.
    while resends.spend(1_000).is_ok() {}
    let mut again = 0;
    for sequence in 0..1_000 {
        resends.earn(1_000, lost);
        let asked = resends.ask(sequence, 1_000, None, now);
        again += usize::from(asked.is_ok()) * 1_000;
    }
    again
}

#[test]
fn a_fifth_of_what_is_sent_may_be_sent_again_and_up_to_a_half_as_so_much_is_lost() {
    assert!(
        (195_000..=200_000).contains(&repeated(0)),
        "{}",
        repeated(0)
    );
    let tenth = repeated(26);
    assert!((295_000..=305_000).contains(&tenth), "{tenth}");
    for lost in [77, 128, 255] {
        assert!((495_000..=500_000).contains(&repeated(lost)), "{lost}");
    }
}

#[test]
fn repairs_go_both_ways_by_rtx() {
    let mut network = Network::new(2);
    network.connect(ALICE);
    network.connect(BOB);
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, Some(11))]);
    network.produce(ALICE, 1, spec).unwrap();
    let spec = consumer_spec(Kind::Video, 20, Some(21));
    network.consume(BOB, 1, 1, spec).unwrap();
    network.peer(ALICE).rtx.insert(10, (11, VP8_RTX));
    let mut track = Track::video(10);
    for number in 0..20 {
        let frame = Frame {
            key: number == 0,
            temporal: 0,
            packets: 3,
        };
        for (index, packet) in track
            .frame(network.peer(ALICE), frame)
            .into_iter()
            .enumerate()
        {
            if (number, index) != (7, 1) {
                network.send(tuple(ALICE), packet);
            }
        }
        network.step(millis(33));
    }
    assert_eq!(network.peer(BOB).got_of(20).len(), 60, "in by RTX");
    let sequence = network.peer(BOB).got_of(20)[30].sequence;
    network.send_by(BOB, |peer| peer.nack(20, &[sequence]));
    network.step(millis(50));
    let repairs = network.peer(BOB).got_of(21);
    assert_eq!(repairs.len(), 1, "out by RTX");
    assert_eq!(repairs[0].payload_type, OUT_RTX);
}

#[test]
fn twenty_who_ask_for_a_key_frame_are_one_question_a_second() {
    let mut network = Network::new(2);
    network.connect(ALICE);
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, None)]);
    network.produce(ALICE, 1, spec).unwrap();
    for number in 0..20 {
        network.connect(2000 + number);
        let spec = consumer_spec(Kind::Video, 20, None);
        network
            .consume(2000 + number, number.into(), 1, spec)
            .unwrap();
    }
    let mut track = Track::video(10);
    for number in 0..150 {
        let frame = Frame {
            key: number == 0,
            temporal: 0,
            packets: 1,
        };
        for packet in track.frame(network.peer(ALICE), frame) {
            network.send(tuple(ALICE), packet);
        }
        for asker in 2000..2020 {
            network.send_by(asker, |peer| peer.pli(20));
        }
        network.step(millis(33));
    }
    let asked = network.peer(ALICE).heard.plis.clone();
    assert!(
        (4..=6).contains(&asked.len()),
        "{} in five seconds",
        asked.len()
    );
    let gaps = asked.windows(2).map(|pair| pair[1].1.since(pair[0].1));
    assert!(gaps.min() >= Some(Duration::from_secs(1)));
}

/// A stretch of the meeting of [`no_index_is_sealed_twice_with_different_bytes`].
#[derive(Clone, Copy, Debug)]
struct Stretch {
    weather: (u64, u64, u64, u64),
    layers: (u8, u8),
    act: u8,
    again: u16,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let weather = (
        prop::sample::select(vec![0u64, 250_000, 600_000, 1_500_000]),
        0u64..150,
        0u64..100,
        0u64..50,
    );
    (weather, (0u8..4, 0u8..4), 0u8..8, 1u16..200).prop_map(|(weather, layers, act, again)| {
        Stretch {
            weather,
            layers,
            act,
            again,
        }
    })
}

fn go_on(road: &mut BadRoad, stretch: Stretch) {
    let (rate, loss, reorder, duplicate) = stretch.weather;
    road.weather(Weather {
        rate,
        queue_ms: 300,
        delay_ms: 20,
        loss,
        burst: 3,
        reorder,
        jitter_ms: 30,
        duplicate,
    });
    let (consumer, producer) = (ConsumerId(100), ProducerId(1));
    let (spatial, temporal) = stretch.layers;
    road.execute(match stretch.act {
        0 => Command::PauseConsumer(consumer),
        1 => Command::ResumeConsumer(consumer),
        2 => Command::PauseProducer(producer),
        3 => Command::ResumeProducer(producer),
        4 => Command::RequestKeyframe(consumer),
        _ => Command::SetLayers {
            consumer,
            spatial,
            temporal,
        },
    });
    road.run(1);
    for ssrc in [PLAIN, 50_000, 50_010] {
        let newest = road
            .network
            .peer(RECEIVER)
            .got_of(ssrc)
            .last()
            .map(|got| got.sequence);
        if let Some(newest) = newest {
            let asked: Vec<_> = (0..stretch.again)
                .map(|back| newest.wrapping_sub(back))
                .collect();
            road.network
                .send_by(RECEIVER, |peer| peer.nack(ssrc, &asked));
        }
    }
}

/// A consumer whose repairs go out under its own numbers.
const PLAIN: u32 = 60_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Layers, pauses, a pacer that is full, probes, stamps, repairs with and without RTX: one index, one packet.
    #[test]
    fn no_index_is_sealed_twice_with_different_bytes(
        seed in 0u64..1_000,
        stretches in prop::collection::vec(stretch(), 4..10),
    ) {
        let mut road = BadRoad::new(seed, 2, [100_000, 300_000, 900_000], Weather::default());
        let mut spec = consumer_spec(Kind::Video, PLAIN, None);
        spec.codec.twcc = true;
        road.network.consume(RECEIVER, 300, 1, spec).unwrap();
        road.run(1);
        for stretch in stretches {
            go_on(&mut road, stretch);
        }
        road.execute(Command::ResumeProducer(ProducerId(1)));
        road.run(1);
        let sealed = &road.network.peer(RECEIVER).sealed;
        prop_assert!(sealed.len() > 200, "only {} packets", sealed.len());
        for ((ssrc, number), copies) in sealed {
            prop_assert!(copies.windows(2).all(|pair| pair[0] == pair[1]), "two packets under {number} of {ssrc}");
        }
    }
}
