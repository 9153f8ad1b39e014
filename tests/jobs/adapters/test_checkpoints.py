"""A work folder belongs to one replica."""

from pathlib import Path

import pytest

from jobs.adapters.checkpoints import claim
from schemas.errors import SetupError


def test_the_other_replicas_folder_is_refused(tmp_path: Path) -> None:
    claim(tmp_path / "a", "a")
    claim(tmp_path / "a", "a")
    with pytest.raises(SetupError, match="holds the state of replica a: give replica b a folder of its own"):
        claim(tmp_path / "a", "b")
    claim(tmp_path / "b", "b")
