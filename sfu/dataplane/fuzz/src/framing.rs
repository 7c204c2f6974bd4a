//! RFC 4571 frames: cut anywhere, the same datagrams; and a backlog loses only whole ones.

use folkmoot_core::framing::{Backlog, Deframer, MAX_DATAGRAM};

use crate::input::Input;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (cut, stream) = (usize::from(input.byte()) + 1, input.rest());
    let whole = deframed(stream, stream.len().max(1));
    assert_eq!(whole, deframed(stream, cut));
    let mut backlog = Backlog::default();
    let kept: Vec<_> = whole
        .0
        .iter()
        .filter(|datagram| backlog.push(datagram))
        .cloned()
        .collect();
    let mut sent = Vec::new();
    while !backlog.is_empty() {
        let count = backlog.front().len().min(cut);
        sent.extend_from_slice(&backlog.front()[..count]);
        backlog.sent(count);
    }
    assert_eq!(deframed(&sent, cut), (kept, true));
}

/// The datagrams, and whether nothing was garbage.
fn deframed(stream: &[u8], cut: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut deframer, mut datagrams) = (Deframer::default(), Vec::new());
    for piece in stream.chunks(cut) {
        let fed = deframer.feed(&mut piece.to_vec(), |datagram| {
            assert!(datagram.len() <= MAX_DATAGRAM);
            datagrams.push(datagram.to_vec());
        });
        if fed.is_err() {
            return (datagrams, false);
        }
    }
    (datagrams, true)
}
