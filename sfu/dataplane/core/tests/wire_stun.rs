//! STUN: the vectors of RFC 5769, round trips, and what strictness refuses.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds nothing should fail loudly"
)]

use folkmoot_core::stun::request::Check;
use folkmoot_core::stun::{
    ErrorCode, Request, Response, Role, StunError, TransactionId, write_error, write_success,
};
use proptest::prelude::*;
use std::net::SocketAddr;

const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";
const TRANSACTION: TransactionId = TransactionId([
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
]);

/// Type and value.
type Attribute = (u16, &'static [u8]);

/// RFC 5769 section 2.1.
const RFC5769_REQUEST: &[u8] = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x10STUN test client\
    \x00\x24\x00\x04\x6e\x00\x01\xff\
    \x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
    \x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
    \x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
    \x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/// RFC 5769 section 2.2.
const RFC5769_RESPONSE_IPV4: &[u8] = b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x0btest vector\x20\
    \x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\
    \x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\
    \x80\x28\x00\x04\xc0\x7d\x4c\x96";

/// RFC 5769 section 2.3.
const RFC5769_RESPONSE_IPV6: &[u8] = b"\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x0btest vector\x20\
    \x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\
    \x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41\
    \x80\x28\x00\x04\xc8\xfb\x0b\x4c";

const CHECK: Check<'static> = Check {
    transaction: TRANSACTION,
    remote_ufrag: "server",
    local_ufrag: "client",
    priority: 0x7e7f_1eff,
    use_candidate: true,
    role: Role::Controlling(7),
};

fn check() -> Vec<u8> {
    let mut bytes = Vec::new();
    CHECK.write(&mut bytes, PASSWORD);
    bytes
}

/// A message made of raw attributes, without a fingerprint.
fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (attribute, value) in attributes {
        body.extend_from_slice(&attribute.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&RFC5769_REQUEST[4..20]);
    bytes.extend_from_slice(&body);
    bytes
}

#[test]
fn the_request_of_rfc_5769_is_understood() {
    let request = Request::parse(RFC5769_REQUEST).unwrap();
    assert_eq!(request.transaction(), TRANSACTION);
    assert_eq!(
        (request.server_ufrag(), request.client_ufrag()),
        ("evtj", "h6vY")
    );
    assert_eq!(request.priority(), Some(0x6e00_01ff));
    assert_eq!(
        request.role(),
        Some(Role::Controlled(0x932f_f9b1_5126_3b36))
    );
    assert!(!request.use_candidate());
    assert!(request.unknown().is_empty());
    assert!(request.verify(PASSWORD));
    assert!(!request.verify(b"VOkJxbRl1RmTxUk/WvJxBu"));
}

