//! Answers to Binding requests (RFC 8489 section 6.3).

use super::message::{COOKIE, Message, Writer, attribute, kind};
use super::{ErrorCode, StunError, TransactionId};
use std::net::{IpAddr, SocketAddr};

/// Address families of XOR-MAPPED-ADDRESS.
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// Append the answer to a request that came from `source`, signed with the answering side's `password`.
///
/// An IPv4 address in IPv6 notation, as a dual-stack socket reports it, is told as the IPv4 address it is.
pub fn write_success(
    out: &mut Vec<u8>,
    transaction: TransactionId,
    source: SocketAddr,
    password: &[u8],
) {
    let mut writer = Writer::begin(out, kind::SUCCESS, transaction);
    let port = source.port() ^ (COOKIE >> 16) as u16;
    let [p0, p1] = port.to_be_bytes();
    match source.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = (ip.to_bits() ^ COOKIE).to_be_bytes();
            writer.attribute(
                attribute::XOR_MAPPED_ADDRESS,
                &[0, IPV4, p0, p1, a, b, c, d],
            );
        }
        IpAddr::V6(ip) => {
            let mut value = [0; 20];
            let (head, address) = value.split_at_mut(4);
            head.copy_from_slice(&[0, IPV6, p0, p1]);
            address.copy_from_slice(&(ip.to_bits() ^ mask(transaction)).to_be_bytes());
            writer.attribute(attribute::XOR_MAPPED_ADDRESS, &value);
        }
    }
    writer.finish(password);
}

/// Append an error answer; `unknown` are the attributes that were not understood.
///
/// Only for requests that were verified: whoever does not know the password gets no answer at all.
pub fn write_error(
    out: &mut Vec<u8>,
    transaction: TransactionId,
    code: ErrorCode,
    unknown: &[u16],
    password: &[u8],
) {
    let mut writer = Writer::begin(out, kind::ERROR, transaction);
    let (class, number) = (code.number() / 100, code.number() % 100);
    let mut value = [0; 32];
    let head = [0, 0, class as u8, number as u8];
    let text = head.iter().chain(code.reason().as_bytes());
    let length = value
        .iter_mut()
        .zip(text)
        .map(|(slot, byte)| *slot = *byte)
        .count();
    writer.attribute(
        attribute::ERROR_CODE,
        value.get(..length).unwrap_or_default(),
    );
    if !unknown.is_empty() {
        let mut value = [0; 16];
        let pairs = value.as_chunks_mut::<2>().0.iter_mut().zip(unknown);
        let count = pairs.map(|(slot, kind)| *slot = kind.to_be_bytes()).count();
        writer.attribute(
            attribute::UNKNOWN,
            value.get(..count * 2).unwrap_or_default(),
        );
    }
    writer.finish(password);
}

/// What IPv6 addresses are mixed with: cookie and transaction.
fn mask(transaction: TransactionId) -> u128 {
    let tail = transaction
        .0
        .iter()
        .fold(0, |mask, byte| mask << 8 | u128::from(*byte));
    u128::from(COOKIE) << 96 | tail
}

/// A well-formed answer, as a client reads it.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    message: Message<'a>,
    /// The address that the server saw, or the number of its error.
    pub outcome: Result<SocketAddr, u16>,
}

impl<'a> Response<'a> {
    /// Read `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        let message = Message::parse(bytes)?;
        let outcome = match message.kind {
            kind::SUCCESS => Ok(mapped_address(&message)?),
            kind::ERROR => Err(error_number(&message)?),
            _ => return Err(StunError::Kind),
        };
        Ok(Self { message, outcome })
    }

    /// Which request it answers.
    pub const fn transaction(&self) -> TransactionId {
        self.message.transaction
    }

    /// Whether the sender knows `password`.
    pub fn verify(&self, password: &[u8]) -> bool {
        self.message.verify(password)
    }
}

fn value<'a>(message: &Message<'a>, wanted: u16) -> Result<&'a [u8], StunError> {
    let mut attributes = message.attributes();
    attributes
        .find(|(kind, _)| *kind == wanted)
        .map(|(_, value)| value)
        .ok_or(StunError::Attribute)
}

fn mapped_address(message: &Message<'_>) -> Result<SocketAddr, StunError> {
    let value = value(message, attribute::XOR_MAPPED_ADDRESS)?;
    let ([_, family, p0, p1], address) =
        value.split_first_chunk::<4>().ok_or(StunError::Attribute)?;
    let ip = match *family {
        IPV4 => IpAddr::from(
            (u32::from_be_bytes(super::request::fixed(address)?) ^ COOKIE).to_be_bytes(),
        ),
        IPV6 => {
            let bits =
                u128::from_be_bytes(super::request::fixed(address)?) ^ mask(message.transaction);
            IpAddr::from(bits.to_be_bytes())
        }
        _ => return Err(StunError::Attribute),
    };
    Ok(SocketAddr::new(
        ip,
        u16::from_be_bytes([*p0, *p1]) ^ (COOKIE >> 16) as u16,
    ))
}

fn error_number(message: &Message<'_>) -> Result<u16, StunError> {
    match value(message, attribute::ERROR_CODE)? {
        [_, _, class, number, ..] => Ok(u16::from(class & 0x07) * 100 + u16::from(*number)),
        _ => Err(StunError::Attribute),
    }
}
