#!/bin/sh
# The browser tests drive the system's Chromium. Install it where a package manager allows, else say what to do.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ -n "${REVIEW_CHROMIUM:-}" ]; then
    exit 0
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
if command -v apt-get >/dev/null 2>&1; then
    $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends chromium && exit 0
elif command -v dnf >/dev/null 2>&1; then
    $as_root dnf install -q -y chromium && exit 0
fi
echo "Chromium is not installed and could not be installed here." >&2
echo "Install it yourself, or name a browser: export REVIEW_CHROMIUM=/path/to/chromium" >&2
echo "Without it, the browser tests are skipped." >&2
[ -z "${CI:-}" ] # in continuous integration a missing browser is a failure
