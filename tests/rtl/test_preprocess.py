"""The preprocess block; every case runs in the simulator (tests/rtl/preprocess_bench.py)."""

import os

import pytest

from tests.rtl.run import simulate

CASES = (
    "full_rate",
    "random_pauses",
    "slow_source",
    "bursts",
    "edges",
    "saturation",
    "sums_near_their_ends",
    "resets",
    "latency",
    "bins_are_met",
)


@pytest.mark.timeout(int(os.environ.get("RTL_TIMEOUT_S", "300")))
def test_equals_the_kernel() -> None:
    simulate("preprocess", "preprocess_bench", CASES)
