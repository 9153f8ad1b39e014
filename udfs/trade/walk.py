"""One batch, walked in the order of its records.

Orders in flight reach the exchange and reports come back at their due channel time, between the records where they
belong: a fill inside a frame is seen by the next row of the same frame, and how a log is cut cannot be seen.
"""

from collections.abc import Callable, Iterator

import numpy as np

from schemas.frame import Records
from schemas.records import REPORT
from udfs.exchange.matching import fold_quotes
from udfs.machine import Batch
from udfs.trade.clock import latest_ns, reached
from udfs.trade.state import Timer, TradeState


class Walk:
    """Iterates the rows of a batch; before each, what is due has been fired and the stage's book is up to date."""

    def __init__(self, state: TradeState, batch: Batch, fire: Callable[[Timer], None]) -> None:
        self._state, self._batch, self._fire = state, batch, fire
        self._ticks, self._quotes = batch["ticks"], batch["quotes"]
        self._positions = np.ascontiguousarray(self._quotes["position"])
        self._tick_at = self._quote_at = 0

    def rows(self) -> Iterator[tuple[Records, Records]]:
        for feature, row in zip(self._batch["features"], self._batch["rows"], strict=True):
            place = int(feature["position"]) - self._batch.position
            self._settle(place, int(feature["channel_ns"]))
            self._quote(place)
            yield feature, row
        end = len(self._ticks)
        self._settle(end, None)
        self._quote(end)
        self._state.ledger.now_ns = latest_ns(self._ticks, self._tick_at, end, self._state.ledger.now_ns)

    def _settle(self, place: int, until_ns: int | None) -> None:
        """Fire what is due before the record at `place`, and, at that record, what is due by `until_ns`."""
        ledger = self._state.ledger
        while ledger.timers:
            timer = min(ledger.timers, key=lambda one: one.due_ns)
            self._tick_at, ledger.now_ns = reached(self._ticks, self._tick_at, place, ledger.now_ns, timer.due_ns)
            if self._tick_at == place and (until_ns is None or timer.due_ns > until_ns):
                return
            ledger.timers.remove(timer)
            self._quote(self._tick_at)
            self._fire(timer)

    def _quote(self, place: int) -> None:
        """Bring the stage's book to the quotes of the records before `place`."""
        last = int(np.searchsorted(self._positions, self._batch.position + place))
        if last > self._quote_at:
            fold_quotes(self._quotes, self._quote_at, last, self._state.book)
            self._quote_at = last


def gathered(reports: list[bytes]) -> Records:
    """The reports that came back in a batch, as one array."""
    return np.frombuffer(b"".join(reports), REPORT)
