"""A venue of its own: the last machine of a channel's market, against whose book orders from outside are matched."""

import numpy as np

from schemas.control import Term
from schemas.frame import Records
from schemas.trading import Order, Reason, ReportKind
from udfs.exchange.matching import Terms, empty_book, fold_quotes, match
from udfs.exchange.matching import warm as warm_matching
from udfs.execution.settle import own_report
from udfs.machine import ArrayMachine, Batch, State

HEAD = np.dtype([("now_ns", "<i8")])


class Venue(ArrayMachine):
    """Keeps the displayed best quotes and the channel's time; what an order took stays taken until the next quote."""

    name = "venue"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        self._size = len(term.universe.instruments)
        self._order_latency_ns = term.exchange.order_latency_ns
        own = [one for one in term.universe.instruments if one.channel == channel and one.tradable]
        self._terms = {one.number: Terms(one, term.exchange.taker_ppm(one.venue)) for one in own}
        self._number = term.number

    def initial(self) -> State:
        return {"head": np.zeros(1, HEAD), "book": empty_book(self._size)}

    def step(self, state: State, batch: Batch) -> None:
        if len(batch["ticks"]):
            latest_ns = int(batch["ticks"]["receive_ns"].max())
            state["head"]["now_ns"] = max(int(state["head"]["now_ns"][0]), latest_ns)
        quotes = batch["quotes"]
        fold_quotes(quotes, 0, len(quotes), state["book"])

    def warm(self) -> None:
        warm_matching()

    def now_ns(self, state: State) -> int:
        return int(state["head"]["now_ns"][0])

    def is_due(self, state: State, order: Order) -> bool:
        """Whether the order has reached the venue: channel time is its decision's plus the configured latency."""
        return self.now_ns(state) >= order.decided_ns + self._order_latency_ns

    def match(self, state: State, order: Order) -> Records:
        """The reports of an order that is executed now, the last one terminal; takes liquidity from the book."""
        now_ns = self.now_ns(state)
        terms = self._terms.get(order.instrument)
        if terms is None:
            return own_report(order, ReportKind.REJECTED, Reason.UNKNOWN_INSTRUMENT, now_ns)
        if order.term != self._number:
            return own_report(order, ReportKind.REJECTED, Reason.WRONG_TERM, now_ns)
        return match(order, terms, state["book"][order.instrument], now_ns)
