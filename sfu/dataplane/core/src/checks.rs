//! Answering connectivity checks: nobody who does not know a transport's password gets an answer or leaves a trace.

use crate::drop::DropReason;
use crate::io::{Event, Tuple};
use crate::output::Output;
use crate::stun::{ErrorCode, Request, StunError, write_error, write_success};
use crate::tables::Tables;
use crate::time::Time;

impl Tables {
    /// A STUN datagram. Returns the slot of the transport it was for.
    pub fn receive_stun(
        &mut self,
        tuple: Tuple,
        bytes: &[u8],
        out: &mut Output,
        now: Time,
    ) -> Result<usize, DropReason> {
        let request = Request::parse(bytes).map_err(malformed)?;
        let ufrag = request.server_ufrag();
        let slot = self
            .ufrags
            .get(ufrag)
            .copied()
            .ok_or(DropReason::StunUnknownUfrag)?;
        let transport = self
            .transports
            .get_mut(slot)
            .ok_or(DropReason::StunUnknownUfrag)?;
        let password = transport
            .ice
            .password(ufrag, now)
            .ok_or(DropReason::StunUnknownUfrag)?
            .as_bytes();
        if !request.verify(password) {
            return Err(DropReason::StunIntegrity);
        }
        if !request.unknown().is_empty() {
            let _ = out.send(tuple, |arena, _| {
                let code = ErrorCode::UnknownAttribute;
                write_error(
                    arena,
                    request.transaction(),
                    code,
                    request.unknown(),
                    password,
                );
                Ok(())
            });
            return Ok(slot);
        }
        let owner = self.tuples.get(&tuple).copied();
        if owner.is_some_and(|owner| owner != slot) {
            return Err(DropReason::TupleTaken);
        }
        if transport.ice.is_copied(request.transaction().0, tuple) {
            return Err(DropReason::StunReplayed);
        }
        let password = transport
            .ice
            .password(ufrag, now)
            .ok_or(DropReason::StunUnknownUfrag)?
            .as_bytes();
        let answered = out.send(tuple, |arena, _| {
            write_success(arena, request.transaction(), tuple.remote, password);
            Ok::<(), DropReason>(())
        })?;
        transport.sent.count(answered);
        let outcome = transport
            .ice
            .check(ufrag, tuple, request.use_candidate(), now);
        out.schedule(transport.ice.due());
        if let Some(evicted) = outcome.evicted {
            self.tuples.remove(&evicted);
        }
        self.tuples.insert(tuple, slot);
        if let Some(selected) = outcome.selected {
            let transport = transport.id;
            out.schedule(now);
            out.tell(Event::IceConnected {
                transport,
                tuple: selected,
            });
        }
        Ok(slot)
    }
}

const fn malformed(error: StunError) -> DropReason {
    match error {
        StunError::Kind => DropReason::StunNotBinding,
        StunError::NoIntegrity => DropReason::StunIntegrity,
        StunError::Username => DropReason::StunUnknownUfrag,
        _ => DropReason::StunMalformed,
    }
}
