//! The lite side of ICE (RFC 8445 section 2.5): credentials, validated paths, the selected one, consent (RFC 7675).

use std::time::Duration;

use crate::io::Tuple;
use crate::time::Time;

/// Paths remembered of a transport.
pub const MAX_TUPLES: usize = 8;
/// Without an authenticated check for so long, nothing is sent any more (RFC 7675 section 5.1).
pub const CONSENT: Duration = Duration::from_secs(30);
/// How long the credentials before a restart stay valid.
const GRACE: Duration = Duration::from_secs(10);
/// How long a path moved to may stay silent before the one it was moved from is taken again.
pub const TRIAL: Duration = Duration::from_secs(2);
/// Transactions remembered, to know a check that somebody copied and sent from elsewhere.
const TRANSACTIONS: usize = 16;

/// The server's half of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User fragment.
    pub ufrag: String,
    /// Password, the key of MESSAGE-INTEGRITY.
    pub password: String,
}

#[derive(Clone, Copy, Debug)]
struct Path {
    tuple: Tuple,
    checked: Time,
    /// Something authentic came by it after its first check.
    proven: bool,
}

/// A path was moved from one that had been proven to one that is not yet.
#[derive(Clone, Copy, Debug)]
struct Trial {
    from: Tuple,
    until: Time,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// A path was dropped to make room for the new one.
    pub evicted: Option<Tuple>,
    /// The path to send by is another than before, or there is consent again.
    pub selected: Option<Tuple>,
}

/// The ICE state of one transport.
#[derive(Debug)]
pub struct Ice {
    current: Credentials,
    previous: Option<(Credentials, Time)>,
    paths: Vec<Path>,
    selected: Option<Tuple>,
    /// Nothing authentic has followed the check that selected the path.
    unproven: bool,
    trial: Option<Trial>,
    consent: Option<Time>,
    restarted: bool,
    transactions: [Option<([u8; 12], Tuple)>; TRANSACTIONS],
    next_transaction: usize,
}

