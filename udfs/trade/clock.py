"""Kernels that find where channel time reaches a moment inside a batch."""

import numba
import numpy as np

from schemas.frame import Records
from schemas.records import TICK


@numba.njit(cache=True, nogil=True)
def reached(ticks: Records, first: int, last: int, now_ns: int, due_ns: int) -> tuple[int, int]:
    """The first place in [first, last) where channel time is `due_ns` or later, and the channel time before it.

    `now_ns` is the channel time before ticks[first]; the answer is `last` when it is not reached.
    """
    for i in range(first, last):
        if max(now_ns, ticks[i].receive_ns) >= due_ns:
            return i, now_ns
        now_ns = max(now_ns, ticks[i].receive_ns)
    return last, now_ns


@numba.njit(cache=True, nogil=True)
def latest_ns(ticks: Records, first: int, last: int, now_ns: int) -> int:
    """Channel time after ticks[first:last]."""
    for i in range(first, last):
        now_ns = max(now_ns, ticks[i].receive_ns)
    return now_ns


def warm() -> None:
    """Compile for writable and read-only ticks."""
    ticks = np.zeros(1, TICK)
    for array in (ticks, np.frombuffer(ticks.tobytes(), TICK)):
        reached(array, 0, 1, 0, 0)
        latest_ns(array, 0, 1, 0)
