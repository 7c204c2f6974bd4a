//! Commands about transports.

use super::{Done, conflict, full, invalid};
use crate::engine::Engine;
use crate::ice::{Credentials, Ice};
use crate::id::{Ssrc, TransportId};
use crate::io::{CommandError, Reply};
use crate::srtp::Profile;
use crate::tables::MAX_TRANSPORTS;
use crate::time::Time;
use crate::transport::Transport;

/// RFC 8445 section 5.3: at least 24 bits of user fragment, at least 128 bits of password.
fn credentials(ufrag: String, password: String) -> Result<Credentials, CommandError> {
    let is_ice = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    if !(4..=256).contains(&ufrag.len()) || !is_ice(&ufrag) {
        return Err(invalid("the user fragment has 4 to 256 ice-chars"));
    }
    if !(22..=256).contains(&password.len()) || !is_ice(&password) {
        return Err(invalid("the password has 22 to 256 ice-chars"));
    }
    Ok(Credentials { ufrag, password })
}

impl Engine {
    pub(super) fn add_transport(
        &mut self,
        id: TransportId,
        ufrag: String,
        password: String,
        now: Time,
    ) -> Done {
        let credentials = credentials(ufrag, password)?;
        if self.tables.transport_slots.contains_key(&id)
            || self.tables.ufrags.contains_key(&credentials.ufrag)
        {
            return Err(conflict("the transport or its user fragment exists"));
        }
        if self.tables.transports.len() >= MAX_TRANSPORTS {
            return Err(full("too many transports"));
        }
        let (ufrag, ssrc) = (credentials.ufrag.clone(), Ssrc(self.random.next() as u32));
        let transport = Transport::new(
            id,
            Ice::new(credentials),
            ssrc,
            (&self.hasher, self.limits),
            now,
        );
        let slot = self.tables.transports.insert(transport);
        self.tables.transport_slots.insert(id, slot);
        self.tables.ufrags.insert(ufrag, slot);
        Ok(Reply::Done)
    }

    pub(super) fn restart_ice(
        &mut self,
        id: TransportId,
        ufrag: String,
        password: String,
        now: Time,
    ) -> Done {
        let credentials = credentials(ufrag, password)?;
        if self.tables.ufrags.contains_key(&credentials.ufrag) {
            return Err(conflict("the user fragment exists"));
        }
        let ufrag = credentials.ufrag.clone();
        let (slot, transport) = self.tables.transport(id)?;
        if transport.pipe.is_some() {
            return Err(invalid("a pipe has no ICE"));
        }
        let forgotten = transport.ice.restart(credentials, now);
        self.out.schedule(transport.ice.due());
        self.tables.ufrags.insert(ufrag, slot);
        if let Some(forgotten) = forgotten {
            self.tables.ufrags.remove(&forgotten);
        }
        Ok(Reply::Done)
    }

    pub(super) fn send_dtls(&mut self, id: TransportId, datagram: &[u8]) -> Done {
        let (_, transport) = self.tables.transport(id)?;
        if transport.pipe.is_some() {
            return Err(invalid("a pipe has no DTLS"));
        }
        if datagram.is_empty() {
            return Err(invalid("a DTLS datagram has at least a byte"));
        }
        if let Some(tuple) = transport.ice.path() {
            let sent = self.out.send(tuple, |arena, _| {
                arena.extend_from_slice(datagram);
                Ok::<(), crate::drop::DropReason>(())
            });
            transport.sent.count(sent.unwrap_or_default());
        }
        Ok(Reply::Done)
    }

    pub(super) fn set_keys(
        &mut self,
        id: TransportId,
        (profile, rx, tx): (Profile, &[u8], &[u8]),
        now: Time,
    ) -> Done {
        let (slot, transport) = self.tables.transport(id)?;
        if transport.session.is_secured() {
            // The index of what is sealed starts at zero with the contexts: under the same keys it must not start twice.
            return Err(conflict("the transport has keys"));
        }
        let early = transport.session.secure(profile, rx, tx);
        let early =
            early.map_err(|_| invalid("the keys have another length than the profile wants"))?;
        self.out.schedule(now);
        for mut datagram in early {
            self.secured(slot, &mut datagram, now);
        }
        Ok(Reply::Done)
    }
}
