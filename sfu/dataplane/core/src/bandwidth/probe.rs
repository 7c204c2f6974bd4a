//! Probes: a short burst above the estimate, to see whether it arrives as fast as it was sent.
//!
//! What is not sent cannot be seen to fit, so an estimate grows in steps: when more would be used, a cluster of packets
//! goes out at the rate in question.

use std::time::Duration;

use super::Acked;
use crate::time::Time;

/// A cluster lasts so long.
const LENGTH: Duration = Duration::from_millis(20);
/// And has at least so many packets.
const LEAST_PACKETS: u32 = 6;
/// Of which so many must be told of.
const LEAST_ACKED: u32 = 5;
/// A cluster nobody told enough of is over after this.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// The first two, times the initial estimate.
const FIRST: [u64; 2] = [3, 6];
/// Later ones, times the estimate; and after one that was worthwhile.
const STEP: u64 = 2;
const LONG_STEP: u64 = 3;
/// Less than this of the rate sent arrived: the path is full, and a little less than what arrived is what it carries.
const ARRIVED: f64 = 0.9;
const OF_FULL: f64 = 0.95;
/// A probe raised the estimate by so much, or it was in vain.
const WORTHWHILE: f64 = 1.1;
/// After one that was worthwhile, and after the first in vain; then twice as long each time.
const AFTER_SUCCESS: Duration = Duration::from_millis(800);
const AFTER_FAILURE: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(4);
/// After a queue had grown.
const AFTER_OVERUSE: Duration = Duration::from_secs(2);

/// A cluster under way.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    id: u8,
    rate: u64,
    started: Time,
    packets: u32,
    bytes: usize,
    arrivals: Arrivals,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
struct Arrivals {
    count: u32,
    bytes: usize,
    sent: Option<(Time, Time)>,
    arrived: Option<(i64, i64)>,
    first_bytes: usize,
    last_bytes: usize,
}

impl Arrivals {
    fn take(&mut self, packet: &Acked) {
        self.count += 1;
        self.bytes += packet.bytes;
        match &mut self.sent {
            None => {
                (self.sent, self.first_bytes) = (Some((packet.sent, packet.sent)), packet.bytes)
            }
            Some((_, last)) => *last = packet.sent,
        }
        self.last_bytes = packet.bytes;
        self.arrived = Some(match self.arrived {
            None => (packet.arrival, packet.arrival),
            Some((first, last)) => (first.min(packet.arrival), last.max(packet.arrival)),
        });
    }

    /// Bits per second as sent, and as arrived.
    fn rates(&self) -> Option<(f64, f64)> {
        let ((first_sent, last_sent), (first, last)) = self.sent.zip(self.arrived)?;
        let sending = last_sent.since(first_sent).as_secs_f64();
        let arriving = (last - first) as f64 / 1e6;
        if sending <= 0.0 || arriving < 0.0 {
            return None;
        }
        let sent = (self.bytes - self.last_bytes) as f64 * 8.0 / sending;
        let arrived = (self.bytes - self.first_bytes) as f64 * 8.0 / arriving.max(0.001);
        Some((sent, arrived))
    }
}

/// Decides when to probe, and what came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prober {
    cluster: Option<Cluster>,
    begun: usize,
    next_id: u8,
    next_at: Time,
    backoff: Option<Duration>,
}

impl Prober {
    /// The cluster that a packet sent now is a part of.
    pub fn sending(&self) -> Option<u8> {
        self.cluster
            .filter(|cluster| !cluster.is_sent())
            .map(|cluster| cluster.id)
    }

    /// A packet of the cluster was sent.
    pub fn sent(&mut self, bytes: usize) {
        if let Some(cluster) = &mut self.cluster {
            cluster.packets += 1;
            cluster.bytes += bytes;
        }
    }

    /// When the next packet of a cluster is due; [`Time::FAR`] when none is being sent.
    pub fn due(&self) -> Time {
        match &self.cluster {
            Some(cluster) if !cluster.is_sent() => {
                let micros = cluster.bytes as u64 * 8_000_000 / cluster.rate.max(1);
                cluster.started + Duration::from_micros(micros)
            }
            _ => Time::FAR,
        }
    }

    /// Begin a cluster if it is time and `wanted` is above the `estimate`.
    pub fn poll(&mut self, estimate: u64, initial: u64, wanted: u64, now: Time) {
        if let Some(cluster) = &self.cluster {
            if now.since(cluster.started) > PATIENCE {
                self.cluster = None;
                self.fail(now);
            }
            return;
        }
        if wanted <= estimate.saturating_add(estimate / 20) || now < self.next_at {
            return;
        }
        let rate = match FIRST.get(self.begun) {
            Some(times) => initial
                .saturating_mul(*times)
                .max(estimate.saturating_mul(STEP)),
            None if self.backoff.is_none() => estimate.saturating_mul(LONG_STEP),
            None => estimate.saturating_mul(STEP),
        };
        self.begun += 1;
        self.next_id = self.next_id.wrapping_add(1);
        self.cluster = Some(Cluster {
            id: self.next_id,
            // Not much more than anybody would use: a probe costs those who share the path.
            rate: rate.min(wanted.saturating_mul(STEP)),
            started: now,
            packets: 0,
            bytes: 0,
            arrivals: Arrivals::default(),
        });
    }

