"""Mocked plans: what the modules promise, and what they refuse."""

from pathlib import Path

import pytest

from tests.terraform.command import Terraform, copied

TESTED = ("modules/kafka", "modules/kafka_access", "stacks/pipeline")


@pytest.mark.parametrize("folder", TESTED)
def test_plans(folder: str, tmp_path: Path) -> None:
    terraform = Terraform(copied(tmp_path))
    terraform.init(folder)
    done = terraform.run(folder, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", ("environments/dev", "environments/prod", "examples/minimal"))
def test_is_valid(folder: str, tmp_path: Path) -> None:
    terraform = Terraform(copied(tmp_path))
    terraform.init(folder)
    done = terraform.run(folder, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
