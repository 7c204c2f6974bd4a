//! A browser, as far as the data plane can tell: STUN checks, SRTP both ways, answers to NACKs.

use std::collections::{BTreeMap, HashMap};

use folkmoot_core::demux::{Class, classify};
use folkmoot_core::id::Ssrc;
use folkmoot_core::rtcp::sr::SenderInfo;
use folkmoot_core::rtcp::{Compound, Packet as Rtcp, ReportBlock, nack, pli, rr, sr, xr};
use folkmoot_core::rtp::{Header, Packet};
use folkmoot_core::srtp::{Inbound, Outbound, Profile};
use folkmoot_core::stun::request::Check;
use folkmoot_core::stun::{Response, Role, TransactionId};
use folkmoot_core::time::{Ntp, Time};

pub const PROFILE: Profile = Profile::Aead128Gcm;

/// Keys by direction, seen from the engine.
pub fn keys(port: u16) -> (Vec<u8>, Vec<u8>) {
    let [high, low] = port.to_be_bytes();
    let key = |direction: u8| {
        (0..28)
            .map(|at| at ^ direction ^ high.wrapping_add(low))
            .collect()
    };
    (key(0x11), key(0x77))
}

/// An RTP packet the peer got, decrypted.
#[derive(Clone, Debug)]
pub struct Got {
    pub ssrc: u32,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub elements: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
    pub at: Time,
}

/// What the peer heard in RTCP.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub nacks: Vec<(u32, Vec<u16>)>,
    pub plis: Vec<(u32, Time)>,
    pub firs: Vec<u32>,
    pub rembs: Vec<u64>,
    pub twccs: usize,
    pub sender_reports: Vec<SenderInfo>,
    pub report_blocks: Vec<ReportBlock>,
    pub cnames: Vec<(u32, Vec<u8>)>,
    /// Times it told that were said back: by whom, what, and when it heard.
    pub answers: Vec<(Ssrc, xr::Answer, Time)>,
}

pub struct Peer {
    pub port: u16,
    pub got: Vec<Got>,
    pub heard: Heard,
    pub responses: usize,
    /// Sealed media datagrams sent to it, by SSRC and sequence number, before the network had them.
    pub sealed: BTreeMap<(u32, u16), Vec<Vec<u8>>>,
    /// How it answers NACKs: its packets by SSRC and sequence, and the RTX SSRC and payload type of an SSRC.
    pub history: HashMap<(u32, u16), Vec<u8>>,
    pub rtx: HashMap<u32, (u32, u8)>,
    rtx_next: HashMap<u32, u64>,
    inbound: Inbound,
    outbound: Outbound,
    transaction: u64,
}

impl Peer {
    pub fn new(port: u16) -> Self {
        let (to_engine, from_engine) = keys(port);
        Self {
            port,
            got: Vec::new(),
            heard: Heard::default(),
            responses: 0,
            sealed: BTreeMap::new(),
            history: HashMap::new(),
            rtx: HashMap::new(),
            rtx_next: HashMap::new(),
            inbound: Inbound::new(PROFILE, &from_engine).unwrap(),
            outbound: Outbound::new(PROFILE, &to_engine).unwrap(),
            transaction: u64::from(port) << 32,
        }
    }

    pub fn check(&mut self, server_ufrag: &str, password: &str, nominate: bool) -> Vec<u8> {
        self.transaction += 1;
        let mut transaction = [0; 12];
        transaction[4..].copy_from_slice(&self.transaction.to_be_bytes());
        let check = Check {
            transaction: TransactionId(transaction),
            remote_ufrag: server_ufrag,
            local_ufrag: "browser",
            priority: 1,
            use_candidate: nominate,
            role: Role::Controlling(7),
        };
        let mut out = Vec::new();
        check.write(&mut out, password.as_bytes());
        out
    }

    pub fn seal_rtp(&mut self, packet: &[u8], sequence: u64) -> Vec<u8> {
        let mut buffer = packet.to_vec();
        buffer.resize(packet.len() + Profile::MAX_OVERHEAD, 0);
        let length = self
            .outbound
            .protect_rtp(&mut buffer, packet.len(), sequence)
            .unwrap();
        buffer.truncate(length);
        buffer
    }

    pub fn seal_rtcp(&mut self, packet: &[u8]) -> Vec<u8> {
        let mut buffer = packet.to_vec();
        buffer.resize(packet.len() + Profile::MAX_OVERHEAD, 0);
        let length = self
            .outbound
            .protect_rtcp(&mut buffer, packet.len())
            .unwrap();
        buffer.truncate(length);
        buffer
    }

    pub fn nack(&mut self, media: u32, sequences: &[u16]) -> Vec<u8> {
        let mut out = Vec::new();
        nack::write(&mut out, Ssrc(1), Ssrc(media), sequences.iter().copied());
        self.seal_rtcp(&out)
    }

