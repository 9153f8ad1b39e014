"""The MoldUDP64 receiver; every case runs in the simulator (tests/rtl/mold_bench.py)."""

import pytest

from tests.rtl.run import simulate

CASES = ("full_rate", "random_pauses", "every_malformation", "every_length", "sequence_wraps", "resets")


@pytest.mark.parametrize("case", CASES)
def test_equals_the_plain_receiver(case: str) -> None:
    simulate("mold_rx", "mold_bench", case)
