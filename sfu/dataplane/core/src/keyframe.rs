//! When to ask a producer for a key frame: at most once a second for a stream, whoever and however many want one.

use std::time::Duration;

use crate::time::Time;

/// Shortest time between two requests.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// Requests in vain before the stream is taken for one that cannot answer; the next one who asks starts again.
const MAX_TRIES: u8 = 10;

/// The wish for a key frame of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyframeRequester {
    wanted: bool,
    tries: u8,
    sent: Option<Time>,
}

impl KeyframeRequester {
    /// Somebody needs a key frame.
    pub fn want(&mut self) {
        self.wanted = true;
        self.tries = 0;
    }

    /// A key frame came: everybody who waited has it.
    pub fn came(&mut self) {
        self.wanted = false;
    }

    /// When to send a request; [`Time::FAR`] when nobody wants one.
    pub fn due(&self) -> Time {
        match self.sent {
            _ if !self.wanted => Time::FAR,
            None => Time::ZERO,
            Some(sent) => sent + INTERVAL,
        }
    }

    /// Whether a request is to be sent now; counts it as sent. The wish stays, so that an unanswered request is repeated.
    pub fn poll(&mut self, now: Time) -> bool {
        if self.due() > now {
            return false;
        }
        self.sent = Some(now);
        self.tries += 1;
        self.wanted = self.tries < MAX_TRIES;
        true
    }
}
