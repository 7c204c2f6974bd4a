#!/usr/bin/env bash
# What only the tests need: Chromium, PostgreSQL, Redis and a TURN server, from Debian's packages.
set -eu
wanted=()
[ -x /usr/bin/chromium ] || wanted+=(chromium)
[ -x /usr/bin/turnserver ] || wanted+=(coturn)
# it carries the server too, under another name, and starts none
[ -x /usr/bin/redis-check-rdb ] || wanted+=(redis-tools)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
[ ${#wanted[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    printf 'The tests need: %s. Install them (Debian: apt-get install, as root) and call again.\n' "${wanted[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${wanted[@]}" >/dev/null
