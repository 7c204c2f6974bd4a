//! RTCP: fixtures by hand, round trips, and the caps. Transport-wide feedback has a file of its own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::id::Ssrc;
use folkmoot_core::rtcp::{
    Compound, Packet, ReportBlock, RtcpError, bye, fir, nack, pli, remb, rr, sdes, sr, xr,
};
use folkmoot_core::time::Ntp;
use proptest::prelude::*;

const SENDER: Ssrc = Ssrc(0x0102_0304);
const MEDIA: Ssrc = Ssrc(0x1112_1314);

/// What Chromium sends for a receive-only transport: a receiver report and XR with its reference time.
const REPORT_AND_XR: &[u8] = b"\x81\xc9\0\x07\0\0\0\x01\
    \x11\x12\x13\x14\x40\xff\xff\xff\0\x01\0\x02\0\0\0\x03\xaa\xbb\xcc\xdd\0\x01\0\0\
    \x80\xcf\0\x04\0\0\0\x01\x04\0\0\x02\xe0\0\0\0\0\0\0\0";

/// Reduced size: a NACK for 10, 11 and 26, nothing before it.
const NACK: &[u8] = b"\x81\xcd\0\x03\x01\x02\x03\x04\x11\x12\x13\x14\0\x0a\x80\x01";

fn only(bytes: &[u8]) -> Packet<'_> {
    let mut packets = Compound::parse(bytes).unwrap();
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

fn error(bytes: &[u8]) -> RtcpError {
    Compound::parse(bytes).unwrap().next().unwrap().unwrap_err()
}

#[test]
fn a_receiver_report_is_read_and_the_reference_time_after_it() {
    let packets: Vec<_> = Compound::parse(REPORT_AND_XR)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let [
        Packet::ReceiverReport(report),
        Packet::ExtendedReport(extended),
    ] = &packets[..]
    else {
        panic!("{packets:?}");
    };
    assert_eq!((report.sender, extended.sender), (Ssrc(1), Ssrc(1)));
    assert_eq!(extended.reference, Some(Ntp::from_bits(0xe000_0000 << 32)));
    assert_eq!(extended.answers().count(), 0);
    let block = ReportBlock {
        ssrc: MEDIA,
        fraction_lost: 0x40,
        cumulative_lost: -1,
        highest_sequence: 0x0001_0002,
        jitter: 3,
        last_sender_report: 0xaabb_ccdd,
        delay: 0x0001_0000,
    };
    assert_eq!(report.blocks.clone().collect::<Vec<_>>(), [block]);
}

#[test]
fn a_nack_may_come_alone_and_names_pid_and_bits() {
    let Packet::Nack(nack) = only(NACK) else {
        panic!()
    };
    assert_eq!((nack.sender, nack.media), (SENDER, MEDIA));
    assert_eq!(nack.sequences().collect::<Vec<_>>(), [10, 11, 26]);
}

#[test]
fn every_cut_of_a_compound_is_refused_as_a_whole() {
    for length in 0..REPORT_AND_XR.len() {
        // The end of the first packet is the only place where a cut leaves a whole compound.
        let whole = Compound::parse(&REPORT_AND_XR[..length]).is_ok();
        assert_eq!(whole, length == 32, "{length} bytes");
    }
}

#[test]
fn another_version_is_refused_wherever_it_stands() {
    let mut bytes = REPORT_AND_XR.to_vec();
    bytes[32] = 0x40;
    assert_eq!(Compound::parse(&bytes).unwrap_err(), RtcpError::Version);
}

#[test]
fn padding_is_taken_off_and_refused_where_it_cannot_be() {
    let mut padded = b"\xa1\xcd\0\x04\x01\x02\x03\x04\x11\x12\x13\x14\0\x0a\0\0\0\0\0\x04".to_vec();
    let Packet::Nack(nack) = only(&padded) else {
        panic!()
    };
    assert_eq!(nack.sequences().collect::<Vec<_>>(), [10]);

    for wrong in [0, 20, 255] {
        *padded.last_mut().unwrap() = wrong;
        assert_eq!(Compound::parse(&padded).unwrap_err(), RtcpError::Padding);
    }
    *padded.last_mut().unwrap() = 4;
    padded.extend_from_slice(NACK);
    assert_eq!(Compound::parse(&padded).unwrap().count(), 2);
}

