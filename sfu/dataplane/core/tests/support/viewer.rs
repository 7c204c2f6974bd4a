//! A browser that watches: feedback, NACKs, key-frame requests and reports as Chromium gives them, and an eye for freezes.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use folkmoot_core::arrivals::Arrivals;
use folkmoot_core::id::Ssrc;
use folkmoot_core::rtcp::{ReportBlock, nack, pli};
use folkmoot_core::sequence::SequenceUnwrapper;
use folkmoot_core::time::Time;

use super::millis;
use super::peer::{Got, Peer};

const REPORT: Duration = Duration::from_secs(1);
const FEEDBACK: Duration = Duration::from_millis(50);
/// What a browser's jitter buffer grows to on such roads.
const JITTER_BUFFER: Duration = Duration::from_millis(200);
/// A gap between two pictures that a person takes for a freeze, when pictures come 30 times a second.
const FREEZE: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Picture {
    key: bool,
    first: u64,
    last: Option<u64>,
}

/// One stream of video as it is decoded.
#[derive(Default)]
pub struct Eye {
    /// When each picture was shown.
    pub shown: Vec<Time>,
    /// Which encoding each of them was of.
    pub layers: Vec<u32>,
    unwrapper: SequenceUnwrapper,
    highest: Option<u64>,
    /// Packets of the stream itself, and those there should have been, since the last report.
    received: u64,
    reported: u64,
    packets: BTreeMap<u64, Got>,
    missing: BTreeMap<u64, (Time, u32)>,
    /// When the first picture came, and its timestamp.
    origin: Option<(Time, u32)>,
    /// Everything below was shown or given up.
    next: Option<u64>,
    base_ok: bool,
    asked: Time,
}

impl Eye {
    /// Time without a moving picture between `from` and `to`.
    pub fn frozen(&self, from: Time, to: Time) -> Duration {
        let within = self.shown.iter().filter(|at| **at >= from && **at <= to);
        let mut last = from;
        let mut sum = Duration::ZERO;
        for at in within.copied().chain([to]) {
            let gap = at.since(last);
            if gap > FREEZE {
                sum += gap;
            }
            last = at;
        }
        sum
    }

    fn take(&mut self, got: Got, now: Time) {
        let sequence = self.unwrapper.unwrap(got.sequence);
        let highest = self
            .highest
            .replace(self.highest.unwrap_or(sequence).max(sequence));
        if let Some(highest) = highest.filter(|highest| *highest < sequence) {
            for gone in (highest + 1..sequence).take(500) {
                self.missing.insert(gone, (now, 0));
            }
        }
        self.missing.remove(&sequence);
        if self.next.is_none_or(|next| sequence >= next) {
            self.packets.insert(sequence, got);
        }
        self.show(now);
    }

    fn report(&mut self, ssrc: u32) -> Option<ReportBlock> {
        let highest = self.highest?;
        let expected = highest.saturating_sub(self.reported.max(1 << 16));
        let lost = expected.saturating_sub(self.received);
        (self.reported, self.received) = (highest, 0);
        Some(ReportBlock {
            ssrc: Ssrc(ssrc),
            fraction_lost: (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8,
            highest_sequence: highest as u32,
            ..ReportBlock::default()
        })
    }

    /// Show every picture that is whole and can be decoded, in order.
    fn show(&mut self, now: Time) {
        loop {
            let Some(picture) = self.whole_picture() else {
                return;
            };
            let Some(last) = picture.last else {
                return;
            };
            let continues = self.next == Some(picture.first);
            let can_be_decoded = picture.key || (continues && self.base_ok);
            if !can_be_decoded {
                return;
            }
            self.base_ok = true;
            let name = self.packets.get(&picture.first).map_or(0, |got| {
                u32::from_be_bytes(got.payload[12..16].try_into().unwrap())
            });
            let at = self.plays_at(picture.first, now);
            self.shown.push(at);
            self.layers.push(name);
            self.next = Some(last + 1);
            self.packets = self.packets.split_off(&(last + 1));
            self.missing = self.missing.split_off(&(last + 1));
        }
    }

    /// A picture is shown at its time, a jitter buffer's length after the first, or as soon as it is there.
    fn plays_at(&mut self, first: u64, now: Time) -> Time {
        let timestamp = self.packets.get(&first).map_or(0, |got| got.timestamp);
        let (began, origin) = *self.origin.get_or_insert((now, timestamp));
        let ticks = u64::from(timestamp.wrapping_sub(origin));
        now.max(began + JITTER_BUFFER + Duration::from_micros(ticks * 100 / 9))
    }

    /// The next picture in order if it is all there; else a later key picture that is.
    fn whole_picture(&self) -> Option<Picture> {
        let mut starts = self
            .packets
            .iter()
            .filter(|(_, got)| got.payload.len() > 6 && got.payload[0] & 0x10 != 0);
        let next = self.next;
        let candidate = |(sequence, got): (&u64, &Got)| {
            let picture = self.gather(*sequence, got);
            let fits = picture.key || next == Some(picture.first);
            (fits && picture.last.is_some()).then_some(picture)
        };
        let first = starts.clone().next().and_then(candidate);
        first
            .filter(|picture| next.is_none_or(|next| next == picture.first))
            .or_else(|| starts.find_map(candidate).filter(|picture| picture.key))
    }

    fn gather(&self, first: u64, start: &Got) -> Picture {
        let mut picture = Picture {
            key: start.payload[6] & 1 == 0,
            first,
            last: None,
        };
        for sequence in first.. {
            let Some(got) = self
                .packets
                .get(&sequence)
                .filter(|got| got.timestamp == start.timestamp)
            else {
                break;
            };
            if got.marker {
                picture.last = Some(sequence);
                break;
            }
        }
        picture
    }
}

/// Everything one watching peer does by itself.
pub struct Viewer {
    pub eyes: HashMap<u32, Eye>,
    pub nacked: u64,
    /// A missing packet is asked for this long after the last time.
    pub retry: Duration,
    /// It is asked for at most so often, and then given up.
    pub tries: u32,
    /// Without a picture for so long a key frame is asked for.
    pub patience: Duration,
    /// RTX SSRC to the SSRC it repeats.
    rtx: HashMap<u32, u32>,
    twcc_id: u8,
    arrivals: Arrivals,
    seen: usize,
    fed: Time,
    reported: Time,
}

impl Viewer {
    pub fn new(twcc_id: u8, streams: &[(u32, u32)]) -> Self {
        Self {
            eyes: streams
                .iter()
                .map(|(ssrc, _)| (*ssrc, Eye::default()))
                .collect(),
            nacked: 0,
            retry: millis(120),
            tries: 10,
            patience: millis(1_000),
            rtx: streams.iter().map(|(ssrc, rtx)| (*rtx, *ssrc)).collect(),
            twcc_id,
            arrivals: Arrivals::default(),
            seen: 0,
            fed: Time::ZERO,
            reported: Time::ZERO,
        }
    }

