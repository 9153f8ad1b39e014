"""Which measurements, how long and how often."""

from typing import NamedTuple


class Plan(NamedTuple):
    frame_ticks: tuple[int, ...]  # of the throughput logs
    ticks: int  # of a channel in each of them; an eighth of it where frames are small
    runs: int
    latency_s: float  # a round
    play_ticks: int
    closed_bars: int  # by heartbeats
    curve: tuple[int, ...]  # ticks a second of the rounds of the latency curve
    curve_s: float  # a round


FULL = Plan(
    frame_ticks=(1024, 4096, 64),
    ticks=2_000_000,
    runs=3,
    latency_s=12.0,
    play_ticks=2_000_000,
    closed_bars=10_000,
    curve=(50_000, 100_000, 200_000, 400_000),
    curve_s=4.0,
)
QUICK = Plan(
    frame_ticks=(4096,),
    ticks=1_000_000,
    runs=1,
    latency_s=8.0,
    play_ticks=500_000,
    closed_bars=2_000,
    curve=(100_000, 400_000),
    curve_s=3.0,
)
SMALL_FRAME_TICKS = 256
