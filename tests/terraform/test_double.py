"""The complete example against the double: apply, an empty second plan, one change, destroy, and nothing left."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.command import Terraform, copied

EXAMPLE = "examples/complete"
START_S_MAX = 60.0
EMPTY, CHANGES = 0, 2  # exit status of `plan -detailed-exitcode`

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def double() -> Iterator[str]:
    """The address of a fresh double."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.terraform.aws_double", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S_MAX
        while not answers(address):
            assert process.poll() is None and time.monotonic() < deadline, "the double did not start"
            time.sleep(0.2)
        yield address
    finally:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    try:
        report(address)
    except OSError:
        return False
    return True


def report(address: str) -> Any:
    with urllib.request.urlopen(f"{address}/double/report", timeout=10) as answer:
        return json.load(answer)


def terraform_for(copy: Path, address: str) -> Terraform:
    return Terraform(
        copy,
        {
            "AWS_ENDPOINT_URL": address,
            "AWS_S3_USE_PATH_STYLE": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
    )


def changes(terraform: Terraform, *arguments: str) -> dict[str, list[str]]:
    """What a plan would do, by address."""
    done = terraform.run(EXAMPLE, "plan", "-no-color", "-detailed-exitcode", "-out=plan", *arguments)
    assert done.returncode in (EMPTY, CHANGES), done.stdout + done.stderr
    shown = json.loads(terraform.run(EXAMPLE, "show", "-json", "plan").stdout)
    planned = {one["address"]: one["change"]["actions"] for one in shown.get("resource_changes", [])}
    return {address: actions for address, actions in planned.items() if actions not in (["no-op"], ["read"])}


def test_apply_plan_change_destroy(double: str, tmp_path: Path) -> None:
    terraform = terraform_for(copied(tmp_path), double)
    terraform.init(EXAMPLE)
    applied = terraform.run(EXAMPLE, "apply", "-auto-approve", "-no-color", "-parallelism=20", timeout_s=600)
    assert applied.returncode == 0, applied.stdout[-3000:] + applied.stderr
    assert changes(terraform) == {}
    more = changes(terraform, "-var=spares=2")
    assert more == {
        f'module.pipeline.module.flink["{replica}"].module.taskmanager.aws_ecs_service.this': ["update"]
        for replica in "ab"
    }
    destroyed = terraform.run(EXAMPLE, "destroy", "-auto-approve", "-no-color", "-parallelism=20", timeout_s=600)
    assert destroyed.returncode == 0, destroyed.stdout[-3000:] + destroyed.stderr
    assert json.loads(terraform.run(EXAMPLE, "show", "-json").stdout).get("values") is None
    seen = report(double)
    assert seen["violations"] == []
    assert seen["checked"]["s3"] > 50 and seen["checked"]["kafka"] > 3
