//! RTCP compounds with packets of every type: bounded work, whatever counts and lengths the bytes claim.

use folkmoot_core::rtcp::{Compound, Packet, nack, twcc};

pub fn run(data: &[u8]) {
    let Ok(compound) = Compound::parse(data) else {
        return;
    };
    let mut packets = 0;
    for packet in compound {
        packets += 1;
        if let Ok(packet) = packet {
            read(&packet, data.len());
        }
    }
    assert!(
        packets * 4 <= data.len(),
        "each packet takes at least its header"
    );
}

fn read(packet: &Packet<'_>, length: usize) {
    match packet {
        Packet::SenderReport(report) => assert!(report.blocks.clone().count() <= 31),
        Packet::ReceiverReport(report) => assert!(report.blocks.clone().count() <= 31),
        Packet::Sdes(sdes) => assert!(sdes.cnames().count() <= 31),
        Packet::Bye(bye) => assert!(bye.sources().count() <= 31 && bye.reason().len() <= 255),
        Packet::Nack(nack) => assert!(nack.sequences().count() <= nack::MAX_LOST),
        Packet::Fir(fir) => assert!(fir.entries().count() * 8 <= length),
        Packet::Remb(remb) => assert!(remb.sources().count() <= 255),
        Packet::Twcc(twcc) => assert!(twcc.statuses().count() <= twcc::MAX_STATUSES),
        Packet::ExtendedReport(report) => assert!(report.answers().count() * 12 <= length),
        _ => {}
    }
}
