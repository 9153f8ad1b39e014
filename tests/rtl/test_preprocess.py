"""The preprocess block; every case runs in the simulator (tests/rtl/preprocess_bench.py)."""

import pytest

from tests.rtl.run import simulate

CASES = (
    "full_rate",
    "random_pauses",
    "slow_source",
    "bursts",
    "edges",
    "saturation",
    "resets",
    "latency",
)


@pytest.mark.parametrize("case", CASES)
def test_equals_the_kernel(case: str) -> None:
    simulate("preprocess", "preprocess_bench", case)
