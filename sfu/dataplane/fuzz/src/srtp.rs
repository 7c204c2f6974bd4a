//! What claims to be SRTP or SRTCP: nothing forged is taken, and forging leaves no trace.

use folkmoot_core::srtp::{Inbound, Outbound, Profile, SrtpError};

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let profile = input.pick(Profile::ALL);
    let master: Vec<u8> = (0..).take(profile.master_length()).collect();
    let (Ok(mut inbound), Ok(mut outbound)) = (
        Inbound::new(profile, &master),
        Outbound::new(profile, &master),
    ) else {
        panic!("keys of the right length are refused");
    };
    while !input.is_empty() {
        let rtcp = input.flag();
        let mut forged = input.bytes(300).to_vec();
        let opened = if rtcp {
            inbound.unprotect_rtcp(&mut forged)
        } else {
            inbound.unprotect_rtp(&mut forged)
        };
        assert!(opened.is_err(), "forged bytes were taken");
    }
    let mut packet = b"\x80\x60\x00\x07\0\0\0\0\0\0\0\x01payload".to_vec();
    let length = packet.len();
    packet.resize(length + Profile::MAX_OVERHEAD, 0);
    let sealed = outbound
        .protect_rtp(&mut packet, length, 7)
        .unwrap_or_default();
    let mut copy = packet.clone();
    assert_eq!(inbound.unprotect_rtp(&mut copy[..sealed]), Ok(length));
    assert_eq!(
        inbound.unprotect_rtp(&mut packet[..sealed]),
        Err(SrtpError::Replay)
    );
}
