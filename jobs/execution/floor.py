"""The trading floor of the simulated exchange: books of its own from the channels' logs, and orders against them.

An order is executed against the book of its channel as soon as channel time has reached its decision plus the
configured latency: as in lock-step mode when the pipeline is faster than that, and at once when it is slower. The
book is looked at between frames, so up to one frame later than in lock-step mode. When the log is at rest, so that
channel time does not move, the order is executed after `patience_s` against the book as it stands. The reports'
latency is not imitated: they take the time that the gateway's way really takes.

After a restart, liquidity that was taken before is displayed again until the venue's next quote.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jobs.adapters.journal import Buried, Done, Journal
from schemas.control import Term
from schemas.errors import BrokerRefused
from schemas.frame import Records
from schemas.records import REPORT
from schemas.trading import Order, Reason, ReportKind, canonical_order
from udfs.channel import Channel, Resources
from udfs.exchange.venue import Venue
from udfs.execution.settle import own_report
from udfs.machine import Pipeline
from udfs.market.book import Book
from udfs.market.quality import Quality

__all__ = ["Floor"]

WAITING_MAX = 1000
NOTHING = np.zeros(0, REPORT)


class Waiting(NamedTuple):
    """An order on its way to the book."""

    order: Order
    until: float  # of the monotonic clock


class Floor:
    """Thread-safe: `log` and `execute` from the process's loop, the rest from the counter's threads."""

    def __init__(
        self, channels: tuple[int, ...], journal: Journal, patience_s: float, monotonic: Callable[[], float]
    ) -> None:
        self._channels = {number: Channel(number, Resources(_build)) for number in channels}
        self._states = {number: channel.initial() for number, channel in self._channels.items()}
        self._journal, self._patience_s, self._monotonic = journal, patience_s, monotonic
        self._waiting: dict[str, Waiting] = {}
        self._changed = threading.Condition()

    def log(self, channel: int, data: bytes) -> None:
        """Take a message of a channel's log."""
        with self._changed:
            try:
                self._channels[channel].step(self._states[channel], data)
            except Exception as error:  # as in the channel itself: halted, and every order is rejected from here on
                self._channels[channel].halt(self._states[channel], data, error)

    def execute(self) -> int:
        """Execute the orders that have arrived; the number of them."""
        with self._changed:
            due = [one.order for one in self._waiting.values() if self._is_due(one)]
            for order in due:
                self._finish(order, self._match(order))
            return len(due)

    def submit(self, order: Order) -> Records:
        """All reports of the order; empty when it has not been executed in time (ask again)."""
        canonical = canonical_order(order)
        with self._changed:
            if self._is_another(order.id, canonical):
                return own_report(order, ReportKind.REJECTED, Reason.DUPLICATE_ID, self._now_ns(order.channel))
            if isinstance(self._journal.find(order.id), Buried):
                return own_report(order, ReportKind.REJECTED, Reason.REFUSED, self._now_ns(order.channel))
            if order.channel not in self._channels:
                raise BrokerRefused(f"channel {order.channel} of order {order.id} is not served here")
            if order.id not in self._journal and order.id not in self._waiting:
                if len(self._waiting) >= WAITING_MAX:
                    raise BrokerRefused(f"{WAITING_MAX} orders are waiting already")
                self._waiting[order.id] = Waiting(order, self._monotonic() + self._patience_s)
            self._changed.wait_for(lambda: order.id in self._journal, 2 * self._patience_s)
            return self._known(order.id)

    def query(self, order_id: str) -> Records | None:
        with self._changed:
            if order_id in self._waiting:
                return NOTHING
            return self._told(order_id)

    def cancel(self, order_id: str) -> Records | None:
        """Take a waiting order back; bury an id that was never seen."""
        with self._changed:
            waiting = self._waiting.get(order_id)
            if waiting is not None:
                now_ns = self._now_ns(waiting.order.channel)
                self._finish(waiting.order, own_report(waiting.order, ReportKind.CANCELLED, Reason.NONE, now_ns))
            elif order_id not in self._journal:
                self._journal.append(Buried(order_id))
            return self._told(order_id)

    @property
    def executed(self) -> int:
        """Orders in the journal."""
        return len(self._journal)

    @property
    def waiting(self) -> int:
        """Orders on their way to the book."""
        return len(self._waiting)

    def faults(self) -> dict[int, int]:
        """The fault that halted each channel here; 0 = none."""
        return {number: state.ledger.fault for number, state in self._states.items()}

    def _is_another(self, order_id: str, canonical: bytes) -> bool:
        """Whether another order has this id already."""
        done, waiting = self._journal.find(order_id), self._waiting.get(order_id)
        if isinstance(done, Done):
            return done.canonical != canonical
        return waiting is not None and canonical_order(waiting.order) != canonical

    def _known(self, order_id: str) -> Records:
        told = self._told(order_id)
        return NOTHING if told is None else told

    def _told(self, order_id: str) -> Records | None:
        """The reports of an order that was taken; None when none was."""
        done = self._journal.find(order_id)
        return np.frombuffer(done.reports, REPORT) if isinstance(done, Done) else None

    def _is_due(self, one: Waiting) -> bool:
        state = self._states[one.order.channel]
        if state.ledger.fault or state.pipeline is None or self._monotonic() >= one.until:
            return True
        return self._venue(one.order.channel).is_due(state.own[-1], one.order)

    def _match(self, order: Order) -> Records:
        state = self._states[order.channel]
        if state.ledger.fault or state.pipeline is None:
            return own_report(order, ReportKind.REJECTED, Reason.HALTED, self._now_ns(order.channel))
        return self._venue(order.channel).match(state.own[-1], order)

    def _finish(self, order: Order, reports: Records) -> None:
        self._journal.append(Done(order.id, canonical_order(order), reports.tobytes()))
        del self._waiting[order.id]
        self._changed.notify_all()

    def _now_ns(self, channel: int) -> int:
        state = self._states.get(channel)
        return 0 if state is None or state.pipeline is None else self._venue(channel).now_ns(state.own[-1])

    def _venue(self, channel: int) -> Venue:
        pipeline = self._states[channel].pipeline
        assert pipeline is not None
        venue = pipeline.machines[-1]
        assert isinstance(venue, Venue)
        return venue


def _build(term: Term, channel: int) -> Pipeline:
    return Pipeline([Quality(term, channel), Book(term, channel), Venue(term, channel)])
