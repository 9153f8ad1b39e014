"""Mocked plans: what the modules promise, and what they refuse."""

import re
from pathlib import Path

import pytest

from tests.terraform.command import Terraform, copied

TESTED = ("modules/kafka", "modules/kafka_access", "modules/service")
EXAMPLE = "examples/minimal"
REFUSED = {  # in the example's text: this, replaced by that, is refused with these words
    "channels = [0]": ("channels = [0, 2]", "Channels are numbered from 0 without holes"),
    "replicas = 1": ("replicas = 3", "There is one replica, or a pair"),
}


@pytest.mark.parametrize("folder", TESTED)
def test_plans(folder: str, tmp_path: Path) -> None:
    terraform = Terraform(copied(tmp_path))
    terraform.init(folder)
    done = terraform.run(folder, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", REFUSED)
def test_refuses(words: str, tmp_path: Path) -> None:
    copy = copied(tmp_path)
    terraform, main = Terraform(copy), copy / EXAMPLE / "main.tf"
    terraform.init(EXAMPLE)
    other, message = REFUSED[words]
    text = re.sub(" +", " ", main.read_text())
    assert words in text
    main.write_text(text.replace(words, other))
    done = terraform.run(EXAMPLE, "validate", "-no-color")
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())


@pytest.mark.parametrize("folder", ("environments/dev", "environments/prod", "examples/minimal"))
def test_is_valid(folder: str, tmp_path: Path) -> None:
    terraform = Terraform(copied(tmp_path))
    terraform.init(folder)
    done = terraform.run(folder, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
