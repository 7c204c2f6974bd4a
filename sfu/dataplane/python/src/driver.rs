//! The thread: waits for packets, requests and deadlines, feeds the engine, sends what it answers.

use crate::clock::{Clock, thread_cpu};
use crate::events::{EventQueue, Notice};
use crate::poller::Token;
use crate::ports::Ports;
use crate::sender::Sender;
use crate::socket::Receiver;
use crate::streams::StreamDrops;
use crate::wakeup::Wakeup;
use folkmoot_core::bandwidth::Limits;
use folkmoot_core::engine::Engine;
use folkmoot_core::gathering::Gathering;
use folkmoot_core::io::{Command, CommandError, Config, Protocol, Reply, Tuple};
use folkmoot_core::time::Time;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

/// Bytes assembled before they are sent: packets of a burst to one destination meet in the arena, and it stays in cache.
const FLUSH_BYTES: usize = 1 << 20;

/// Rounds of receiving before requests and deadlines are looked at again.
const ROUNDS: usize = 4;

/// The thread wakes at least this often, whatever the engine says.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What the thread is asked.
pub(crate) enum Ask {
    /// Carry out the command and answer.
    Command(Command, mpsc::SyncSender<Answer>),
    /// End.
    Stop,
}

/// The engine's answer, with what the thread itself has counted.
pub(crate) struct Answer {
    pub(crate) result: Result<Reply, CommandError>,
    pub(crate) host: HostStatistics,
}

/// What the engine cannot know.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HostStatistics {
    pub(crate) cpu: Duration,
    pub(crate) truncated: u64,
    pub(crate) send_full: u64,
    pub(crate) send_refused: u64,
    pub(crate) events_dropped: u64,
    pub(crate) connections: usize,
    pub(crate) streams: StreamDrops,
}

/// Everything the thread owns.
pub(crate) struct Driver {
    ports: Ports,
    asks: mpsc::Receiver<Ask>,
    woken: Arc<Wakeup>,
    events: Arc<EventQueue>,
    clock: Clock,
    engine: Engine,
    receiver: Receiver,
    sender: Sender,
    gathering: Gathering,
    /// When the sockets were last looked into.
    looked: Time,
    truncated: u64,
}

impl Driver {
    pub(crate) fn new(
        ports: Ports,
        asks: mpsc::Receiver<Ask>,
        woken: Arc<Wakeup>,
        events: Arc<EventQueue>,
        (seed, limits): (u64, Limits),
    ) -> Self {
        let clock = Clock::start();
        let engine = Engine::new(
            Config {
                seed,
                epoch: clock.epoch(),
                limits,
            },
            Time::ZERO,
        );
        let (receiver, sender) = (Receiver::new(), Sender::new());
        Self {
            ports,
            asks,
            woken,
            events,
            clock,
            engine,
            receiver,
            sender,
            gathering: Gathering::default(),
            looked: Time::ZERO,
            truncated: 0,
        }
    }

    /// Runs until asked to stop. A panic ends the thread, not the process, and Python is told.
    pub(crate) fn run(mut self) {
        let events = Arc::clone(&self.events);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.serve())) {
            let reason = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(text), _) => (*text).to_owned(),
                (None, Some(text)) => text.clone(),
                (None, None) => "panic".to_owned(),
            };
            drop(self);
            events.push(Notice::Stopped(reason));
        }
    }

    fn serve(&mut self) {
        loop {
            self.wait();
            if self.take() {
                return;
            }
            let now = self.clock.now();
            self.gathering.count(self.engine.media(), now);
            if self.engine.next_timeout() <= now {
                self.engine.timeout(now);
            }
            self.flush();
            let Ports {
                poller, streams, ..
            } = &mut self.ports;
            streams.sweep(poller, &mut self.engine, now);
            while let Some(event) = self.engine.poll_event() {
                self.events.push(Notice::Engine(event));
            }
        }
    }

    /// Sleeps until there is something to do, and lets packets gather where many come alone.
    fn wait(&mut self) {
        let now = self.clock.now();
        let due = self.engine.next_timeout().min(now + LONGEST_WAIT);
        let away = due.min(self.looked + self.gathering.pause()).since(now);
        if !away.is_zero() && self.woken.wait(away) {
            self.ports.poller.wait(Duration::ZERO);
            return;
        }
        self.ports.poller.wait(due.since(self.clock.now()));
    }

    /// Takes what came by each descriptor that is ready; says whether to stop.
    fn take(&mut self) -> bool {
        for index in 0..self.ports.poller.ready() {
            let Some(ready) = self.ports.poller.get(index) else {
                break;
            };
            match ready.token {
                Token::Socket(local) => {
                    self.looked = self.clock.now();
                    self.receive(local);
                }
                Token::Asked => {
                    if self.answer() {
                        return true;
                    }
                }
                Token::Listener(local) => {
                    let now = self.clock.now();
                    let Ports {
                        poller, streams, ..
                    } = &mut self.ports;
                    streams.accept(local, poller, &mut self.engine, now);
                }
                Token::Connection(slot) => {
                    let now = self.clock.now();
                    let Ports {
                        poller, streams, ..
                    } = &mut self.ports;
                    streams.serve(slot as usize, ready, poller, &mut self.engine, now);
                    self.relieve();
                }
            }
        }
        false
    }

    /// Hands what the socket holds to the engine.
    fn receive(&mut self, local: u8) {
        for _ in 0..ROUNDS {
            let Some(socket) = self.ports.sockets.get(usize::from(local)) else {
                return;
            };
            let received = self.receiver.receive(socket);
            let now = self.clock.now();
            for datagram in self.receiver.datagrams(received.count) {
                match datagram {
                    Some((remote, bytes)) => {
                        let tuple = Tuple {
                            protocol: Protocol::Udp,
                            local,
                            remote,
                        };
                        self.engine.datagram(tuple, bytes, now);
                    }
                    None => self.truncated += 1,
                }
                if self.engine.transmits().bytes().len() >= FLUSH_BYTES {
                    let batch = self.engine.transmits();
                    self.sender.send(&mut self.ports, batch);
                    batch.clear();
                }
            }
            if !received.more {
                return;
            }
        }
    }

    /// Sends what is assembled when it is much.
    fn relieve(&mut self) {
        if self.engine.transmits().bytes().len() >= FLUSH_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let batch = self.engine.transmits();
        if !batch.is_empty() {
            self.sender.send(&mut self.ports, batch);
            batch.clear();
        }
    }

    /// Answers everything asked; says whether to stop.
    fn answer(&mut self) -> bool {
        self.woken.clear();
        loop {
            match self.asks.try_recv() {
                Ok(Ask::Command(command, answer)) => {
                    let result = self.engine.execute(command, self.clock.now());
                    // Nobody waits any more when the interpreter is going down.
                    let _ = answer.send(Answer {
                        result,
                        host: self.host_statistics(),
                    });
                }
                Ok(Ask::Stop) | Err(mpsc::TryRecvError::Disconnected) => return true,
                Err(mpsc::TryRecvError::Empty) => return false,
            }
        }
    }

    fn host_statistics(&self) -> HostStatistics {
        let drops = self.sender.drops();
        HostStatistics {
            cpu: thread_cpu(),
            truncated: self.truncated,
            send_full: drops.full,
            send_refused: drops.refused,
            events_dropped: self.events.dropped(),
            connections: self.ports.streams.connections(),
            streams: self.ports.streams.drops(),
        }
    }
}
