//! A producer on one worker, its consumers on another: what goes over the pipe, and what they see of it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod support;

use folkmoot_core::id::{ConsumerId, ProducerId};
use folkmoot_core::io::{Command, Event};
use folkmoot_core::rtp::Header;
use folkmoot_core::spec::{Encoding, Kind};
use folkmoot_core::time::Ntp;
use support::media::{Frame, LEVEL_ID, MID_ID, RID_ID, Track, read_vp8};
use support::pair::{Pair, STRAND};
use support::room::{
    OUT_LEVEL_ID, OUT_OPUS, OUT_VP8, by_rid, by_ssrc, consumer_spec, producer_spec,
};
use support::{millis, tuple};

const ALICE: u16 = 1001;
const BOB: u16 = 1002;
const KEY: Frame = Frame {
    key: true,
    temporal: 0,
    packets: 2,
};
const DELTA: Frame = Frame {
    key: false,
    temporal: 0,
    packets: 2,
};
const RIDS: [&str; 3] = ["q", "h", "f"];

/// Alice's microphone on the home worker, Bob on the other.
fn talk() -> (Pair, Track) {
    let mut pair = Pair::new(1);
    pair.home.connect(ALICE);
    pair.far.connect(BOB);
    let spec = producer_spec(Kind::Audio, "0", vec![by_ssrc(10, None)]);
    pair.home.produce(ALICE, 1, spec).unwrap();
    pair.pipe(1, Kind::Audio, 1);
    pair.far
        .consume(BOB, 1, 1, consumer_spec(Kind::Audio, 20, None))
        .unwrap();
    (
        pair,
        Track::audio(10).with(MID_ID, b"0").with(LEVEL_ID, &[9]),
    )
}

fn say(pair: &mut Pair, track: &mut Track) {
    let packet = track.sound(pair.home.peer(ALICE));
    pair.home.send(tuple(ALICE), packet);
    pair.step(millis(20));
}

/// Alice's camera in three encodings on the home worker, Bob on the other.
fn watch() -> (Pair, Vec<Track>) {
    let mut pair = Pair::new(2);
    pair.home.connect(ALICE);
    pair.far.connect(BOB);
    let spec = producer_spec(Kind::Video, "0", RIDS.map(by_rid).to_vec());
    pair.home.produce(ALICE, 1, spec).unwrap();
    pair.pipe(1, Kind::Video, 3);
    pair.far
        .consume(BOB, 1, 1, consumer_spec(Kind::Video, 20, Some(21)))
        .unwrap();
    let tracks = (10..).zip(RIDS).map(|(ssrc, rid)| {
        Track::video(ssrc)
            .with(MID_ID, b"0")
            .with(RID_ID, rid.as_bytes())
    });
    (pair, tracks.collect())
}

/// One frame of some encodings; a key frame where one was asked for.
fn show(pair: &mut Pair, tracks: &mut [Track], which: &[usize]) {
    for index in which {
        let track = &mut tracks[*index];
        let plis = &mut pair.home.peer(ALICE).heard.plis;
        let asked = plis.iter().any(|(ssrc, _)| *ssrc == track.ssrc);
        plis.retain(|(ssrc, _)| *ssrc != track.ssrc);
        let frame = if asked { KEY } else { DELTA };
        for packet in track.frame(pair.home.peer(ALICE), frame) {
            pair.home.send(tuple(ALICE), packet);
        }
    }
    pair.step(millis(33));
}

fn prefer(pair: &mut Pair, spatial: u8) {
    let consumer = ConsumerId(1);
    let temporal = u8::MAX;
    pair.far
        .execute(Command::SetLayers {
            consumer,
            spatial,
            temporal,
        })
        .unwrap();
}

fn source(pair: &mut Pair) -> u32 {
    let got = pair.far.peer(BOB).got_of(20);
    read_vp8(&got.last().unwrap().payload).4.0
}

fn assert_continuous(pair: &mut Pair) {
    let got = pair.far.peer(BOB).got_of(20);
    assert!(!got.is_empty());
    for both in got.windows(2) {
        let (before, after) = (read_vp8(&both[0].payload), read_vp8(&both[1].payload));
        assert_eq!(both[1].sequence, both[0].sequence.wrapping_add(1));
        assert!((after.0.wrapping_sub(before.0) & 0x7fff) <= 1);
        let step = both[1].timestamp.wrapping_sub(both[0].timestamp) as i32;
        assert!((0..180_000).contains(&step), "{step}");
    }
}

fn strand_headers(pair: &Pair) -> Vec<Header> {
    let media = pair.carried.iter().filter(|bytes| bytes[1] & 0x7f < 64);
    let media = pair
        .carried
        .iter()
        .filter(|bytes| bytes[1] & 0x7f >= 96)
        .chain(media);
    media.map(|bytes| Header::parse(bytes).unwrap()).collect()
}

