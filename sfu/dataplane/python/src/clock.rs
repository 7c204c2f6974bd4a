//! The clocks of the machine as the engine counts them.

use folkmoot_core::time::{Ntp, Time};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The engine's time axis: zero when the data plane started.
pub(crate) struct Clock {
    start: Instant,
    epoch: Ntp,
}

impl Clock {
    pub(crate) fn start() -> Self {
        // A machine set before 1970 gets wrong wall times in its sender reports, and nothing else.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start: Instant::now(),
            epoch: Ntp::from_unix(since),
        }
    }

    /// The wall clock at zero.
    pub(crate) fn epoch(&self) -> Ntp {
        self.epoch
    }

    pub(crate) fn now(&self) -> Time {
        let micros = self.start.elapsed().as_micros();
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// CPU time this thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid timespec that outlives the call, which only writes to it.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if result != 0 {
        return Duration::ZERO;
    }
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