#[test]
fn the_responses_of_rfc_5769_are_understood() {
    for (bytes, address) in [
        (RFC5769_RESPONSE_IPV4, "192.0.2.1:32853"),
        (
            RFC5769_RESPONSE_IPV6,
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let response = Response::parse(bytes).unwrap();
        assert_eq!(response.transaction(), TRANSACTION);
        assert_eq!(response.outcome, Ok(address.parse().unwrap()));
        assert!(response.verify(PASSWORD));
        assert!(!response.verify(b""));
    }
}

#[test]
fn a_check_carries_what_it_was_given() {
    let bytes = check();
    let request = Request::parse(&bytes).unwrap();
    assert_eq!(
        (request.server_ufrag(), request.client_ufrag()),
        ("server", "client")
    );
    assert_eq!(request.priority(), Some(CHECK.priority));
    assert_eq!(request.role(), Some(CHECK.role));
    assert!(request.use_candidate());
    assert!(request.verify(PASSWORD));
}

#[test]
fn an_ipv4_address_of_a_dual_stack_socket_is_told_as_ipv4() {
    let mut bytes = Vec::new();
    write_success(
        &mut bytes,
        TRANSACTION,
        "[::ffff:192.0.2.7]:5000".parse().unwrap(),
        PASSWORD,
    );
    let response = Response::parse(&bytes).unwrap();
    assert_eq!(response.outcome, Ok("192.0.2.7:5000".parse().unwrap()));
}

#[test]
fn an_error_names_what_was_not_understood() {
    let mut bytes = Vec::new();
    write_error(
        &mut bytes,
        TRANSACTION,
        ErrorCode::UnknownAttribute,
        &[0x7001, 0x7002],
        PASSWORD,
    );
    let response = Response::parse(&bytes).unwrap();
    assert_eq!(response.outcome, Err(420));
    assert!(response.verify(PASSWORD));
    let unknown = b"\x00\x0a\x00\x04\x70\x01\x70\x02";
    assert!(bytes.windows(8).any(|window| window == unknown));
}

#[test]
fn writing_appends_and_leaves_what_was_there() {
    let mut bytes = b"before".to_vec();
    CHECK.write(&mut bytes, PASSWORD);
    assert_eq!(&bytes[..6], b"before");
    assert!(Request::parse(&bytes[6..]).unwrap().verify(PASSWORD));
}

#[test]
fn every_cut_of_a_request_is_refused() {
    let bytes = check();
    for length in 0..bytes.len() {
        assert!(Request::parse(&bytes[..length]).is_err(), "{length} bytes");
    }
    let mut longer = bytes;
    longer.extend_from_slice(&[0; 4]);
    assert_eq!(Request::parse(&longer).unwrap_err(), StunError::Length);
}

#[test]
fn a_length_that_is_no_multiple_of_four_is_refused() {
    let mut bytes = message(1, &[(0x0006, b"a:b")]);
    bytes[3] += 1;
    bytes.push(0);
    assert_eq!(Request::parse(&bytes).unwrap_err(), StunError::Length);
}

#[test]
fn an_attribute_beyond_the_end_is_refused() {
    let mut bytes = message(1, &[(0x0006, b"abcd:efg")]);
    bytes[23] = 9;
    assert_eq!(Request::parse(&bytes).unwrap_err(), StunError::Attribute);
}

#[test]
fn a_fingerprint_must_be_last_and_right() {
    let mut wrong = check();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(Request::parse(&wrong).unwrap_err(), StunError::Fingerprint);

    let mut followed = check();
    followed.extend_from_slice(b"\x80\x22\x00\x00");
    followed[3] += 4;
    assert_eq!(
        Request::parse(&followed).unwrap_err(),
        StunError::Fingerprint
    );
}

#[test]
fn a_request_without_fingerprint_is_accepted() {
    let mut bytes = check();
    bytes.truncate(bytes.len() - 8);
    bytes[3] -= 8;
    assert!(Request::parse(&bytes).unwrap().verify(PASSWORD));
}

#[test]
fn a_request_without_integrity_or_username_is_refused() {
    let cases: [(&[Attribute], StunError); 5] = [
        (&[(0x0006, b"a:b")], StunError::NoIntegrity),
        (&[(0x0008, &[0; 20])], StunError::Username),
        (&[(0x0006, b"ab"), (0x0008, &[0; 20])], StunError::Username),
        (&[(0x0006, b":b"), (0x0008, &[0; 20])], StunError::Username),
        (
            &[(0x0006, b"\xff:b"), (0x0008, &[0; 20])],
            StunError::Username,
        ),
    ];
    for (attributes, error) in cases {
        assert_eq!(
            Request::parse(&message(1, attributes)).unwrap_err(),
            error,
            "{attributes:?}"
        );
    }
}

#[test]
fn values_of_the_wrong_size_are_refused() {
    for (kind, value) in [
        (0x0008, &[0; 19][..]),
        (0x0024, &[0; 3]),
        (0x0025, &[0]),
        (0x8029, &[0; 7]),
        (0x802a, &[0; 9]),
    ] {
        let bytes = message(1, &[(0x0006, b"a:b"), (kind, value), (0x0008, &[0; 20])]);
        assert_eq!(
            Request::parse(&bytes).unwrap_err(),
            StunError::Attribute,
            "{kind:#x}"
        );
    }
}

#[test]
fn of_two_equal_attributes_the_first_counts() {
    let bytes = message(
        1,
        &[
            (0x0006, b"a:b"),
            (0x0006, b"c:d"),
            (0x0024, &[0, 0, 0, 1]),
            (0x0024, &[0, 0, 0, 2]),
            (0x0008, &[0; 20]),
        ],
    );
    let request = Request::parse(&bytes).unwrap();
    assert_eq!(request.server_ufrag(), "a");
    assert_eq!(request.priority(), Some(1));
}

#[test]
fn what_follows_the_integrity_is_not_believed() {
    let bytes = message(
        1,
        &[
            (0x0006, b"a:b"),
            (0x0008, &[0; 20]),
            (0x0025, b""),
            (0x7001, b""),
        ],
    );
    let request = Request::parse(&bytes).unwrap();
    assert!(!request.use_candidate());
    assert!(request.unknown().is_empty());
}

#[test]
fn attributes_that_must_be_understood_are_remembered_up_to_eight() {
    let mut attributes: Vec<(u16, &[u8])> = vec![(0x0006, b"a:b"), (0xc057, b"optional")];
    attributes.extend((0x7000..0x700a).map(|kind| (kind, &b""[..])));
    attributes.push((0x0008, &[0; 20]));
    let bytes = message(1, &attributes);
    let request = Request::parse(&bytes).unwrap();
    assert_eq!(request.unknown(), (0x7000..0x7008).collect::<Vec<u16>>());
}

#[test]
fn indications_and_responses_are_no_requests() {
    for kind in [0x0011, 0x0101, 0x0111, 0x0003] {
        let bytes = message(kind, &[(0x0006, b"a:b"), (0x0008, &[0; 20])]);
        assert_eq!(Request::parse(&bytes).unwrap_err(), StunError::Kind);
    }
}

/// All copies of `bytes` with one bit flipped.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        (bit, copy)
    })
}

#[test]
fn no_flipped_bit_before_the_fingerprint_goes_unnoticed() {
    let bytes = check();
    let signed = (bytes.len() - 8) * 8;
    for (bit, copy) in flipped(&bytes).take(signed) {
        assert!(Request::parse(&copy).is_err(), "bit {bit}");
    }
}

#[test]
fn no_flipped_bit_passes_the_integrity_on_its_own() {
    let mut bytes = check();
    bytes.truncate(bytes.len() - 8);
    bytes[3] -= 8;
    for (bit, copy) in flipped(&bytes) {
        let passed = Request::parse(&copy).is_ok_and(|request| request.verify(PASSWORD));
        assert!(!passed, "bit {bit}");
    }
}

proptest! {
    #[test]
    fn a_success_response_tells_any_address(
        ip: std::net::IpAddr,
        port: u16,
        transaction: [u8; 12],
        password in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let transaction = TransactionId(transaction);
        let address = SocketAddr::new(ip.to_canonical(), port);
        let mut bytes = Vec::new();
        write_success(&mut bytes, transaction, address, &password);
        let response = Response::parse(&bytes).unwrap();
        prop_assert_eq!(response.transaction(), transaction);
        prop_assert_eq!(response.outcome, Ok(address));
        prop_assert!(response.verify(&password));
    }
}
