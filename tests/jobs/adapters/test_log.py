"""Lines of text and of JSON, and that no secret ever stands in one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.adapters.log import redacted

SECRET = "tr0ub4dor/&3+x"
ENCODED = "tr0ub4dor%2F%263%2Bx"
GIVEN = {
    "PENSTOCK_DSN": f"clickhouse://writer:{ENCODED}@127.0.0.1:1/",
    "PENSTOCK_BROKER_SECRET": SECRET,
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENG",
}
SPEAKS = """
import logging, os, sys, threading, warnings
from jobs.adapters import log
log.begin("gateway")
secret = os.environ["PENSTOCK_BROKER_SECRET"]
log.say(f"connects with {secret}", channel=3, password=secret, note=f"<{secret}>")
log.warn(f"address {os.environ['PENSTOCK_DSN']}")
logging.getLogger("library").warning("token=%s", secret)
warnings.warn(secret)
thread = threading.Thread(target=lambda: int(secret))
thread.start(); thread.join()
raise RuntimeError(f"login failed: {secret} {os.environ['AWS_SECRET_ACCESS_KEY']}")
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command, known = [sys.executable, "-P", *arguments], os.environ | GIVEN | environment
    return subprocess.run(command, capture_output=True, text=True, env=known, timeout=60, check=False)


def assert_no_secret(text: str) -> None:
    for secret in (SECRET, ENCODED, GIVEN["AWS_SECRET_ACCESS_KEY"], json.dumps(SECRET)[1:-1]):
        assert secret not in text, text


def test_every_line_is_json_and_none_holds_a_secret():
    done = run("-c", SPEAKS, PENSTOCK_LOG="json")
    assert_no_secret(done.stdout + done.stderr)
    said, urgent = ([json.loads(line) for line in text.splitlines()] for text in (done.stdout, done.stderr))
    [line] = said
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "process": "gateway",
        "message": "connects with ***",
        "channel": 3,
        "password": "***",
        "note": "<***>",
    }
    assert [one["level"] for one in urgent] == ["warning", "warning", "warning", "error", "error"]
    assert urgent[1]["library"] == "library" and urgent[1]["message"] == "token=***"
    assert "ValueError" in urgent[3]["traceback"] and "RuntimeError: login failed: *** ***" in urgent[4]["traceback"]
    assert done.returncode == 1


def test_text_is_what_was_said_and_holds_no_secret_either():
    done = run("-c", SPEAKS)
    assert_no_secret(done.stdout + done.stderr)
    assert done.stdout == "connects with ***\n"
    assert done.stderr.startswith("address ***\n") and "RuntimeError: login failed: *** ***" in done.stderr


def test_without_the_door_the_secrets_would_stand_there():
    done = run("-c", SPEAKS.replace('log.begin("gateway")', ""))
    with pytest.raises(AssertionError):
        assert_no_secret(done.stdout + done.stderr)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_that_cannot_log_in_does_not_say_its_password(form: str, tmp_path: Path):
    own = ["--bootstrap", "127.0.0.1:1", "--channels", "0", "--folder", str(tmp_path), "--metrics", "off"]
    done = run("-m", "jobs.main", "archive", *own, PENSTOCK_LOG=form)
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr, done.stderr
    assert_no_secret(done.stdout + done.stderr)
    if form == "json":
        assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == ["error"]


def test_secrets_that_no_environment_knows_go_by_their_names():
    assert redacted('{"password": "x1", "user": "me"}') == '{"password": "***", "user": "me"}'
    assert redacted("http://me:pa:ss@w@host/ and http://host/") == "http://me:***@host/ and http://host/"
    assert redacted("keys 1,2,3; tokens spent: 5") == "keys 1,2,3; tokens spent: 5"
