//! What the fuzzer calls: plain functions of bytes, which panic when the media plane breaks a promise.

mod codec;
mod descriptor;
mod engine;
mod estimator;
mod framing;
mod input;
mod rtcp;
mod rtp;
mod srtp;
mod stun;

/// One thing to fuzz.
pub struct Target {
    /// As on the command line and in `seeds/` and `regressions/`.
    pub name: &'static str,
    /// Panics when `data` shows a bug.
    pub run: fn(data: &[u8]),
}

/// Every target, the engine last.
pub const TARGETS: &[Target] = &[
    Target {
        name: "stun",
        run: stun::run,
    },
    Target {
        name: "rtp",
        run: rtp::run,
    },
    Target {
        name: "rtcp",
        run: rtcp::run,
    },
    Target {
        name: "codec",
        run: codec::run,
    },
    Target {
        name: "descriptor",
        run: descriptor::run,
    },
    Target {
        name: "srtp",
        run: srtp::run,
    },
    Target {
        name: "framing",
        run: framing::run,
    },
    Target {
        name: "estimator",
        run: estimator::run,
    },
    Target {
        name: "engine",
        run: engine::run,
    },
];

/// The target called `name`.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
