#!/usr/bin/env bash
# Signaling's messages -> JSON Schema -> TypeScript. With --check: fail when the committed files differ.
set -euo pipefail
cd "$(dirname "$0")/.."
target=web/src/protocol
.venv/bin/python -m signaling.schema >"$target/schema.json"
npm --prefix web run --silent protocol
if [ "${1:-}" = --check ]; then
    git diff --exit-code --stat -- "$target" || {
        echo "web/src/protocol is not what signaling's messages say: run 'make protocol' and commit" >&2
        exit 1
    }
fi
