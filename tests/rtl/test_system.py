"""The block in the pipeline, without a broker: the same packets through the simulated block and through Python."""

from pathlib import Path

import pytest

from tests.rtl.legs import through_play
from tests.rtl.run import simulator
from tests.rtl.system import compare


@pytest.mark.timeout(900)
def test_the_block_and_the_adapter_make_the_same_bytes(tmp_path: Path) -> None:
    simulator()
    found = compare(800, tmp_path, through_play)
    assert {name for name, counts in found.items() if counts[1]} == set()
    assert found["records"][0] > 400
    assert all(found[topic][0] > 10 for topic in ("features.v1", "decisions.v1", "outcomes.v1", "executions.v1"))
