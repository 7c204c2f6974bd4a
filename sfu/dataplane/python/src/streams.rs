//! All TCP connections of the worker (RFC 6544, passive): taken in, read, written, and closed when they are of no use.

use crate::connection::{Connection, End};
use crate::poller::{Poller, Ready, Token};
use folkmoot_core::admission::{Admission, PATIENCE, Refusal};
use folkmoot_core::engine::Engine;
use folkmoot_core::ice::CONSENT;
use folkmoot_core::io::{Protocol, Tuple};
use folkmoot_core::time::Time;
use slab::Slab;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Connections taken in before anything else is done.
const ACCEPTED_AT_ONCE: usize = 16;
/// Bytes read of one connection before another's turn.
const READ_BYTES: usize = 64 << 10;
/// How often connections of no use are looked for.
const SWEEPS: Duration = Duration::from_secs(1);

/// What was refused or dropped, by reason.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StreamDrops {
    /// Connections over the worker's limit, or that the system had no descriptor for.
    pub(crate) full: u64,
    /// Connections over the limit of their address.
    pub(crate) address: u64,
    /// Connections that carried something else.
    pub(crate) garbage: u64,
    /// Connections that brought no valid check in time.
    pub(crate) strangers: u64,
    /// Connections that fell silent.
    pub(crate) silent: u64,
    /// Datagrams for a peer that does not read fast enough.
    pub(crate) backlog: u64,
    /// Datagrams for a connection that has ended.
    pub(crate) gone: u64,
}

/// Listeners and connections. Costs nothing while there are none.
pub(crate) struct Streams {
    listeners: Vec<TcpListener>,
    connections: Slab<Connection>,
    by_tuple: HashMap<Tuple, usize>,
    admission: Admission,
    memory: Box<[u8]>,
    /// Slots of connections that failed while they were written.
    failed: Vec<usize>,
    /// The listeners wait: the system has no descriptors left.
    deaf: bool,
    swept: Time,
    drops: StreamDrops,
}

impl Streams {
    pub(crate) fn new(listeners: Vec<TcpListener>) -> Self {
        Self {
            listeners,
            connections: Slab::new(),
            by_tuple: HashMap::new(),
            admission: Admission::default(),
            memory: Box::default(),
            failed: Vec::new(),
            deaf: false,
            swept: Time::ZERO,
            drops: StreamDrops::default(),
        }
    }

    pub(crate) fn listeners(&self) -> &[TcpListener] {
        &self.listeners
    }

    pub(crate) fn drops(&self) -> StreamDrops {
        self.drops
    }

    pub(crate) fn connections(&self) -> usize {
        self.admission.connections()
    }

