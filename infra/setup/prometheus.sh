#!/usr/bin/env bash
# Prometheus and promtool: those on PATH, else Debian's package, unpacked into .prometheus and not installed: its service
# would listen on every interface. Needs no root where the package lists are there. Called by `make test-core`, `make alerts`.
#   prometheus.sh             get what is missing; without it one line, an error if PROMETHEUS_REQUIRED=1
#   prometheus.sh --required  the same, but an error in any case
set -euo pipefail
cd "$(dirname "$0")/../.."

has_tools() {
    { command -v promtool >/dev/null && command -v prometheus >/dev/null; } || .prometheus/usr/bin/promtool --version >/dev/null 2>&1
}

refresh_lists() {
    if [ "$(id -u)" = 0 ]; then apt-get update -qq >/dev/null; else sudo -n apt-get update -qq >/dev/null 2>&1; fi
}

unpack() {
    local folder
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    echo "Unpacking Debian's prometheus into .prometheus"
    folder=$(mktemp -d)
    (cd "$folder" && { apt-get download -qq prometheus >/dev/null 2>&1 ||
        { refresh_lists && apt-get download -qq prometheus >/dev/null 2>&1; }; }) &&
        mkdir -p .prometheus && dpkg-deb -x "$folder"/prometheus_*.deb .prometheus
    local status=$?
    rm -rf "$folder"
    return $status
}

if has_tools || { unpack && has_tools; }; then exit 0; fi
hint="sudo apt-get install -y prometheus (then: sudo systemctl disable --now prometheus)"
if [ "${1:-}" = --required ] || [ "${PROMETHEUS_REQUIRED:-0}" = 1 ]; then
    echo "FAILED: promtool and prometheus are required, but missing: $hint" >&2
    exit 1
fi
echo "SKIP: the tests of alerting rules need promtool: $hint"
