"""One batch, walked in the order of its records.

Orders in flight reach the exchange and reports come back at their due channel time, between the records where they
belong: a fill inside a frame is seen by the next row of the same frame, and how a log is cut cannot be seen.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

import numpy as np

from schemas.frame import Records
from schemas.records import REPORT
from udfs.kernels import read_only
from udfs.machine import Batch
from udfs.trade.clock import NEVER_NS, advance
from udfs.trade.seen import Seen, seen
from udfs.trade.state import Timer, TradeState

due_ns = attrgetter("due_ns")


class Walk:
    """Iterates the rows of a batch; before each, what is due has been fired and the stage's book is up to date."""

    def __init__(self, state: TradeState, batch: Batch, fire: Callable[[Timer], None]) -> None:
        self._state, self._batch, self._fire = state, batch, fire
        self._ticks, self._quotes = read_only(batch["ticks"]), read_only(batch["quotes"])
        self._tick_at = self._quote_at = 0

    def rows(self) -> Iterator[Seen]:
        if "features" in self._batch.arrays:
            for row in seen(self._batch["features"], self._batch["rows"]):
                self._settle(row.position - self._batch.position, row.channel_ns)
                yield row
        self._settle(len(self._ticks), None)

    def _settle(self, place: int, until_ns: int | None) -> None:
        """Pass to `place`; fire what is due before its record, and, at that record, what is due by `until_ns`."""
        timers = self._state.ledger.timers
        while timers:
            timer = min(timers, key=due_ns)
            self._pass(place, timer.due_ns)
            if self._tick_at == place and (until_ns is None or timer.due_ns > until_ns):
                return
            timers.remove(timer)
            self._fire(timer)
        self._pass(place, NEVER_NS)

    def _pass(self, place: int, due_ns: int) -> None:
        if self._tick_at == place:
            return
        ledger = self._state.ledger
        self._tick_at, self._quote_at, ledger.now_ns = advance(
            self._ticks,
            self._quotes,
            self._state.book,
            self._batch.position,
            self._tick_at,
            self._quote_at,
            place,
            ledger.now_ns,
            due_ns,
        )


def gathered(reports: list[bytes]) -> Records:
    """The reports that came back in a batch, as one array."""
    return np.frombuffer(b"".join(reports), REPORT)