#[test]
fn sound_crosses_the_pipe_with_its_level() {
    let (mut pair, mut track) = talk();
    let first = track.timestamp;
    for _ in 0..50 {
        say(&mut pair, &mut track);
    }
    pair.step(millis(5));
    let got = pair.far.peer(BOB).got_of(20);
    assert_eq!(got.len(), 50);
    assert_eq!(got[0].timestamp, first);
    assert_eq!(got[0].payload_type, OUT_OPUS);
    assert!(got[9].elements.contains(&(OUT_LEVEL_ID, vec![9])));
    for both in got.windows(2) {
        assert_eq!(both[1].sequence, both[0].sequence.wrapping_add(1));
        assert_eq!(both[1].timestamp, both[0].timestamp.wrapping_add(960));
    }
}

#[test]
fn a_pipe_carries_every_encoding_as_it_is_under_its_own_ssrc() {
    let (mut pair, mut tracks) = watch();
    let first: Vec<_> = tracks
        .iter()
        .map(|track| track.timestamp.wrapping_add(3000))
        .collect();
    show(&mut pair, &mut tracks, &[0, 1, 2]);
    let headers = strand_headers(&pair);
    for (index, timestamp) in first.into_iter().enumerate() {
        let of_encoding: Vec<_> = headers
            .iter()
            .filter(|header| header.fields.ssrc.0 == STRAND + index as u32)
            .collect();
        assert_eq!(of_encoding.len(), 2, "no key frame is waited for");
        assert_eq!(of_encoding[0].fields.timestamp, timestamp);
        assert_eq!(of_encoding[0].fields.payload_type.0, OUT_VP8);
        let numbers = [0, 1].map(|at: usize| of_encoding[at].fields.sequence);
        assert_eq!(numbers[1], numbers[0].wrapping_add(1));
        assert!(numbers[0] < 1 << 15, "the rollover counter can be guessed");
    }
}

#[test]
fn the_far_worker_switches_between_encodings_like_the_home_one() {
    let (mut pair, mut tracks) = watch();
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut pair), 12, "the highest is preferred");
    prefer(&mut pair, 0);
    for _ in 0..40 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut pair), 10);
    prefer(&mut pair, 1);
    for _ in 0..40 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut pair), 11);
    assert_continuous(&mut pair);
}

#[test]
fn an_encoding_that_falls_silent_is_left_for_another() {
    let (mut pair, mut tracks) = watch();
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    for _ in 0..90 {
        show(&mut pair, &mut tracks, &[0, 1]);
    }
    assert_eq!(source(&mut pair), 11);
    assert_continuous(&mut pair);
}

#[test]
fn an_encoding_nobody_wants_there_is_not_sent_and_comes_back_without_a_gap() {
    let (mut pair, mut tracks) = watch();
    prefer(&mut pair, 0);
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    pair.want(0b001);
    pair.step(millis(5));
    pair.carried.clear();
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    let sent = strand_headers(&pair);
    assert!(
        sent.iter()
            .all(|header| header.fields.payload_type.0 != OUT_VP8
                || header.fields.ssrc.0 == STRAND)
    );
    pair.want(0b111);
    prefer(&mut pair, 2);
    for _ in 0..60 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut pair), 12);
    assert_continuous(&mut pair);
    let streams = &pair.far.statistics().producers[0].1.streams;
    assert!(
        streams
            .iter()
            .all(|stream| stream.nacked == 0 && stream.lost == 0)
    );
}

#[test]
fn a_paused_producer_goes_on_with_a_key_frame_on_both_workers() {
    let (mut pair, mut tracks) = watch();
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    for network in [&mut pair.home, &mut pair.far] {
        network
            .execute(Command::PauseProducer(ProducerId(1)))
            .unwrap();
    }
    pair.step(millis(5));
    let before = pair.far.peer(BOB).got_of(20).len();
    for _ in 0..40 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(pair.far.peer(BOB).got_of(20).len(), before);
    for network in [&mut pair.home, &mut pair.far] {
        network
            .execute(Command::ResumeProducer(ProducerId(1)))
            .unwrap();
    }
    for _ in 0..40 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    let got = pair.far.peer(BOB).got_of(20);
    assert!(got.len() > before);
    assert!(
        read_vp8(&got[before].payload).3,
        "the first again is a key frame"
    );
}

#[test]
fn key_frames_are_asked_for_through_the_pipe_once_a_second() {
    let (mut pair, mut tracks) = watch();
    for _ in 0..80 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    pair.home.peer(ALICE).heard.plis.clear();
    for _ in 0..30 {
        pair.far.send_by(BOB, |peer| peer.pli(20));
        for track in &mut tracks {
            for packet in track.frame(pair.home.peer(ALICE), DELTA) {
                pair.home.send(tuple(ALICE), packet);
            }
        }
        pair.step(millis(33));
    }
    let plis = &pair.home.peer(ALICE).heard.plis;
    assert_eq!(plis.len(), 1, "{plis:?}");
    assert_eq!(plis[0].0, 12, "of the encoding that flows");
}