impl Ice {
    /// Without any path.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            current: credentials,
            previous: None,
            paths: Vec::new(),
            selected: None,
            unproven: false,
            trial: None,
            consent: None,
            restarted: false,
            transactions: [None; TRANSACTIONS],
            next_transaction: 0,
        }
    }

    /// A path given by command, which nobody needs to check and which does not end.
    pub fn fixed(tuple: Tuple) -> Self {
        let nobodys = Credentials {
            ufrag: String::new(),
            password: String::new(),
        };
        let mut ice = Self::new(nobodys);
        ice.paths.push(Path {
            tuple,
            proven: true,
            checked: Time::FAR,
        });
        ice.selected = Some(tuple);
        ice.consent = Some(Time::FAR);
        ice
    }

    /// The password of `ufrag`, if it is one of this transport's now.
    pub fn password(&self, ufrag: &str, now: Time) -> Option<&str> {
        if self.current.ufrag == ufrag {
            return Some(&self.current.password);
        }
        let (previous, until) = self.previous.as_ref()?;
        (previous.ufrag == ufrag && now < *until).then_some(previous.password.as_str())
    }

    /// New credentials. Returns a user fragment that is forgotten at once: the one before the current one.
    pub fn restart(&mut self, credentials: Credentials, now: Time) -> Option<String> {
        let former = std::mem::replace(&mut self.current, credentials);
        self.restarted = true;
        self.previous
            .replace((former, now + GRACE))
            .map(|(oldest, _)| oldest.ufrag)
    }

    /// Forget the credentials before the restart when their time is over. Returns their user fragment.
    pub fn expire_previous(&mut self, now: Time) -> Option<String> {
        self.previous
            .take_if(|(_, until)| *until <= now)
            .map(|(former, _)| former.ufrag)
    }

    /// Whether the transaction was first seen from another address: remember it otherwise.
    pub fn is_copied(&mut self, transaction: [u8; 12], tuple: Tuple) -> bool {
        if let Some((_, first)) = self
            .transactions
            .iter()
            .flatten()
            .find(|(known, _)| *known == transaction)
        {
            return *first != tuple;
        }
        if let Some(slot) = self.transactions.get_mut(self.next_transaction) {
            *slot = Some((transaction, tuple));
        }
        self.next_transaction = (self.next_transaction + 1) % TRANSACTIONS;
        false
    }

    /// An authenticated check came by `tuple`, under `ufrag`, perhaps nominating the path.
    pub fn check(&mut self, ufrag: &str, tuple: Tuple, nominated: bool, now: Time) -> Outcome {
        let consented = self.has_consent();
        self.consent = Some(now);
        let evicted = self.validate(tuple, now);
        // After a restart the browser still checks its old path for a while; that must not move media back to it.
        let stale = self.restarted && self.current.ufrag != ufrag;
        let moves = match self.selected {
            None => true,
            Some(selected) => nominated && !stale && selected != tuple,
        };
        if moves {
            self.select(tuple, now);
        }
        let selected = if moves || !consented {
            self.selected
        } else {
            None
        };
        Outcome { evicted, selected }
    }

    /// Somebody who copied a check before it arrived may have sent it: the new path has to prove itself.
    fn select(&mut self, tuple: Tuple, now: Time) {
        let proven = |wanted| {
            let mut paths = self.paths.iter();
            paths.any(|path| path.tuple == wanted && path.proven)
        };
        // While on trial, what is fallen back to stays what was proven last.
        let from = self.trial.map(|trial| trial.from).or(self.selected);
        let from = from.filter(|from| !proven(tuple) && *from != tuple && proven(*from));
        self.unproven = !proven(tuple);
        self.trial = from.map(|from| Trial {
            from,
            until: now + TRIAL,
        });
        self.selected = Some(tuple);
    }

    fn validate(&mut self, tuple: Tuple, now: Time) -> Option<Tuple> {
        if let Some(path) = self.paths.iter_mut().find(|path| path.tuple == tuple) {
            path.checked = now;
            self.prove(tuple);
            return None;
        }
        let evicted = if self.paths.len() >= MAX_TUPLES {
            self.evict()
        } else {
            None
        };
        self.paths.push(Path {
            tuple,
            checked: now,
            proven: false,
        });
        evicted
    }

    fn evict(&mut self) -> Option<Tuple> {
        let needed = [self.selected, self.trial.map(|trial| trial.from)];
        let unneeded = self
            .paths
            .iter()
            .enumerate()
            .filter(|(_, path)| !needed.contains(&Some(path.tuple)));
        let (oldest, _) = unneeded.min_by_key(|(_, path)| path.checked)?;
        Some(self.paths.swap_remove(oldest).tuple)
    }

    /// Whether it matters that something authentic comes by `tuple`. Asked for each packet.
    pub fn awaits_proof(&self, tuple: Tuple) -> bool {
        self.unproven && self.selected == Some(tuple)
    }

    /// Something authentic came by `tuple`, after the check that validated it.
    pub fn prove(&mut self, tuple: Tuple) {
        if let Some(path) = self.paths.iter_mut().find(|path| path.tuple == tuple) {
            path.proven = true;
        }
        if self.selected == Some(tuple) {
            self.unproven = false;
            self.trial = None;
        }
    }

    /// The path falls back to where it was when nothing authentic followed its move.
    pub fn end_trial(&mut self, now: Time) -> Option<Tuple> {
        let trial = self.trial.take_if(|trial| trial.until <= now)?;
        self.selected = Some(trial.from);
        self.unproven = false;
        Some(trial.from)
    }

    /// The connection of this path has ended. Returns the path to send by now if it is another.
    pub fn forget(&mut self, tuple: Tuple) -> Option<Tuple> {
        self.paths.retain(|path| path.tuple != tuple);
        self.trial.take_if(|trial| trial.from == tuple);
        if self.selected != Some(tuple) {
            return None;
        }
        self.trial = None;
        self.unproven = false;
        let latest = self.paths.iter().max_by_key(|path| path.checked);
        self.selected = latest.map(|path| path.tuple);
        self.selected
    }

    const fn has_consent(&self) -> bool {
        self.consent.is_some()
    }

    /// Where to send, while there is consent.
    pub fn path(&self) -> Option<Tuple> {
        self.consent.and(self.selected)
    }

    /// The selected path, with or without consent.
    pub const fn selected(&self) -> Option<Tuple> {
        self.selected
    }

    /// All validated paths.
    pub fn tuples(&self) -> impl Iterator<Item = Tuple> + '_ {
        self.paths.iter().map(|path| path.tuple)
    }

    /// All valid user fragments.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        let previous = self
            .previous
            .as_ref()
            .map(|(previous, _)| previous.ufrag.as_str());
        std::iter::once(self.current.ufrag.as_str()).chain(previous)
    }

    /// Whether consent ran out just now.
    pub fn expire_consent(&mut self, now: Time) -> bool {
        self.consent
            .take_if(|checked| now.since(*checked) >= CONSENT)
            .is_some()
    }

    /// When something expires next.
    pub fn due(&self) -> Time {
        let consent = self.consent.map_or(Time::FAR, |checked| checked + CONSENT);
        let previous = self
            .previous
            .as_ref()
            .map_or(Time::FAR, |(_, until)| *until);
        let trial = self.trial.map_or(Time::FAR, |trial| trial.until);
        consent.min(previous).min(trial)
    }
}
