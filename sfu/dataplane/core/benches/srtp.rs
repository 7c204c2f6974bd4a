//! Nanoseconds of one packet through SRTP, in and out: `cargo bench -p folkmoot-core --bench srtp`. A few seconds.

use folkmoot_core::srtp::{Inbound, Outbound, Profile};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 40;
const PACKETS: u64 = 5000;

fn packet(length: usize, sequence: u64) -> Vec<u8> {
    let mut packet = vec![0; length + Profile::MAX_OVERHEAD];
    for (byte, value) in packet.iter_mut().zip([0x80, 96]) {
        *byte = value;
    }
    for (byte, value) in packet
        .iter_mut()
        .skip(2)
        .zip((sequence as u16).to_be_bytes())
    {
        *byte = value;
    }
    packet
}

/// The fastest of some rounds: what the code costs, not what the machine was doing besides.
fn best(mut round: impl FnMut(u64) -> u128) -> u64 {
    let fastest = (0..ROUNDS as u64).map(&mut round).min().unwrap_or_default();
    u64::try_from(fastest).unwrap_or(u64::MAX) / PACKETS
}

fn protect(profile: Profile, master: &[u8], length: usize) -> Option<u64> {
    let mut outbound = Outbound::new(profile, master).ok()?;
    let mut buffer = packet(length, 0);
    Some(best(|round| {
        let start = Instant::now();
        for ext_seq in round * PACKETS..(round + 1) * PACKETS {
            for (byte, value) in buffer
                .iter_mut()
                .skip(2)
                .zip((ext_seq as u16).to_be_bytes())
            {
                *byte = value;
            }
            let _ = black_box(outbound.protect_rtp(&mut buffer, length, ext_seq));
        }
        start.elapsed().as_nanos()
    }))
}

fn unprotect(profile: Profile, master: &[u8], length: usize) -> Option<u64> {
    let mut outbound = Outbound::new(profile, master).ok()?;
    let mut inbound = Inbound::new(profile, master).ok()?;
    Some(best(|round| {
        let mut packets: Vec<(Vec<u8>, usize)> = (round * PACKETS..(round + 1) * PACKETS)
            .filter_map(|ext_seq| {
                let mut packet = packet(length, ext_seq);
                let length = outbound.protect_rtp(&mut packet, length, ext_seq).ok()?;
                Some((packet, length))
            })
            .collect();
        let start = Instant::now();
        for (packet, length) in &mut packets {
            let _ = black_box(inbound.unprotect_rtp(packet.get_mut(..*length).unwrap_or_default()));
        }
        start.elapsed().as_nanos()
    }))
}

fn main() {
    println!(
        "{:26} {:>6} {:>9} {:>11}",
        "ns per packet", "bytes", "protect", "unprotect"
    );
    for profile in Profile::ALL {
        let master: Vec<u8> = (0..profile.master_length())
            .map(|byte| byte as u8)
            .collect();
        for length in [1200, 100] {
            let out = protect(profile, &master, length).unwrap_or_default();
            let back = unprotect(profile, &master, length).unwrap_or_default();
            println!("{:26} {length:>6} {out:>9} {back:>11}", profile.name());
        }
    }
}
