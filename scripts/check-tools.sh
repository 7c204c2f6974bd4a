#!/usr/bin/env bash
# Says which tool is missing and how to get it; silent when all are there.
set -u
missing=0

need() { # need NAME HOW-TO-GET-IT CHECK...
    local name=$1 how=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        printf 'missing: %s\n    %s\n' "$name" "$how" >&2
        missing=1
    fi
}

need "Python 3.11 or newer, as python3" "Debian: apt-get install python3 python3-venv" \
    python3 -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))'
need "Node.js 20 or newer" "https://nodejs.org, or your system's package nodejs" \
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
need "npm" "comes with Node.js" npm --version
need "a Rust toolchain 1.93 or newer" "https://rustup.rs" \
    bash -c 'v=$(rustc --version | cut -d" " -f2); [ "$(printf "%s\n1.93" "$v" | sort -V | head -1)" = 1.93 ] && cargo --version'
need "a C compiler, as gcc" "Debian: apt-get install gcc" gcc --version
exit $missing
