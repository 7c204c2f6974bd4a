//! libFuzzer around the target that the environment variable `FUZZ_TARGET` names: one binary to build for all of them.

#![no_main]

use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = folkmoot_fuzz::find(&name);
    target
        .unwrap_or_else(|| panic!("FUZZ_TARGET names no target: {name:?}"))
        .run
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| RUN(data));