    /// Takes in who waits.
    pub(crate) fn accept(&mut self, local: u8, poller: &Poller, engine: &mut Engine, now: Time) {
        for _ in 0..ACCEPTED_AT_ONCE {
            let Some(listener) = self.listeners.get(usize::from(local)) else {
                return;
            };
            match listener.accept() {
                Ok((stream, remote)) => self.welcome(stream, remote, local, poller, engine, now),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => return self.rest(poller),
                },
            }
        }
    }

    /// Without descriptors the listener would be ready for ever: it gets another try at the next sweep.
    fn rest(&mut self, poller: &Poller) {
        self.drops.full += 1;
        self.deaf = true;
        self.listen(poller, false);
    }

    fn listen(&self, poller: &Poller, wanted: bool) {
        for (local, listener) in (0..).zip(&self.listeners) {
            // Only a closed descriptor is refused, and ours are open.
            let _ = poller.watch_reading(listener, Token::Listener(local), wanted);
        }
    }

    fn welcome(
        &mut self,
        stream: TcpStream,
        remote: SocketAddr,
        local: u8,
        poller: &Poller,
        engine: &mut Engine,
        now: Time,
    ) {
        let tuple = Tuple {
            protocol: Protocol::Tcp,
            local,
            remote,
        };
        // The system has this port again, so that the connection it had is over, whether we have seen it or not.
        if let Some(slot) = self.by_tuple.get(&tuple).copied() {
            self.close(slot, engine, now);
        }
        match self.admission.admit(remote.ip()) {
            Ok(()) => {}
            Err(Refusal::Full) => return self.drops.full += 1,
            Err(Refusal::Address) => return self.drops.address += 1,
        }
        let entry = self.connections.vacant_entry();
        let slot = entry.key();
        match Connection::new(stream, tuple, poller, token(slot), now) {
            Ok(connection) => {
                entry.insert(connection);
                self.by_tuple.insert(tuple, slot);
            }
            Err(_) => {
                self.admission.introduce(remote.ip());
                self.admission.leave();
            }
        }
    }

    /// Reads and writes what the poller says can be.
    pub(crate) fn serve(
        &mut self,
        slot: usize,
        ready: Ready,
        poller: &Poller,
        engine: &mut Engine,
        now: Time,
    ) {
        if ready.readable
            && let Err(end) = self.read(slot, engine, now)
        {
            self.drops.garbage += u64::from(end == End::Garbage);
            return self.close(slot, engine, now);
        }
        if ready.writable {
            self.write(slot, poller);
        }
    }

    fn read(&mut self, slot: usize, engine: &mut Engine, now: Time) -> Result<(), End> {
        let Some(connection) = self.connections.get_mut(slot) else {
            return Ok(());
        };
        if self.memory.is_empty() {
            self.memory = vec![0; READ_BYTES].into_boxed_slice();
        }
        let tuple = connection.tuple;
        connection.read(&mut self.memory, now, |datagram| {
            engine.datagram(tuple, datagram, now);
        })?;
        if connection.stranger && engine.knows(tuple) {
            connection.stranger = false;
            self.admission.introduce(tuple.remote.ip());
        }
        Ok(())
    }

    /// Queues datagrams of one connection and sends what the kernel takes.
    pub(crate) fn send<'a>(
        &mut self,
        tuple: Tuple,
        datagrams: impl Iterator<Item = &'a [u8]>,
        poller: &Poller,
    ) {
        let slot = self.by_tuple.get(&tuple).copied();
        let connection = slot.and_then(|slot| Some((slot, self.connections.get_mut(slot)?)));
        let Some((slot, connection)) = connection else {
            self.drops.gone += datagrams.count() as u64;
            return;
        };
        for datagram in datagrams {
            let taken = connection.push(datagram)
                || (!connection.is_blocked()
                    && connection.flush(poller, token(slot)).is_ok()
                    && connection.push(datagram));
            self.drops.backlog += u64::from(!taken);
        }
        if !connection.is_blocked() {
            self.write(slot, poller);
        }
    }

    fn write(&mut self, slot: usize, poller: &Poller) {
        if let Some(connection) = self.connections.get_mut(slot)
            && connection.flush(poller, token(slot)).is_err()
        {
            self.failed.push(slot);
        }
    }

    /// Closes what failed while it was written and, once a second, what is of no use.
    pub(crate) fn sweep(&mut self, poller: &Poller, engine: &mut Engine, now: Time) {
        while let Some(slot) = self.failed.pop() {
            self.close(slot, engine, now);
        }
        if now < self.swept + SWEEPS {
            return;
        }
        self.swept = now;
        if std::mem::take(&mut self.deaf) {
            self.listen(poller, true);
        }
        let useless: Vec<_> = self
            .connections
            .iter_mut()
            .filter_map(|(slot, connection)| {
                connection.relax();
                is_useless(connection, engine, &mut self.drops, now).then_some(slot)
            })
            .collect();
        for slot in useless {
            self.close(slot, engine, now);
        }
    }

    fn close(&mut self, slot: usize, engine: &mut Engine, now: Time) {
        let Some(connection) = self.connections.try_remove(slot) else {
            return;
        };
        self.by_tuple.remove(&connection.tuple);
        if connection.stranger {
            self.admission.introduce(connection.tuple.remote.ip());
        }
        self.admission.leave();
        engine.disconnected(connection.tuple, now);
    }
}

/// A stranger for too long, silent for as long as consent lasts, or of a path the engine has forgotten.
fn is_useless(
    connection: &Connection,
    engine: &Engine,
    drops: &mut StreamDrops,
    now: Time,
) -> bool {
    if connection.stranger {
        let late = now.since(connection.since) >= PATIENCE;
        drops.strangers += u64::from(late);
        return late;
    }
    let silent = now.since(connection.heard) >= CONSENT;
    drops.silent += u64::from(silent);
    silent || !engine.knows(connection.tuple)
}

fn token(slot: usize) -> Token {
    // Admission keeps slots far below.
    Token::Connection(slot as u32)
}
