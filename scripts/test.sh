#!/usr/bin/env bash
# Everything: lint, then the tests of each language, the browsers last. Ends with pytest's summary line.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/lint.sh
printf '\n== Rust: tests\n'
if [ -n "${CI:-}" ]; then
    # as hypothesis does under CI: the same cases every time
    export PROPTEST_RNG_SEED=1
fi
cargo test --quiet --manifest-path sfu/dataplane/Cargo.toml -p folkmoot-core --locked
printf '\n== Rust: inputs that once showed a bug, and fuzzing where there is time for it\n'
cargo test --quiet --manifest-path sfu/dataplane/fuzz/Cargo.toml --target-dir sfu/dataplane/target --locked
if [ -n "${CI:-}" ]; then
    scripts/fuzz.sh 60
fi
printf '\n== Web: unit tests\n'
npm --prefix web run --silent test
printf '\n== Python: unit, integration, interop and browser tests\n'
exec .venv/bin/python -m pytest
