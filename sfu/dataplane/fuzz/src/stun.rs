//! STUN: nothing is read beyond the end, and what is read has the parts it must have.

use folkmoot_core::demux::classify;
use folkmoot_core::stun::{Request, Response};

pub fn run(data: &[u8]) {
    classify(data);
    if let Ok(request) = Request::parse(data) {
        assert!(!request.server_ufrag().is_empty() && !request.client_ufrag().is_empty());
        assert!(request.unknown().len() <= 8);
        assert!(!request.verify(b"a password no input of a fuzzer knows"));
    }
    if let Ok(response) = Response::parse(data) {
        assert!(!response.verify(b"a password no input of a fuzzer knows"));
    }
}
