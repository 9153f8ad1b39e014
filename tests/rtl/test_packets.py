"""Packets to ticks; every case runs in the simulator (tests/rtl/packets_bench.py)."""

import os

import pytest

from tests.rtl.run import simulate
from tests.rtl.session import SIZES

CASES = (
    "realistic_flow",
    "random_pauses",
    "broken_feed",
    "overflows",
    "edges",
    "feed_too_fast",
    "resets",
    "malformed_packets",
    "resets_in_every_state",
    "bins_are_met",
)


@pytest.mark.timeout(int(os.environ.get("RTL_TIMEOUT_S", "900")))
def test_equals_the_adapter() -> None:
    simulate("packet_ticks", "packets_bench", CASES, SIZES)