#[test]
fn transport_wide_feedback_is_read_as_browsers_fill_it_up() {
    // One chunk and three deltas are five bytes; three of padding make eight, and the padding bit is set.
    let feedback = b"\xaf\xcd\0\x06\x01\x02\x03\x04\x11\x12\x13\x14\0\x0a\0\x03\0\0\x01\0\x20\x03\x04\x04\x04\0\0\x03";
    let Packet::Twcc(feedback) = only(feedback) else {
        panic!()
    };
    let sequences = feedback
        .statuses()
        .filter(|status| status.arrival.is_some());
    assert_eq!(
        sequences.map(|status| status.sequence).collect::<Vec<_>>(),
        [10, 11, 12]
    );
}

#[test]
fn a_malformed_packet_does_not_hide_the_next_one() {
    // A receiver report that counts two blocks and has one.
    let mut bytes = REPORT_AND_XR[..32].to_vec();
    bytes[0] = 0x82;
    bytes.extend_from_slice(NACK);
    let packets: Vec<_> = Compound::parse(&bytes).unwrap().collect();
    assert!(matches!(
        packets[..],
        [Err(RtcpError::TooShort), Ok(Packet::Nack(_))]
    ));
}

#[test]
fn extended_reports_are_read_as_they_were_written_and_other_blocks_stepped_over() {
    let answer = |receiver| xr::Answer {
        receiver: Ssrc(receiver),
        last_reference: 0xaabb_ccdd,
        delay: receiver << 16,
    };
    let mut bytes = Vec::new();
    xr::write_answers(&mut bytes, SENDER, [].into_iter());
    assert!(bytes.is_empty(), "nothing to answer");
    xr::write_answers(&mut bytes, SENDER, [answer(1), answer(2)].into_iter());
    let Packet::ExtendedReport(report) = only(&bytes) else {
        panic!()
    };
    assert_eq!((report.sender, report.reference), (SENDER, None));
    assert_eq!(report.answers().collect::<Vec<_>>(), [answer(1), answer(2)]);

    // A block of loss lengths before the time.
    let bytes = b"\x80\xcf\0\x06\x01\x02\x03\x04\x01\0\0\x01\0\0\0\0\x04\0\0\x02\x11\x22\x33\x44\x55\x66\x77\x88";
    let Packet::ExtendedReport(report) = only(bytes) else {
        panic!()
    };
    assert_eq!(
        report.reference,
        Some(Ntp::from_bits(0x1122_3344_5566_7788))
    );
}

#[test]
fn blocks_of_extended_reports_that_go_beyond_the_end_or_have_no_time_are_refused() {
    let beyond = b"\x80\xcf\0\x03\x01\x02\x03\x04\x01\0\0\x02\0\0\0\0";
    assert_eq!(error(beyond), RtcpError::TooShort);
    let no_time = b"\x80\xcf\0\x03\x01\x02\x03\x04\x04\0\0\x01\0\0\0\0";
    assert_eq!(error(no_time), RtcpError::Invalid);
}

#[test]
fn feedback_without_content_is_refused() {
    let cases: [&[u8]; 6] = [
        b"\x81\xcd\0\x02\0\0\0\x01\0\0\0\x02",
        b"\x81\xce\0\x01\0\0\0\x01",
        b"\x84\xce\0\x02\0\0\0\x01\0\0\0\x02",
        b"\x8f\xcd\0\x02\0\0\0\x01\0\0\0\x02",
        b"\x8f\xce\0\x03\0\0\0\x01\0\0\0\0REMB",
        b"\x81\xcb\0\0",
    ];
    for bytes in cases {
        assert_eq!(error(bytes), RtcpError::TooShort, "{bytes:x?}");
    }
}

#[test]
fn application_feedback_of_others_is_stepped_over() {
    let bytes = b"\x8f\xce\0\x03\0\0\0\x01\0\0\0\0ALFX";
    assert!(matches!(
        only(bytes),
        Packet::Skipped {
            packet_type: 206,
            format: 15
        }
    ));
}

#[test]
fn a_description_with_several_sources_and_items_gives_canonical_names() {
    // Source 1 has a TOOL and a CNAME, source 2 nothing, source 3 a CNAME that ends on a word.
    let bytes = b"\x83\xca\0\x09\0\0\0\x01\x06\x01t\x01\x03abc\0\0\0\0\
        \0\0\0\x02\0\0\0\0\0\0\0\x03\x01\x05vwxyz\0";
    let Packet::Sdes(sdes) = only(bytes) else {
        panic!()
    };
    let names: Vec<_> = sdes.cnames().collect();
    assert_eq!(names, [(Ssrc(1), &b"abc"[..]), (Ssrc(3), b"vwxyz")]);
}

