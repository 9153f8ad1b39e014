#!/usr/bin/env bash
# Makes .venv with exactly what requirements.lock pins, and installs this checkout into it. Called by `make setup`.
set -euo pipefail
cd "$(dirname "$0")/../.."

say_how_to_install_python() {
    echo "Python 3.11 with venv is missing: sudo apt-get install -y python3.11 python3.11-venv (or: uv python install 3.11)" >&2
    exit 1
}

find_python() {
    for candidate in python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    uv python find --no-python-downloads 3.11 2>/dev/null || say_how_to_install_python
}

# uv on PATH, if it runs (a version manager's stand-in may not), else a private one.
find_uv() {
    if uv --version >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [ ! -x .uv/bin/uv ]; then
        "$1" -m venv .uv >&2 || say_how_to_install_python
        .uv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
    fi
    echo .uv/bin/uv
}

python=$(find_python)
uv=$(find_uv "$python")
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    "$uv" venv --quiet --clear --python "$python" .venv
fi
export VIRTUAL_ENV="$PWD/.venv"
if ! cmp --quiet requirements.lock .venv/.lock; then
    "$uv" pip sync --quiet --require-hashes requirements.lock
    cp requirements.lock .venv/.lock
fi
# The lock holds the build backend, so nothing is fetched here.
"$uv" pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/.stamp
echo "Python is set up: .venv ($(.venv/bin/python --version))"
