"""The trade machine: features + rows + quotes (+ the gateway's reports) → decisions, orders, executions, progress."""

from collections.abc import Iterator

import numpy as np

from schemas.control import Control, Halt, NewLimits, Resume, Term
from schemas.layouts import feature_record
from schemas.records import DECISION, REPORT, Kind
from schemas.succession import leaving
from schemas.trading import Order, Reason, ReportKind
from udfs.exchange.matching import Terms, empty_book, match
from udfs.execution.settle import own_report
from udfs.execution.strategy import LoadStrategy, Row, check_features
from udfs.machine import Batch
from udfs.risk.account import ACCOUNT
from udfs.risk.limits import Intent, check
from udfs.trade.clock import warm as warm_clock
from udfs.trade.dry import dry_row
from udfs.trade.orders import order_of
from udfs.trade.progress import add_progress
from udfs.trade.quiet import Quiet
from udfs.trade.reports import gathered, take_report
from udfs.trade.seen import Asked, Seen, decision_bytes, seen
from udfs.trade.state import Ledger, Timer, TradeState, Working, dump, left_by, load, succeed
from udfs.trade.view import settled, view_of
from udfs.trade.walk import Walk, due_ns


class Trade:
    """Asks every strategy about every row, checks what they want, and in lock-step mode is the exchange too."""

    name = "trade"
    version = 1

    def __init__(self, term: Term, channel: int, load_strategy: LoadStrategy) -> None:
        self._term, self._channel = term, channel
        self._instruments = term.universe.instruments
        self._own = [one for one in self._instruments if one.channel == channel]
        self._strategies = [load_strategy(config) for config in term.strategies]
        self._index = term.feature_set.index
        for config, strategy in zip(term.strategies, self._strategies, strict=True):
            check_features(config.name, strategy, self._index)
        self._lock_step = term.exchange.mode == "lock-step"
        self._members = {
            settle: np.array([one.number for one in self._own if one.settle == settle], np.int64)
            for settle in {one.settle for one in self._own}
        }
        self._terms = {one.number: Terms(one, term.exchange.taker_ppm(one.venue)) for one in self._own if one.tradable}
        rates = [self._terms[one.number].taker_ppm if one.number in self._terms else 0 for one in self._instruments]
        self._quiet = Quiet(self._strategies, self._index, np.array(rates, np.int64))

    def initial(self) -> TradeState:
        ledger = Ledger(orders=[0] * len(self._strategies), working={}, sent_ns=[], timers=[], strategies=[])
        accounts = np.zeros((len(self._strategies), len(self._instruments)), ACCOUNT)
        names = [config.name for config in self._term.strategies]
        for opening in self._term.opening:
            if self._instruments[opening.instrument].channel == self._channel:
                account = accounts[names.index(opening.strategy), opening.instrument]
                account["size"], account["cost"] = opening.size, opening.cost
        own = [one.initial() for one in self._strategies]
        state = TradeState(ledger, empty_book(len(self._instruments)), accounts, own)
        self._quiet.recall(state)
        return state

    def warm(self) -> None:
        warm_clock()
        state = self.initial()
        self._quiet.warm(state, feature_record(self._term.feature_set.names))
        settled(state.accounts, np.zeros(1, np.int64), np.zeros((state.accounts.size, 2), np.int64))
        self.rehearse()

    def rehearse(self) -> list[Order]:
        """Send a dry order through risk, exchange and accounts, with a state that is thrown away; what came of it."""
        one, state, orders = next((one for one in self._own if one.tradable), None), self.initial(), list[Order]()
        if one is not None and self._strategies:
            row, intent = dry_row(one, len(self._term.feature_set), state.book)
            self._ask(state, row, 0, intent, orders)
        for order in orders:
            self._arrive(state, order, order.decided_ns)
            for report in np.frombuffer(state.ledger.timers[-1].reports, REPORT):
                take_report(state, report, self._instruments)
        return orders

    def dump(self, state: TradeState) -> bytes:
        return dump(state)

    def load(self, data: bytes) -> TradeState:
        state = load(self.initial(), data, self._strategies)
        self._quiet.recall(state)
        return state

    def inherit(self, state: TradeState, before: "Trade", was: TradeState, changed: frozenset[str]) -> None:
        """Go on with what is held, owed and under way; a strategy that is the same goes on with its own state too."""
        names = {config.name: place for place, config in enumerate(self._term.strategies)}
        places = [names.get(config.name) for config in before._term.strategies]
        succeed(state, was, places, bool(self._term.opening))
        for config, own, place in zip(before._term.strategies, was.own, places, strict=True):
            if place is not None and "features" not in changed and self._term.strategies[place] == config:
                state.own[place] = own
        self._quiet.recall(state)

    def objection(self, state: TradeState, term: Term) -> str:
        """A strategy may leave with nothing held and no order under way."""
        gone = leaving(term, self._term)
        for ordinal, config in enumerate(self._term.strategies):
            if config.name in gone and (left := left_by(state, ordinal, self._instruments)):
                return f"strategy {config.name} cannot leave with {', '.join(left)}"
        return ""

    def step(self, state: TradeState, batch: Batch) -> None:
        if isinstance(batch.control, Term):
            if batch.control.number != self._term.number:
                self._close(state, batch)
        elif batch.control is not None:
            self._obey(state, batch.control)
        elif batch.kind == Kind.REPORTS:
            for report in batch["reports"]:
                take_report(state, report, self._instruments)
        else:
            self._walk(state, batch)
        add_progress(state.ledger, batch, self._term.number)

    def _obey(self, state: TradeState, control: Control) -> None:
        if isinstance(control, Halt):
            state.ledger.halted = True
        if isinstance(control, Resume):
            state.ledger.halted = False
        if isinstance(control, NewLimits):
            state.ledger.limits = control.limits

    def _close(self, state: TradeState, batch: Batch) -> None:
        """The term ends here: reports on their way arrive now, and what has not reached the exchange is cancelled."""
        told = []
        timers, state.ledger.timers = sorted(state.ledger.timers, key=due_ns), []
        for timer in timers:
            reports = np.frombuffer(timer.reports, REPORT)
            if timer.order is not None:
                reports = own_report(timer.order, ReportKind.CANCELLED, Reason.WRONG_TERM, state.ledger.now_ns)
            for report in reports:
                take_report(state, report, self._instruments)
            told.append(reports.tobytes())
        if told:
            batch["executions"] = gathered(told)

    def _walk(self, state: TradeState, batch: Batch) -> None:
        returned: list[bytes] = []
        decisions: list[bytes] = []

        def fire(timer: Timer) -> None:
            if timer.order is not None:
                self._arrive(state, timer.order, timer.due_ns)
                return
            for report in np.frombuffer(timer.reports, REPORT):
                take_report(state, report, self._instruments)
            returned.append(timer.reports)

        for group in (walk := Walk(state, batch, fire)).groups():
            decisions += self._group(state, batch, walk, *group)
        if made := b"".join(decisions):
            batch["decisions"] = np.frombuffer(made, DECISION)
        if returned:
            batch["executions"] = gathered(returned)

    def _group(self, state: TradeState, batch: Batch, walk: Walk, first: int, last: int) -> Iterator[bytes]:
        """The decision records of rows that belong together: by rule, and by asking where no rule answers."""
        features, rows = batch["features"], batch["rows"]
        self._quiet.answer(state, features, rows, first, last)
        at = first
        while at < last:
            next_at, quiet = self._quiet.decide(state, features, rows, (first, at, last))
            if next_at > at:
                yield quiet
                at = next_at
                continue
            if state.ledger.timers:
                walk.settle(at)  # an order of a row before may be there already
            row = seen(features, rows, at)
            yield from self._decide(state, row, batch.orders)
            self._quiet.recall_one(state, row.instrument)
            at += 1

    def _arrive(self, state: TradeState, order: Order, now_ns: int) -> None:
        """The lock-step exchange: match against the stage's book; the reports come back after their latency."""
        reports = match(order, self._terms[order.instrument], state.book[order.instrument], now_ns)
        due_ns = now_ns + self._term.exchange.report_latency_ns
        state.ledger.timers.append(Timer(due_ns, reports=reports.tobytes()))

    def _decide(self, state: TradeState, row: Seen, orders: list[Order]) -> Iterator[bytes]:
        """The decision records of one row, one a strategy and intent; the orders that passed go to `orders`."""
        for ordinal, strategy in enumerate(self._strategies):
            offered = self._row(state, row, ordinal)
            answer = strategy.decide(state.own[ordinal], offered)
            if isinstance(answer, Reason):
                state.ledger.decisions += 1
                asked = Asked(ordinal, offered.held, offered.working, None, answer)
                yield decision_bytes(state.ledger.decisions, row, asked)
                continue
            for intent in answer:
                yield self._ask(state, row, ordinal, intent, orders)

    def _row(self, state: TradeState, row: Seen, ordinal: int) -> Row:
        held, _, _, _, working = state.accounts[ordinal, row.instrument].item()
        return Row(
            number=row.number,
            channel_ns=row.channel_ns,
            instrument=self._instruments[row.instrument],
            bid=row.bid,
            bid_size=row.bid_size,
            ask=row.ask,
            ask_size=row.ask_size,
            close=row.close,
            marks=row.marks,
            warm=bool(row.warm),
            model_bp=row.model_bp,
            online_bp=row.online_bp,
            p_bp=row.p_bp,
            confidence_bp=row.confidence_bp,
            held=held,
            working=working,
            taker_ppm=self._terms[row.instrument].taker_ppm,
            features=row.x,
            index=self._index,
        )

    def _ask(self, state: TradeState, row: Seen, ordinal: int, intent: Intent, orders: list[Order]) -> bytes:
        """Check an intent; what passes becomes the strategy's next order."""
        ledger = state.ledger
        limits = ledger.limits or self._term.limits
        view = view_of(state, row, self._instruments, self._members)
        reason = check(intent, self._instruments[row.instrument], view, limits)
        if reason is not Reason.NONE:
            return self._decision(state, row, ordinal, intent, reason)
        ledger.orders[ordinal] += 1
        decision = self._decision(state, row, ordinal, intent, reason, ledger.orders[ordinal])
        order = order_of(self._term, self._channel, ordinal, row, intent, ledger.orders[ordinal], ledger.decisions)
        ledger.working[order.id] = Working(order.id, ordinal, row.instrument, order.signed_size)
        ledger.sent_ns.append(order.decided_ns)
        state.accounts[ordinal, row.instrument]["working"] += order.signed_size
        if self._lock_step:
            ledger.timers.append(Timer(order.decided_ns + self._term.exchange.order_latency_ns, order=order))
        orders.append(order)
        return decision

    def _decision(
        self, state: TradeState, row: Seen, ordinal: int, intent: Intent, reason: Reason, order: int = 0
    ) -> bytes:
        """The decision about an intent; an earlier one of the same row may have moved `working`."""
        state.ledger.decisions += 1
        held, _, _, _, working = state.accounts[ordinal, row.instrument].item()
        asked = Asked(ordinal, held, working, intent, reason, order)
        return decision_bytes(state.ledger.decisions, row, asked)