    pub fn pli(&mut self, media: u32) -> Vec<u8> {
        let mut out = Vec::new();
        pli::write(&mut out, Ssrc(1), Ssrc(media));
        self.seal_rtcp(&out)
    }

    pub fn sender_report(&mut self, ssrc: u32, ntp: Ntp, timestamp: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let info = SenderInfo {
            ssrc: Ssrc(ssrc),
            ntp,
            timestamp,
            packets: 1,
            bytes: 1,
        };
        sr::write(&mut out, &info, &[]);
        self.seal_rtcp(&out)
    }

    pub fn receiver_report(&mut self, block: ReportBlock) -> Vec<u8> {
        let mut out = Vec::new();
        rr::write(&mut out, Ssrc(1), &[block]);
        self.seal_rtcp(&out)
    }

    pub fn note_sent_to(&mut self, bytes: &[u8]) {
        if classify(bytes) == Class::Rtp {
            let fields = Header::parse(bytes).unwrap().fields;
            self.sealed
                .entry((fields.ssrc.0, fields.sequence))
                .or_default()
                .push(bytes.to_vec());
        }
    }

    /// A datagram came. Returns what the peer answers: retransmissions, when it keeps a history.
    pub fn receive(&mut self, mut bytes: Vec<u8>, now: Time) -> Vec<Vec<u8>> {
        match classify(&bytes) {
            Class::Stun => {
                self.responses += usize::from(
                    Response::parse(&bytes).is_ok_and(|response| response.outcome.is_ok()),
                );
            }
            Class::Rtp => {
                // A packet sent again under its own number is a replay; the media has it already.
                if let Ok(length) = self.inbound.unprotect_rtp(&mut bytes) {
                    self.got.push(got(&bytes[..length], now));
                }
            }
            Class::Rtcp => {
                let length = self.inbound.unprotect_rtcp(&mut bytes).unwrap();
                return self.hear(&bytes[..length], now);
            }
            _ => {}
        }
        Vec::new()
    }

    fn hear(&mut self, bytes: &[u8], now: Time) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for packet in Compound::parse(bytes).unwrap() {
            match packet.unwrap() {
                Rtcp::Nack(nack) => {
                    let sequences: Vec<_> = nack.sequences().collect();
                    answers.extend(
                        sequences
                            .iter()
                            .filter_map(|sequence| self.retransmit(nack.media.0, *sequence)),
                    );
                    self.heard.nacks.push((nack.media.0, sequences));
                }
                Rtcp::Pli(pli) => self.heard.plis.push((pli.media.0, now)),
                Rtcp::Fir(fir) => self
                    .heard
                    .firs
                    .extend(fir.entries().map(|entry| entry.ssrc.0)),
                Rtcp::Remb(remb) => self.heard.rembs.push(remb.bitrate),
                Rtcp::Twcc(_) => self.heard.twccs += 1,
                Rtcp::SenderReport(report) => self.heard.sender_reports.push(report.info),
                Rtcp::ReceiverReport(report) => self.heard.report_blocks.extend(report.blocks),
                Rtcp::Sdes(sdes) => {
                    self.heard
                        .cnames
                        .extend(sdes.cnames().map(|(ssrc, name)| (ssrc.0, name.to_vec())));
                }
                Rtcp::ExtendedReport(report) => {
                    let heard = report.answers().map(|answer| (report.sender, answer, now));
                    self.heard.answers.extend(heard);
                }
                _ => {}
            }
        }
        answers
    }

    /// The packet once more, as RTX (RFC 4588).
    pub fn retransmit(&mut self, ssrc: u32, sequence: u16) -> Option<Vec<u8>> {
        let (rtx_ssrc, payload_type) = *self.rtx.get(&ssrc)?;
        let packet = self.history.get(&(ssrc, sequence))?.clone();
        let next = self.rtx_next.entry(rtx_ssrc).or_insert(100);
        *next += 1;
        let index = *next;
        let header = Header::parse(&packet).unwrap();
        let mut out = packet[..header.length].to_vec();
        out[1] = out[1] & 0x80 | payload_type;
        out[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        out[8..12].copy_from_slice(&rtx_ssrc.to_be_bytes());
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&packet[header.length..]);
        Some(self.seal_rtp(&out, index))
    }

    /// What it got of one SSRC.
    pub fn got_of(&self, ssrc: u32) -> Vec<&Got> {
        self.got.iter().filter(|got| got.ssrc == ssrc).collect()
    }
}

fn got(bytes: &[u8], at: Time) -> Got {
    let packet = Packet::parse(bytes).unwrap();
    let fields = packet.fields();
    Got {
        ssrc: fields.ssrc.0,
        payload_type: fields.payload_type.0,
        sequence: fields.sequence,
        timestamp: fields.timestamp,
        marker: fields.marker,
        elements: packet
            .elements()
            .map(|(id, value)| (id, value.to_vec()))
            .collect(),
        payload: packet.payload().to_vec(),
        at,
    }
}
