#!/usr/bin/env bash
# checkov into .checkov, an environment of its own: it pins what the tests pin otherwise. Called by `make terraform`; where
# it cannot be fetched that is one line, an error if CHECKOV_REQUIRED=1.
set -euo pipefail
cd "$(dirname "$0")/../.."
lock=infra/setup/checkov.lock
if cmp --quiet "$lock" .checkov/.lock; then exit 0; fi
uv=$(command -v uv || echo .uv/bin/uv)
if "$uv" venv --quiet --clear --python .venv/bin/python .checkov &&
    VIRTUAL_ENV="$PWD/.checkov" "$uv" pip sync --quiet --require-hashes "$lock"; then
    cp "$lock" .checkov/.lock
    exit 0
fi
rm -rf .checkov
if [ "${CHECKOV_REQUIRED:-0}" = 1 ]; then
    echo "FAILED: checkov is required, and cannot be fetched" >&2
    exit 1
fi
echo "SKIP: checkov cannot be fetched; infra/terraform is not checked by it"
