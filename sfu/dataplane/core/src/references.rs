//! The times that receivers told, to be said back to them: one that sends nothing learns its round trip in no other way
//! (RFC 3611 section 4.4). A browser that does not know it neither waits for repairs nor asks for them at the right time.

use crate::id::Ssrc;
use crate::rtcp::xr::Answer;
use crate::time::{Ntp, Time, to_compact};

/// Receivers of a transport that are answered. A browser is one, whatever it receives.
pub const CAPACITY: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Reference {
    receiver: Ssrc,
    time: Ntp,
    arrival: Time,
}

/// The last time that each receiver behind a transport told.
#[derive(Debug, Default)]
pub struct References([Option<Reference>; CAPACITY]);

impl References {
    /// A receiver told its time. One too many takes the place of whoever has been silent for longest.
    pub fn note(&mut self, receiver: Ssrc, time: Ntp, now: Time) {
        let same = |slot: &Option<Reference>| slot.is_some_and(|known| known.receiver == receiver);
        let oldest = |slot: &&mut Option<Reference>| slot.map(|known| known.arrival);
        let place = match self.0.iter().position(same) {
            Some(index) => self.0.get_mut(index),
            None => self.0.iter_mut().min_by_key(oldest),
        };
        if let Some(place) = place {
            *place = Some(Reference {
                receiver,
                time,
                arrival: now,
            });
        }
    }

    /// What there is to be said back now.
    pub fn answers(&self, now: Time) -> impl Iterator<Item = Answer> + Clone + '_ {
        self.0.iter().flatten().map(move |reference| Answer {
            receiver: reference.receiver,
            last_reference: reference.time.compact(),
            delay: to_compact(now.since(reference.arrival)),
        })
    }
}