#[test]
fn a_description_without_its_end_is_refused() {
    assert_eq!(
        error(b"\x81\xca\0\x02\0\0\0\x01\x01\x02ab"),
        RtcpError::TooShort
    );
    assert_eq!(
        error(b"\x81\xca\0\x02\0\0\0\x01\x01\x09ab"),
        RtcpError::TooShort
    );
    assert_eq!(
        error(b"\x82\xca\0\x02\0\0\0\x01\x01\x01a\0"),
        RtcpError::TooShort
    );
}

#[test]
fn a_goodbye_may_give_a_reason() {
    let Packet::Bye(bye) = only(b"\x81\xcb\0\x03\0\0\0\x09\x04gone\0\0\0") else {
        panic!()
    };
    assert_eq!(bye.sources().collect::<Vec<_>>(), [Ssrc(9)]);
    assert_eq!(bye.reason(), b"gone");
    assert_eq!(
        error(b"\x81\xcb\0\x02\0\0\0\x09\x04abc"),
        RtcpError::TooShort
    );
}

#[test]
fn a_bitrate_beyond_64_bits_saturates() {
    let bytes = b"\x8f\xce\0\x04\0\0\0\x01\0\0\0\0REMB\0\xff\xff\xff";
    let Packet::Remb(remb) = only(bytes) else {
        panic!()
    };
    assert_eq!(remb.bitrate, u64::MAX);
}

#[test]
fn a_nack_that_asks_for_everything_is_read_up_to_the_cap() {
    let mut bytes = NACK[..12].to_vec();
    for pid in (0u16..17 * 100).step_by(17) {
        bytes.extend_from_slice(&pid.to_be_bytes());
        bytes.extend_from_slice(&[0xff, 0xff]);
    }
    bytes[3] = (bytes.len() / 4 - 1) as u8;
    let Packet::Nack(nack) = only(&bytes) else {
        panic!()
    };
    let expected: Vec<u16> = (0..nack::MAX_LOST as u16).collect();
    assert_eq!(nack.sequences().collect::<Vec<_>>(), expected);
}

#[test]
fn a_nack_of_scattered_losses_is_written_up_to_the_cap() {
    let scattered: Vec<u16> = (0..300).map(|index| index * 20).collect();
    let mut bytes = Vec::new();
    let taken = nack::write(&mut bytes, SENDER, MEDIA, scattered.iter().copied());
    assert_eq!(
        (taken, bytes.len()),
        (nack::MAX_ENTRIES, 12 + nack::MAX_ENTRIES * 4)
    );
    let Packet::Nack(nack) = only(&bytes) else {
        panic!()
    };
    assert!(nack.sequences().eq(scattered[..taken].iter().copied()));
}

#[test]
fn nothing_lost_and_nobody_leaving_write_nothing() {
    let mut bytes = Vec::new();
    assert_eq!(nack::write(&mut bytes, SENDER, MEDIA, []), 0);
    bye::write(&mut bytes, &[]);
    assert!(bytes.is_empty());
}

#[test]
fn more_blocks_than_a_report_has_room_for_go_on_in_further_ones() {
    let blocks: Vec<_> = (0..70)
        .map(|ssrc| ReportBlock {
            ssrc: Ssrc(ssrc),
            ..ReportBlock::default()
        })
        .collect();
    let mut bytes = Vec::new();
    let info = sr::SenderInfo {
        ssrc: SENDER,
        ..sr::SenderInfo::default()
    };
    sr::write(&mut bytes, &info, &blocks);
    let read = Compound::parse(&bytes)
        .unwrap()
        .map(Result::unwrap)
        .flat_map(|packet| match packet {
            Packet::SenderReport(report) => report.blocks,
            Packet::ReceiverReport(report) => report.blocks,
            other => panic!("{other:?}"),
        });
    assert_eq!(read.collect::<Vec<_>>(), blocks);
}

#[test]
fn more_goodbyes_than_a_packet_has_room_for_go_on_in_further_ones() {
    let sources: Vec<_> = (0..40).map(Ssrc).collect();
    let mut bytes = Vec::new();
    bye::write(&mut bytes, &sources);
    let read = Compound::parse(&bytes)
        .unwrap()
        .map(Result::unwrap)
        .flat_map(|packet| match packet {
            Packet::Bye(bye) => bye.sources().collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        });
    assert_eq!(read.collect::<Vec<_>>(), sources);
}

