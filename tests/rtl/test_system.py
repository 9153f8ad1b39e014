"""The block in the pipeline: the same packets through the simulated block and through Python, byte for byte."""

from pathlib import Path

import pytest

from tests.rtl.run import simulator
from tests.rtl.system import compare


@pytest.mark.timeout(900)
def test_the_block_and_the_adapter_make_the_same_bytes(tmp_path: Path) -> None:
    simulator()
    total, differ, is_same = compare(1500, tmp_path)
    assert total > 800
    assert (differ, is_same) == (0, True)
