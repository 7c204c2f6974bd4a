//! Whole packets as other implementations make them, from the master keys on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use folkmoot_core::srtp::{Inbound, Outbound, Profile};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn rtp() -> Vec<u8> {
    [hex("800f1234decafbadcafebabe"), vec![0xab; 16]].concat()
}

fn rtcp() -> Vec<u8> {
    [hex("81c8000bcafebabe"), vec![0xab; 16]].concat()
}

/// Protects with a fresh context, `before` RTCP packets having gone out already.
fn protected(profile: Profile, master: &[u8], packet: &[u8], ext_seq: u64) -> Vec<u8> {
    let mut buffer = [packet, &[0; Profile::MAX_OVERHEAD]].concat();
    let length = Outbound::new(profile, master)
        .unwrap()
        .protect_rtp(&mut buffer, packet.len(), ext_seq)
        .unwrap();
    buffer[..length].to_vec()
}

fn second_rtcp(profile: Profile, master: &[u8]) -> Vec<u8> {
    let mut outbound = Outbound::new(profile, master).unwrap();
    let mut packet = Vec::new();
    for _ in 0..2 {
        let mut buffer = [rtcp(), vec![0; Profile::MAX_OVERHEAD]].concat();
        let length = outbound.protect_rtcp(&mut buffer, rtcp().len()).unwrap();
        packet = buffer[..length].to_vec();
    }
    packet
}

fn check(profile: Profile, master: &str, srtp: &str, srtcp: &str) {
    let master = hex(master);
    assert_eq!(protected(profile, &master, &rtp(), 0x1234), hex(srtp));
    assert_eq!(second_rtcp(profile, &master), hex(srtcp));

    let mut inbound = Inbound::new(profile, &master).unwrap();
    let mut packet = hex(srtp);
    let length = inbound.unprotect_rtp(&mut packet).unwrap();
    assert_eq!(packet[..length], rtp());
    let mut packet = hex(srtcp);
    let length = inbound.unprotect_rtcp(&mut packet).unwrap();
    assert_eq!(packet[..length], rtcp());
}

#[test]
fn aes_cm_packets_are_those_of_the_reference_implementation() {
    check(
        Profile::Aes128CmSha1_80,
        "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
        "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
        "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798",
    );
}

#[test]
fn aes_128_gcm_packets_are_those_of_the_reference_implementation() {
    check(
        Profile::Aead128Gcm,
        "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab",
        "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392",
        "81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001",
    );
}
