"""When decisions arrive, by this process's own clock: what a pause of the pipeline looks like from outside."""

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import Self

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Reader
from schemas.errors import SetupError
from schemas.topics import DECISIONS

__all__ = ["Arrivals", "longest_gap_s"]

POLL_S = 0.02


class Arrivals:
    """Follows decisions.v1 on a thread of its own, through the broker's deaths, until it is left."""

    def __init__(self, bootstrap: str, channels: Sequence[int]) -> None:
        self._bootstrap, self._channels = bootstrap, channels
        self._next = dict.fromkeys(channels, 0)
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="arrivals", daemon=True)
        self.at_ns: list[int] = []  # only ever appended to

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._leaving.is_set():
            try:
                reader = Reader(self._bootstrap, DECISIONS.name, self._channels, self._next)
            except SetupError:  # the broker is down: what it holds arrives later
                time.sleep(POLL_S)
                continue
            try:
                self._read(reader)
            except SetupError:
                pass
            finally:
                reader.close()

    def _read(self, reader: Reader) -> None:
        while not self._leaving.is_set():
            for message in reader.poll(POLL_S):
                self._next[message.partition] = message.offset + 1
                self.at_ns.append(wall_ns())


def longest_gap_s(at_ns: Sequence[int], begin_ns: int, end_ns: int) -> float:
    """The longest time without an arrival that reaches into a window, from the last arrival before it to its end.

    >>> longest_gap_s([0, 10**9, 5 * 10**9, 6 * 10**9], 2 * 10**9, 6 * 10**9)
    4.0
    >>> longest_gap_s([], 0, 2 * 10**9)
    2.0
    """
    before = max((one for one in at_ns if one <= begin_ns), default=begin_ns)
    within = [one for one in at_ns if begin_ns < one < end_ns]
    return max(later - earlier for earlier, later in pairwise([before, *within, end_ns])) / 1e9
