//! All parts of the estimate together: feedback in, a bitrate out.

use std::time::Duration;

use super::axis::{Axis, Place};
use super::control::{Pile, RateControl};
use super::detector::{Detector, Usage};
use super::groups::Groups;
use super::loss::LossControl;
use super::probe::Prober;
use super::queue::Queue;
use super::sent::{Carried, Gone, Sent};
use super::throughput::Throughput;
use super::trend::Trend;
use super::{Acked, LEAST, Limits, MOST};
use crate::rtcp::twcc::Status;
use crate::time::Time;

/// A receiver that agreed to give feedback and has given none after so long never will; there is nothing to estimate from.
const SILENCE: Duration = Duration::from_secs(1);
/// An estimate of the receiver's own is forgotten after this.
const REMB_LIFE: Duration = Duration::from_secs(5);
/// What was learnt of the path begins to fade when nothing that is told of was sent for so long, by this much a second.
const AGES: Duration = Duration::from_millis(1_500);
const FADING: f64 = 1.25;
/// A queue that is too much whatever its trend.
const CHOKED: Duration = Duration::from_millis(250);
/// What was sent without a stamp so long after the packet before did not go with the next one.
const TOGETHER: Duration = Duration::from_millis(250);
/// Lost packets of one feedback that are told. More are a hole that nobody repairs, and to see which of them came as
/// copies takes so many looks for each packet that came.
pub const MOST_GONE: usize = 64;

/// Estimates what one transport can carry towards its receiver.
#[derive(Debug)]
pub struct Estimator {
    limits: Limits,
    sent: Sent,
    gone: Vec<Gone>,
    came: Vec<Carried>,
    groups: Groups,
    trend: Trend,
    detector: Detector,
    control: RateControl,
    loss: LossControl,
    throughput: Throughput,
    prober: Prober,
    round_trip: Duration,
    queue: Queue,
    /// When the first packet that can be told of was sent.
    began: Option<Time>,
    /// When feedback came last.
    told: Option<Time>,
    /// A queue or loss has shown what the path does not carry.
    proven: bool,
    /// The receiver's own estimate.
    remb: Option<(u64, Time)>,
    wanted: u64,
    axis: Axis,
    /// Bytes without a stamp since the last packet with one, and when that was.
    unstamped: usize,
    stamped: Time,
}

