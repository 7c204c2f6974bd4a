//! Writing a feedback: chunks as few as a look ahead of one chunk finds, then deltas.

use super::chunk::{MAX_RUN, ONE_BIT, Symbol, TWO_BIT, encode_run, encode_vector};
use super::{DELTA_UNIT, MAX_STATUSES, REFERENCE_UNIT};
use crate::id::Ssrc;
use crate::rtcp::header::{Writer, feedback, kind};
use crate::time::Time;

/// The head of a feedback to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Who reports.
    pub sender: Ssrc,
    /// Some source of the transport.
    pub media: Ssrc,
    /// Transport-wide sequence number of the first status.
    pub base: u16,
    /// Grows by one with each feedback of the transport.
    pub count: u8,
}

/// Append a feedback: `arrivals[n]` is when packet `base + n` arrived, `None` for a missing one.
///
/// Returns how many of `arrivals` it covers: fewer than all when two arrivals are more than 8 s apart or there are more
/// than [`MAX_STATUSES`]; the caller goes on with a further feedback. Nothing is written, and 0 returned, when nothing
/// arrived at all.
pub fn write(out: &mut Vec<u8>, head: &Feedback, arrivals: &[Option<Time>]) -> usize {
    let Some(first) = arrivals.iter().flatten().next() else {
        return 0;
    };
    let reference = micros(*first) / REFERENCE_UNIT;
    let steps = Steps {
        arrivals: arrivals.iter(),
        ticks: reference * (REFERENCE_UNIT / DELTA_UNIT),
    };
    let count = steps.clone().take(MAX_STATUSES).count();
    let steps = steps.take(count);

    let mut writer = Writer::feedback(
        out,
        kind::TRANSPORT_FEEDBACK,
        feedback::TWCC,
        head.sender,
        head.media,
    );
    writer.u16(head.base);
    writer.u16(count as u16);
    writer.u32((reference as u32) << 8 | u32::from(head.count));
    write_chunks(&mut writer, steps.clone().map(symbol));
    for delta in steps.flatten() {
        match u8::try_from(delta) {
            Ok(small) => writer.bytes(&[small]),
            Err(_) => writer.bytes(&delta.to_be_bytes()),
        }
    }
    writer.finish();
    count
}

fn micros(time: Time) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// The deltas between arrivals; ends where one does not fit 16 bits.
#[derive(Clone, Debug)]
struct Steps<'a> {
    arrivals: std::slice::Iter<'a, Option<Time>>,
    /// The arrival before, on the axis of deltas, so that rounding does not add up.
    ticks: i64,
}

impl Iterator for Steps<'_> {
    type Item = Option<i16>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(arrival) = self.arrivals.next()? else {
            return Some(None);
        };
        let ticks = micros(*arrival) / DELTA_UNIT;
        let delta = i16::try_from(ticks - self.ticks).ok();
        if delta.is_none() {
            self.arrivals = [].iter();
        }
        self.ticks = ticks;
        delta.map(Some)
    }
}

fn symbol(delta: Option<i16>) -> Symbol {
    match delta {
        None => Symbol::Missing,
        Some(0..=255) => Symbol::Small,
        Some(_) => Symbol::Large,
    }
}

fn write_chunks(writer: &mut Writer<'_>, mut symbols: impl Iterator<Item = Symbol> + Clone) {
    while let Some(first) = symbols.clone().next() {
        let run = symbols
            .clone()
            .take(usize::from(MAX_RUN))
            .take_while(|symbol| *symbol == first)
            .count();
        let narrow = symbols
            .clone()
            .take(usize::from(ONE_BIT))
            .all(|symbol| symbol != Symbol::Large);
        let (width, capacity) = if narrow {
            (1, usize::from(ONE_BIT))
        } else {
            (2, usize::from(TWO_BIT))
        };
        let covered = if run >= capacity || symbols.clone().nth(run).is_none() {
            writer.u16(encode_run(first, run as u16));
            run
        } else {
            writer.u16(encode_vector(symbols.clone(), width));
            capacity
        };
        symbols.nth(covered - 1);
    }
}
