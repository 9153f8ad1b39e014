"""System tests: a real broker and a real Flink; skipped with one clear line where Java or the jars are missing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.rig import Rig, java_is_missing


@pytest.fixture(scope="module", autouse=True)
def _needs_java() -> None:
    missing = java_is_missing()
    if missing and os.environ.get("SYSTEM_REQUIRED") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    made = Rig(Path(tmp_path_factory.mktemp("rig")))
    yield made
    made.close()
