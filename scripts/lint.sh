#!/usr/bin/env bash
# Every rule the code is held to, in all three languages.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
dataplane=sfu/dataplane/Cargo.toml
fuzz=sfu/dataplane/fuzz/Cargo.toml

step() { printf '\n== %s\n' "$1"; }

step "Python: format, lint, types, layers"
$bin/ruff format --no-cache --check .
$bin/ruff check --no-cache . # a cached verdict survives changes of the import layout
$bin/mypy
$bin/lint-imports --no-cache | tail -n 12
step "Rust: format, clippy"
cargo fmt --manifest-path $dataplane --all --check
cargo fmt --manifest-path $fuzz --check
cargo clippy --quiet --manifest-path $dataplane --workspace --all-targets --locked -- -D warnings
cargo clippy --quiet --manifest-path $fuzz --target-dir sfu/dataplane/target --all-targets --locked -- -D warnings
step "Web: lint, types"
npm --prefix web run --silent lint
npm --prefix web run --silent typecheck
step "Protocol: the web client's types are what signaling says"
scripts/protocol.sh --check