    /// Look at what has come since, and answer.
    pub fn poll(&mut self, peer: &mut Peer, now: Time) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for got in peer.got.get(self.seen..).unwrap_or_default().to_vec() {
            self.receive(got);
        }
        self.seen = peer.got.len();
        if now.since(self.fed) >= FEEDBACK {
            self.fed = now;
            let mut out = Vec::new();
            self.arrivals.write(&mut out, Ssrc(1), now);
            if !out.is_empty() {
                answers.push(peer.seal_rtcp(&out));
            }
        }
        if now.since(self.reported) >= REPORT {
            self.reported = now;
            for (ssrc, eye) in &mut self.eyes {
                if let Some(block) = eye.report(*ssrc) {
                    answers.push(peer.receiver_report(block));
                }
            }
        }
        for (ssrc, eye) in &mut self.eyes {
            let waits = (self.retry, self.tries, self.patience);
            let asked = ask(eye, *ssrc, waits, now, &mut self.nacked);
            answers.extend(asked.into_iter().map(|out| peer.seal_rtcp(&out)));
        }
        answers
    }

    fn receive(&mut self, mut got: Got) {
        let number = got.elements.iter().find(|(id, _)| *id == self.twcc_id);
        if let Some([high, low]) = number.map(|(_, value)| [value[0], value[1]]) {
            self.arrivals
                .note(u16::from_be_bytes([high, low]), Ssrc(got.ssrc), got.at);
        }
        let now = got.at;
        if let Some(eye) = self.eyes.get_mut(&got.ssrc) {
            eye.received += 1;
        }
        if let Some(media) = self.rtx.get(&got.ssrc) {
            got.sequence = u16::from_be_bytes([got.payload[0], got.payload[1]]);
            got.payload.drain(..2);
            got.ssrc = *media;
        }
        if let Some(eye) = self.eyes.get_mut(&got.ssrc) {
            eye.take(got, now);
        }
    }
}

fn ask(
    eye: &mut Eye,
    ssrc: u32,
    (retry, most, patience): (Duration, u32, Duration),
    now: Time,
    nacked: &mut u64,
) -> Vec<Vec<u8>> {
    let mut asked = Vec::new();
    let mut wanted = Vec::new();
    for (sequence, (since, tries)) in &mut eye.missing {
        let wait = if *tries == 0 { millis(10) } else { retry };
        if *tries < most && now.since(*since) >= wait {
            (*since, *tries) = (now, *tries + 1);
            wanted.push(*sequence as u16);
        }
    }
    if !wanted.is_empty() {
        *nacked += wanted.len() as u64;
        let mut out = Vec::new();
        nack::write(&mut out, Ssrc(1), Ssrc(ssrc), wanted);
        asked.push(out);
    }
    let last = eye.shown.last().copied().unwrap_or(Time::ZERO);
    let starved = !eye.packets.is_empty() && now.since(last) > patience;
    if starved && now.since(eye.asked) > patience {
        eye.asked = now;
        let mut out = Vec::new();
        pli::write(&mut out, Ssrc(1), Ssrc(ssrc));
        asked.push(out);
    }
    asked
}