#[test]
fn a_still_picture_is_asked_for_as_soon_as_somebody_there_wants_it() {
    let mut pair = Pair::new(4);
    pair.home.connect(ALICE);
    let spec = producer_spec(Kind::Video, "0", vec![by_ssrc(10, None)]);
    pair.home.produce(ALICE, 1, spec).unwrap();
    pair.offer(1, Kind::Video, 1, STRAND).unwrap();
    pair.step(millis(50));
    assert!(pair.home.peer(ALICE).heard.plis.is_empty());
    pair.want(1);
    pair.step(millis(50));
    assert_eq!(pair.home.peer(ALICE).heard.plis.len(), 1);
}

/// Which layers the far worker told that it wants, last.
fn wanted_over_there(pair: &Pair) -> Option<u8> {
    let told = pair.far.events.iter().rev();
    told.filter_map(|event| match event {
        Event::LayersWanted { spatial, .. } => Some(*spatial),
        _ => None,
    })
    .next()
}

fn pause(pair: &mut Pair, paused: bool) {
    let command = if paused {
        Command::PauseConsumer
    } else {
        Command::ResumeConsumer
    };
    pair.far.execute(command(ConsumerId(1))).unwrap();
}

#[test]
fn the_far_worker_tells_which_encodings_it_wants_before_any_has_come() {
    let (mut pair, mut tracks) = watch();
    prefer(&mut pair, 1);
    pair.step(millis(50));
    assert_eq!(wanted_over_there(&pair), Some(0b011));
    for _ in 0..60 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    pause(&mut pair, true);
    pair.step(millis(4000));
    assert_eq!(wanted_over_there(&pair), Some(0));
    pause(&mut pair, false);
    pair.step(millis(50));
    assert_ne!(wanted_over_there(&pair), Some(0));
}

#[test]
fn sound_is_wanted_over_there_while_somebody_listens() {
    let (mut pair, mut track) = talk();
    say(&mut pair, &mut track);
    assert_eq!(wanted_over_there(&pair), Some(1));
    pause(&mut pair, true);
    pair.step(millis(4000));
    assert_eq!(wanted_over_there(&pair), Some(0));
}

#[test]
fn layers_of_one_stream_cross_together_and_are_wanted_one_by_one() {
    let mut pair = Pair::new(5);
    pair.home.connect(ALICE);
    let encoding = Encoding {
        spatial_layers: 3,
        ..by_ssrc(10, None)
    };
    let mut spec = producer_spec(Kind::Video, "0", vec![encoding]);
    spec.codec.mime_type = "video/vp9".to_owned();
    pair.home.produce(ALICE, 1, spec).unwrap();
    pair.offer(1, Kind::Video, 1, STRAND).unwrap();
    let told = |pair: &mut Pair| {
        pair.step(millis(4000));
        pair.home.statistics().producers[0].1.wanted
    };
    pair.want(0b011);
    assert_eq!(told(&mut pair), 0b011);
    assert!(pair.piped().strands[0].flows);
    pair.want(0);
    assert_eq!(told(&mut pair), 0);
    assert!(!pair.piped().strands[0].flows);
}

#[test]
fn sender_reports_cross_the_pipe_on_the_producers_own_clock() {
    let (mut pair, mut track) = talk();
    let ntp = Ntp::from_bits(0x1234_5678_0000_0000);
    let said = track.timestamp;
    pair.home
        .send_by(ALICE, |peer| peer.sender_report(10, ntp, said));
    for _ in 0..150 {
        say(&mut pair, &mut track);
    }
    let reports = &pair.far.peer(BOB).heard.sender_reports;
    let report = reports.last().expect("a sender report");
    let elapsed = report.ntp.since(ntp);
    let ticks = u64::from(report.timestamp.wrapping_sub(said));
    let expected = elapsed.as_micros() as u64 * 48_000 / 1_000_000;
    assert!(ticks.abs_diff(expected) < 480, "{ticks} and {expected}");
    assert!(elapsed.as_millis() > 1000);
}

#[test]
fn a_stream_that_is_replaced_begins_anew_on_the_far_worker_too() {
    let (mut pair, mut tracks) = watch();
    for _ in 0..6 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    let again = Track::video(912)
        .with(MID_ID, b"0")
        .with(RID_ID, RIDS[2].as_bytes());
    tracks[2] = again;
    for _ in 0..45 {
        show(&mut pair, &mut tracks, &[0, 1, 2]);
    }
    assert_eq!(source(&mut pair), 912);
    assert_continuous(&mut pair);
}

#[test]
fn what_ends_leaves_nothing_on_either_worker() {
    let (mut pair, mut tracks) = watch();
    show(&mut pair, &mut tracks, &[0, 1, 2]);
    for network in [&mut pair.home, &mut pair.far] {
        network
            .execute(Command::RemoveProducer(ProducerId(1)))
            .unwrap();
    }
    assert!(pair.home.statistics().pipe_consumers.is_empty());
    for (network, port) in [(&mut pair.home, ALICE), (&mut pair.far, BOB)] {
        for transport in [u32::from(port), support::pair::PIPE.0] {
            let transport = folkmoot_core::id::TransportId(transport);
            network
                .execute(Command::RemoveTransport(transport))
                .unwrap();
        }
        assert!(network.engine.is_empty());
    }
}
