#!/usr/bin/env bash
# Coverage-guided fuzzing of the media plane: scripts/fuzz.sh [SECONDS] [TARGET...]; a minute of every target by default.
# Two targets run at a time. An input that shows a bug lands in sfu/dataplane/target/fuzz/found/TARGET/: fix the bug and
# move the input to sfu/dataplane/fuzz/regressions/TARGET/, where every test run tries it again.
set -euo pipefail
cd "$(dirname "$0")/../sfu/dataplane/fuzz"
seconds=${1:-60}
shift || true
targets=("$@")
[ $# -gt 0 ] || targets=(stun rtp rtcp codec descriptor srtp framing estimator engine)
mkdir -p ../target/fuzz
work=$(cd ../target/fuzz && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')

if ! command -v g++ >/dev/null && ! command -v c++ >/dev/null; then
    printf 'missing: a C++ compiler, as g++, to build the fuzzing engine\n    Debian: apt-get install g++\n' >&2
    exit 2
fi

# What the compiler is to add to each branch and comparison. The flags are those of nightly; a stable compiler takes them when told.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
printf 'building the fuzzer\n'
# --target keeps the flags away from build scripts
if ! RUSTC_BOOTSTRAP=1 RUSTFLAGS=$coverage cargo build --quiet --locked --release --features fuzzer --bin fuzz \
    --target "$host" --target-dir "$work" >"$work/build.log" 2>&1; then
    cat "$work/build.log" >&2
    printf 'the fuzzing engine cannot be built here; the inputs kept are still tested by scripts/test.sh\n' >&2
    exit 2
fi
fuzz=$work/$host/release/fuzz

run() {
    local name=$1
    # An input of the engine is slow: keeping every near miss of a comparison costs more coverage than it brings.
    local near_misses=1
    [ "$name" != engine ] || near_misses=0
    local -a corpora=("$work/corpus/$name")
    mkdir -p "$work/corpus/$name" "$work/found/$name"
    for kept in "seeds/$name" "regressions/$name"; do
        [ ! -d "$kept" ] || corpora+=("$kept")
    done
    if ! FUZZ_TARGET=$name "$fuzz" "${corpora[@]}" \
        -max_total_time="$seconds" -seed=1 -rss_limit_mb=1024 -timeout=10 -use_value_profile=$near_misses -max_len=4096 \
        -print_final_stats=1 -artifact_prefix="$work/found/$name/" >"$work/$name.log" 2>&1; then
        tail -n 40 "$work/$name.log" >&2
        printf 'fuzz %-10s FOUND A BUG, see %s\n' "$name" "$work/$name.log"
        return 1
    fi
    printf 'fuzz %-10s %s, coverage %s\n' "$name" "$(tail -n 20 "$work/$name.log" | grep -o '^Done.*')" \
        "$(grep -o 'cov: [0-9]*' "$work/$name.log" | tail -n 1)"
}

failed=0
for ((at = 0; at < ${#targets[@]}; at += 2)); do
    children=()
    for name in "${targets[@]:at:2}"; do
        run "$name" &
        children+=($!)
    done
    for child in "${children[@]}"; do
        wait "$child" || failed=1
    done
done
exit $failed
