"""One batch, walked in the order of its records.

Orders in flight reach the exchange and reports come back at their due channel time, between the records where they
belong: a fill inside a frame is seen by the next row of the same frame, and how a log is cut cannot be seen.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

from udfs.machine import Batch
from udfs.trade.clock import NEVER_NS, advance
from udfs.trade.quiet import group_end
from udfs.trade.state import Timer, TradeState

due_ns = attrgetter("due_ns")


class Walk:
    """Iterates the rows of a batch; before each, what is due has been fired and the stage's book is up to date."""

    def __init__(self, state: TradeState, batch: Batch, fire: Callable[[Timer], None]) -> None:
        self._state, self._batch, self._fire = state, batch, fire
        self._ticks, self._quotes = batch["ticks"], batch["quotes"]
        self._tick_at = self._quote_at = 0
        self._features = batch["features"]

    def groups(self) -> Iterator[tuple[int, int]]:
        """First and end of the rows that belong together (`group_end`); the batch is settled up to the first one."""
        first, features = 0, self._features
        while first < len(features):
            self.settle(first)
            last = group_end(features, first)
            yield first, last
            first = last
        self._settle(len(self._ticks), None)

    def settle(self, row: int) -> None:
        """Fire what is due before a row."""
        feature = self._features[row]
        self._settle(int(feature["position"]) - self._batch.position, int(feature["channel_ns"]))

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