impl Estimator {
    /// One that knows nothing.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            sent: Sent::default(),
            gone: Vec::new(),
            came: Vec::new(),
            groups: Groups::default(),
            trend: Trend::default(),
            detector: Detector::default(),
            control: RateControl::new(limits.initial),
            loss: LossControl::default(),
            throughput: Throughput::default(),
            prober: Prober::default(),
            round_trip: Duration::from_millis(100),
            queue: Queue::default(),
            began: None,
            told: None,
            proven: false,
            remb: None,
            wanted: 0,
            axis: Axis::default(),
            unstamped: 0,
            stamped: Time::ZERO,
        }
    }

    /// The transport-wide number for the next packet.
    pub const fn next_number(&self) -> u16 {
        self.sent.next()
    }

    /// A packet was sent under [`next_number`](Self::next_number).
    pub fn sent(&mut self, bytes: usize, now: Time) {
        self.began.get_or_insert(now);
        self.take_up(now);
        let probe = self.prober.sending();
        if probe.is_some() {
            self.prober.sent(bytes);
        }
        let near = now.since(self.stamped) <= TOGETHER;
        let beside = if near { self.unstamped } else { 0 };
        (self.unstamped, self.stamped) = (0, now);
        self.sent.push((bytes, beside), probe, now);
    }

    /// What was sent last was this packet.
    pub fn carries(&mut self, carried: Carried) {
        self.sent.carries(carried);
    }

    /// What the last feedback says is lost, and not that a copy of it came.
    pub const fn gone(&mut self) -> &mut Vec<Gone> {
        &mut self.gone
    }

    /// What was hoped for while nothing flowed is tried now that something does.
    fn take_up(&mut self, now: Time) {
        let hoped = self.aged(now);
        if self.told.is_some() && hoped > self.by_feedback() {
            self.control.set(hoped, now);
            self.loss.raise(hoped);
        }
    }

    /// Bytes that bear no number were sent: they take their share of the path, and are taken to arrive with the next packet
    /// that bears one.
    pub fn unstamped(&mut self, bytes: usize) {
        self.unstamped = self.unstamped.saturating_add(bytes);
    }

    /// Bits per second for everything on the transport; `None` while there is nothing to tell it from.
    pub fn estimate(&self, now: Time) -> Option<u64> {
        if self.told.is_some() {
            let drained = self.aged(now) as f64 * self.queue.share(now);
            return Some((drained as u64).max(LEAST));
        }
        if let Some((rate, at)) = self.remb
            && now.since(at) < REMB_LIFE
        {
            return Some(rate);
        }
        let began = self.began?;
        (now.since(began) < SILENCE).then_some(self.limits.initial)
    }

    /// By the latest feedback, as far as it still says something: when nothing that is told of flows, because the estimate
    /// has room for nothing but sound, no feedback could ever raise it again.
    fn aged(&self, now: Time) -> u64 {
        let known = self.by_feedback();
        let silent = now.since(self.stamped).saturating_sub(AGES).as_secs_f64();
        let hoped = known as f64 * FADING.powf(silent);
        known.max((hoped as u64).min(self.limits.floor))
    }

    fn by_feedback(&self) -> u64 {
        let rate = self.control.rate().min(self.loss.bound());
        let floor = if self.proven {
            LEAST
        } else {
            self.limits.floor
        };
        rate.clamp(floor, MOST)
    }

    /// Whether the estimate is more than a guess: a queue, loss, a probe or the receiver itself has shown it.
    pub const fn is_proven(&self) -> bool {
        self.proven || self.remb.is_some()
    }

    /// Whether the receiver tells what arrives.
    pub const fn has_feedback(&self) -> bool {
        self.told.is_some()
    }

    /// From the newest packet told of to its feedback, and back.
    pub const fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// What would be sent if there were room for everything; probes aim for it.
    pub fn want(&mut self, wanted: u64) {
        self.wanted = wanted.min(MOST);
    }

    /// Begin to probe when it is time. Returns when the next packet of a probe is due, or [`Time::FAR`].
    pub fn poll(&mut self, now: Time) -> Time {
        if self.told.is_some() && self.detector.usage() != Usage::Over {
            let estimate = self.by_feedback();
            self.prober
                .poll(estimate, self.limits.initial, self.wanted, now);
        }
        self.prober.due()
    }

    /// When the next packet of a probe is due, or [`Time::FAR`].
    pub fn due(&self) -> Time {
        self.prober.due()
    }

    /// The receiver's own estimate (REMB), for one that gives no transport-wide feedback.
    pub fn receiver_estimate(&mut self, rate: u64, now: Time) {
        self.remb = Some((rate.clamp(LEAST, MOST), now));
    }

    /// A transport-wide feedback.
    pub fn feedback(&mut self, statuses: impl Iterator<Item = Status>, now: Time) {
        let (mut lost, mut total, mut usage) = (0, 0, None);
        self.gone.clear();
        self.came.clear();
        let mut newest = None;
        for status in statuses {
            let Some(sequence) = self.sent.extend(status.sequence) else {
                continue;
            };
            let Some(arrival) = status.arrival else {
                if let Some((sent, carried)) = self.sent.missing(sequence) {
                    (lost, total) = (lost + 1, total + 1);
                    if self.gone.len() < MOST_GONE {
                        self.gone
                            .extend(carried.map(|carried| Gone { carried, sent }));
                    }
                }
                continue;
            };
            let Some(mut packet) = self.sent.acknowledge(sequence, arrival) else {
                continue;
            };
            packet.arrival = self.place(arrival);
            self.came.extend(packet.carried);
            total += 1;
            newest = Some(packet.sent);
            usage = self.observe(&packet, now).or(usage);
        }
        let came = &self.came;
        self.gone.retain(|gone| !came.contains(&gone.carried));
        let Some(newest) = newest else {
            return;
        };
        let sample = now.since(newest);
        self.queue.measure(sample, now);
        self.round_trip = (self.round_trip * 7 + sample) / 8;
        self.told = Some(now);
        self.adjust(usage, (lost, total), now);
    }

    /// On a new axis nothing can be compared with what was before.
    fn place(&mut self, arrival: i64) -> i64 {
        match self.axis.place(arrival) {
            Place::At(arrival) => arrival,
            Place::Anew(arrival) => {
                self.groups = Groups::default();
                self.trend = Trend::default();
                self.detector = Detector::default();
                self.throughput = Throughput::default();
                arrival
            }
        }
    }

    fn observe(&mut self, packet: &Acked, now: Time) -> Option<Usage> {
        self.throughput
            .count(packet.arrival, packet.bytes + packet.beside);
        if let Some(seen) = self.prober.acknowledge(packet, self.by_feedback(), now) {
            self.probed(seen, now);
        }
        let variation = self.groups.take(packet)?;
        let slope = self.trend.update(variation)?;
        Some(self.detector.detect(slope, variation.arrival_ms))
    }

    fn probed(&mut self, seen: u64, now: Time) {
        self.proven = true;
        if seen > self.by_feedback() {
            self.control.set(seen.min(MOST), now);
            self.loss.raise(seen);
        }
    }

    fn adjust(&mut self, usage: Option<Usage>, (lost, total): (u64, u64), now: Time) {
        let delivered = self.throughput.get();
        let before = self.control.reduced();
        let usage = if self.is_choked(delivered, now) {
            Usage::Over
        } else {
            usage.unwrap_or(self.detector.usage())
        };
        let pile = match self.queue.length(now) {
            Duration::ZERO => Pile::None,
            _ if self.drains(now) => Pile::Long,
            _ => Pile::Short,
        };
        self.control
            .update(usage, (delivered, pile), self.round_trip, now);
        if self.control.reduced() != before {
            self.proven = true;
            self.prober.overused(now);
        }
        let rate = self.by_feedback();
        self.loss.report(lost, total, rate, self.round_trip, now);
        self.proven |= self.loss.bound() < rate;
    }

    /// Whether there is a queue to empty.
    pub fn drains(&self, now: Time) -> bool {
        self.queue.length(now) > CHOKED
    }

    /// A long queue, and less arrives than is allowed: no need to wait until a line through the delays says so.
    fn is_choked(&self, delivered: Option<u64>, now: Time) -> bool {
        self.drains(now) && delivered.is_some_and(|rate| rate < self.control.rate() / 5 * 4)
    }

    /// Share of the packets that is lost of late by the receiver's feedback, in 1/256; 0 without any.
    pub fn lost(&self) -> u8 {
        (self.loss.recent() * 256.0) as u8
    }

    /// What arrives at the receiver, in bits per second.
    pub fn delivered(&self) -> Option<u64> {
        self.throughput.get()
    }
}