#[test]
fn a_canonical_name_is_cut_after_255_bytes() {
    let mut bytes = Vec::new();
    sdes::write(&mut bytes, SENDER, &[b'x'; 300]);
    let Packet::Sdes(sdes) = only(&bytes) else {
        panic!()
    };
    assert_eq!(sdes.cnames().next(), Some((SENDER, &[b'x'; 255][..])));
}

fn block() -> impl Strategy<Value = ReportBlock> {
    let words = (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
    );
    (any::<u8>(), -0x80_0000..0x80_0000i32, words).prop_map(
        |(fraction_lost, cumulative_lost, words)| {
            let (ssrc, highest_sequence, jitter, last_sender_report, delay) = words;
            let ssrc = Ssrc(ssrc);
            ReportBlock {
                ssrc,
                fraction_lost,
                cumulative_lost,
                highest_sequence,
                jitter,
                last_sender_report,
                delay,
            }
        },
    )
}

proptest! {
    #[test]
    fn reports_are_read_as_written(
        ssrc: u32, ntp: u64, timestamp: u32, packets: u32, octets: u32,
        blocks in proptest::collection::vec(block(), 0..=31),
    ) {
        let info = sr::SenderInfo { ssrc: Ssrc(ssrc), ntp: Ntp::from_bits(ntp), timestamp, packets, bytes: octets };
        let mut bytes = Vec::new();
        sr::write(&mut bytes, &info, &blocks);
        let Packet::SenderReport(report) = only(&bytes) else { panic!() };
        prop_assert_eq!(report.info, info);
        prop_assert_eq!(report.blocks.collect::<Vec<_>>(), &blocks[..]);

        bytes.clear();
        rr::write(&mut bytes, Ssrc(ssrc), &blocks);
        let Packet::ReceiverReport(report) = only(&bytes) else { panic!() };
        prop_assert_eq!(report.sender, Ssrc(ssrc));
        prop_assert_eq!(report.blocks.collect::<Vec<_>>(), blocks);
    }

    #[test]
    fn nacks_are_read_as_written(start: u16, gaps in proptest::collection::vec(1u16..40, 1..200)) {
        let lost: Vec<u16> = gaps
            .iter()
            .scan(start, |sequence, gap| {
                *sequence = sequence.wrapping_add(*gap);
                Some(*sequence)
            })
            .collect();
        let mut bytes = Vec::new();
        prop_assert_eq!(nack::write(&mut bytes, SENDER, MEDIA, lost.iter().copied()), lost.len());
        let Packet::Nack(nack) = only(&bytes) else { panic!() };
        prop_assert_eq!(nack.sequences().collect::<Vec<_>>(), lost);
    }

    #[test]
    fn key_frame_requests_are_read_as_written(sender: u32, ssrc: u32, sequence: u8) {
        let (sender, ssrc) = (Ssrc(sender), Ssrc(ssrc));
        let mut bytes = Vec::new();
        pli::write(&mut bytes, sender, ssrc);
        let Packet::Pli(pli) = only(&bytes) else { panic!() };
        prop_assert_eq!(pli, pli::Pli { sender, media: ssrc });

        bytes.clear();
        let entry = fir::Entry { ssrc, sequence };
        fir::write(&mut bytes, sender, entry);
        let Packet::Fir(fir) = only(&bytes) else { panic!() };
        prop_assert_eq!(fir.sender, sender);
        prop_assert_eq!(fir.entries().collect::<Vec<_>>(), [entry]);
    }

    #[test]
    fn estimates_are_read_as_written_but_for_the_last_bits(
        bitrate: u64,
        shift in 0u32..64,
        sources: Vec<u32>,
    ) {
        let bitrate = bitrate >> shift;
        let sources: Vec<_> = sources.into_iter().map(Ssrc).collect();
        let mut bytes = Vec::new();
        remb::write(&mut bytes, SENDER, bitrate, &sources);
        let Packet::Remb(remb) = only(&bytes) else { panic!() };
        prop_assert!(remb.bitrate <= bitrate);
        prop_assert!(bitrate - remb.bitrate <= bitrate >> 17);
        prop_assert_eq!(remb.sources().collect::<Vec<_>>(), sources);
    }

    #[test]
    fn names_are_read_as_written(ssrc: u32, cname in proptest::collection::vec(any::<u8>(), 0..=255)) {
        let mut bytes = Vec::new();
        sdes::write(&mut bytes, Ssrc(ssrc), &cname);
        let Packet::Sdes(sdes) = only(&bytes) else { panic!() };
        prop_assert_eq!(sdes.cnames().collect::<Vec<_>>(), [(Ssrc(ssrc), &cname[..])]);
    }
}