    /// A packet of a cluster arrived. Returns what the path was seen to carry, once enough of the cluster has.
    pub fn acknowledge(&mut self, packet: &Acked, estimate: u64, now: Time) -> Option<u64> {
        let cluster = self
            .cluster
            .as_mut()
            .filter(|cluster| packet.probe == Some(cluster.id))?;
        cluster.arrivals.take(packet);
        let enough = cluster.arrivals.count.max(LEAST_ACKED) * 10 >= cluster.packets * 8;
        if !cluster.is_sent() || cluster.arrivals.count < LEAST_ACKED || !enough {
            return None;
        }
        let rates = cluster.arrivals.rates();
        self.cluster = None;
        let seen = rates.map(|(sent, arrived)| {
            if arrived < ARRIVED * sent {
                OF_FULL * arrived
            } else {
                sent.min(arrived)
            }
        });
        match seen {
            Some(seen) if seen > WORTHWHILE * estimate as f64 => {
                self.backoff = None;
                self.next_at = now + AFTER_SUCCESS;
            }
            _ => self.fail(now),
        }
        seen.map(|seen| seen as u64)
    }

    /// A queue grew: what was asked is answered.
    pub fn overused(&mut self, now: Time) {
        self.cluster = None;
        self.next_at = self.next_at.max(now + AFTER_OVERUSE);
    }

    fn fail(&mut self, now: Time) {
        let wait = self
            .backoff
            .map_or(AFTER_FAILURE, |last| (last * 2).min(LONGEST));
        self.backoff = Some(wait);
        self.next_at = now + wait;
    }

    /// The path may have changed for the better: do not wait as long as many failures would have it.
    pub fn encourage(&mut self, now: Time) {
        self.backoff = None;
        self.next_at = self.next_at.min(now + AFTER_FAILURE);
    }
}

impl Cluster {
    fn is_sent(&self) -> bool {
        let bytes = self.rate as f64 / 8.0 * LENGTH.as_secs_f64();
        self.packets >= LEAST_PACKETS && self.bytes as f64 >= bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESTIMATE: u64 = 1_000_000;
    const BYTES: usize = 1_000;

    /// Send a cluster when it is due from `now` on over a path that carries `path` bits per second. Returns the rate it was
    /// sent at, and what was seen.
    fn probe(prober: &mut Prober, path: u64, now: Time) -> Option<(u64, Option<u64>)> {
        prober.poll(ESTIMATE, ESTIMATE, 50_000_000, now);
        let rate = prober.cluster?.rate;
        let (mut sent, mut free) = (Vec::new(), now);
        while let Some(id) = prober.sending() {
            let at = prober.due();
            prober.sent(BYTES);
            free = free.max(at) + Duration::from_micros(BYTES as u64 * 8_000_000 / path);
            sent.push(Acked {
                sent: at,
                arrival: free.since(Time::ZERO).as_micros() as i64,
                bytes: BYTES,
                beside: 0,
                probe: Some(id),
                carried: None,
            });
        }
        let seen = sent
            .iter()
            .find_map(|packet| prober.acknowledge(packet, ESTIMATE, now));
        Some((rate, seen))
    }

    fn is_about(seen: u64, expected: u64) -> bool {
        seen.abs_diff(expected) <= expected / 10
    }

    #[test]
    fn what_the_path_takes_is_seen_at_the_rate_it_was_sent() {
        let (rate, seen) =
            probe(&mut Prober::default(), 100_000_000, Time::ZERO).unwrap_or_default();
        assert_eq!(rate, 3 * ESTIMATE);
        assert!(is_about(seen.unwrap_or(0), rate), "{seen:?}");
    }

    #[test]
    fn what_the_path_does_not_take_is_seen_at_a_little_less_than_it_carries() {
        let (_, seen) = probe(&mut Prober::default(), 1_500_000, Time::ZERO).unwrap_or_default();
        assert!(is_about(seen.unwrap_or(0), 1_425_000), "{seen:?}");
    }

    #[test]
    fn after_a_probe_in_vain_the_next_waits_longer_and_longer() {
        let mut prober = Prober::default();
        let mut begun = Vec::new();
        for tenths in 0..200 {
            if probe(&mut prober, ESTIMATE, Time::from_millis(tenths * 100)).is_some() {
                begun.push(tenths);
            }
        }
        assert_eq!(begun, [0, 20, 60, 100, 140, 180]);
    }

    #[test]
    fn nobody_probes_for_what_nobody_wants() {
        let mut prober = Prober::default();
        prober.poll(ESTIMATE, ESTIMATE, ESTIMATE, Time::ZERO);
        assert_eq!((prober.sending(), prober.due()), (None, Time::FAR));
    }

    #[test]
    fn a_cluster_nobody_tells_of_is_over_after_a_second() {
        let mut prober = Prober::default();
        prober.poll(ESTIMATE, ESTIMATE, 50_000_000, Time::ZERO);
        prober.poll(ESTIMATE, ESTIMATE, 50_000_000, Time::from_millis(1_001));
        assert_eq!(prober.sending(), None);
        prober.poll(ESTIMATE, ESTIMATE, 50_000_000, Time::from_millis(3_002));
        assert!(prober.sending().is_some());
    }
}
