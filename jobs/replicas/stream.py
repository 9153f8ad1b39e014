"""The gateway's order stream as its ledger has it: when each order first arrived, and the pauses between."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from jobs.adapters.sqlite import read_only

__all__ = ["Phase", "arrivals_ns", "gap_s_max"]


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the drill, by the wall clock, and what arrived in it."""

    what: str
    begin_ns: int
    end_ns: int
    orders: int
    gap_s_max: float  # the longest time without a new order that reaches into it


def arrivals_ns(ledger: Path) -> list[int]:
    """Wall clocks of the first arrival of each order, rising; empty before the gateway has run."""
    if not ledger.exists():
        return []
    with read_only(ledger) as found:
        return [row[0] for row in found.execute("SELECT received_wall_ns FROM orders ORDER BY number")]


def gap_s_max(at_ns: Sequence[int], begin_ns: int, end_ns: int) -> float:
    """The longest time without an arrival in a window, counted from the last arrival before it, to its end at most.

    >>> gap_s_max([0, 10**9, 5 * 10**9, 6 * 10**9], 2 * 10**9, 6 * 10**9)
    4.0
    >>> gap_s_max([], 0, 2 * 10**9)
    2.0
    """
    first, last = bisect_right(at_ns, begin_ns), bisect_left(at_ns, end_ns)
    edges = [at_ns[first - 1] if first else begin_ns, *at_ns[first:last], end_ns]
    return max(later - earlier for earlier, later in pairwise(edges)) / 1e9
