"""The MoldUDP64 receiver; every case runs in the simulator (tests/rtl/mold_bench.py)."""

from tests.rtl.run import simulate

CASES = ("full_rate", "random_pauses", "every_malformation", "every_length", "sequence_wraps", "resets", "bins_are_met")


def test_equals_the_plain_receiver() -> None:
    simulate("mold_rx", "mold_bench", CASES)
