"""The trade machine: features + rows + quotes (+ the gateway's reports) → decisions, orders, executions, progress."""

from collections.abc import Callable, Iterator

import numpy as np

from schemas.config import StrategyConfig
from schemas.control import Control, Halt, NewLimits, Resume, Term
from schemas.errors import ConfigError
from schemas.frame import Records
from schemas.records import DECISION, REPORT, Kind, Side
from schemas.trading import TERMINAL, Order, Reason, ReportKind, order_id
from udfs.exchange.matching import Terms, empty_book, match
from udfs.exchange.matching import warm as warm_matching
from udfs.execution.settle import own_report
from udfs.execution.strategy import Row, Strategy
from udfs.machine import Batch
from udfs.risk.account import ACCOUNT, apply_fill, profit
from udfs.risk.limits import Intent, View, check
from udfs.trade.clock import warm as warm_clock
from udfs.trade.progress import add_progress
from udfs.trade.seen import Asked, Seen, decision_bytes
from udfs.trade.state import Ledger, Timer, TradeState, Working, dump, load, succeed
from udfs.trade.walk import Walk, due_ns, gathered

MINUTE_NS = 60_000_000_000
VALID_NS = 2_000_000_000  # an order that arrives later than this after its decision is refused
LoadStrategy = Callable[[StrategyConfig], Strategy]


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
            _check_features(config.name, strategy, self._index)
        self._lock_step = term.exchange.mode == "lock-step"
        self._members = {
            settle: np.array([one.number for one in self._own if one.settle == settle], np.int64)
            for settle in {one.settle for one in self._own}
        }
        self._terms = {one.number: Terms(one, term.exchange.taker_ppm(one.venue)) for one in self._own if one.tradable}

    def initial(self) -> TradeState:
        ledger = Ledger(orders=[0] * len(self._strategies), working={}, sent_ns=[], timers=[], strategies=[])
        accounts = np.zeros((len(self._strategies), len(self._instruments)), ACCOUNT)
        names = [config.name for config in self._term.strategies]
        for opening in self._term.opening:
            if self._instruments[opening.instrument].channel == self._channel:
                account = accounts[names.index(opening.strategy), opening.instrument]
                account["size"], account["cost"] = opening.size, opening.cost
        own = [strategy.initial() for strategy in self._strategies]
        return TradeState(ledger, empty_book(len(self._instruments)), accounts, own)

    def warm(self) -> None:
        warm_matching()
        warm_clock()

    def dump(self, state: TradeState) -> bytes:
        return dump(state)

    def load(self, data: bytes) -> TradeState:
        return load(self.initial(), data, self._strategies)

    def inherit(self, state: TradeState, before: "Trade", was: TradeState, changed: frozenset[str]) -> None:
        """Go on with what is held, owed and under way; a strategy that is the same goes on with its own state too."""
        places = {config.name: place for place, config in enumerate(self._term.strategies)}
        succeed(state, was, [places[config.name] for config in before._term.strategies], bool(self._term.opening))
        for config, own in zip(before._term.strategies, was.own, strict=True):
            place = places[config.name]
            if "features" not in changed and self._term.strategies[place] == config:
                state.own[place] = own

    def step(self, state: TradeState, batch: Batch) -> None:
        if isinstance(batch.control, Term):
            if batch.control.number != self._term.number:
                self._close(state, batch)
        elif batch.control is not None:
            self._obey(state, batch.control)
        elif batch.kind == Kind.REPORTS:
            for report in batch["reports"]:
                self._report(state, report)
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
                self._report(state, report)
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
                self._report(state, report)
            returned.append(timer.reports)

        for row in Walk(state, batch, fire).rows():
            decisions += self._decide(state, row, batch.orders)
        if decisions:
            batch["decisions"] = np.frombuffer(b"".join(decisions), DECISION)
        if returned:
            batch["executions"] = gathered(returned)

    def _arrive(self, state: TradeState, order: Order, now_ns: int) -> None:
        """The lock-step exchange: match against the stage's book; the reports come back after their latency."""
        reports = match(order, self._terms[order.instrument], state.book[order.instrument], now_ns)
        due_ns = now_ns + self._term.exchange.report_latency_ns
        state.ledger.timers.append(Timer(due_ns, reports=reports.tobytes()))

    def _report(self, state: TradeState, report: Records) -> None:
        """Bring accounts and working orders up to one report; one for an order that is not ours changes nothing.

        A corrected or busted fill halts: what we hold is then for a person to say (a new term's opening positions).
        """
        if report["kind"] in (ReportKind.FILL_CORRECT, ReportKind.FILL_BUST):
            state.ledger.halted = True
            return
        working = state.ledger.working.get(bytes(report["order_id"]).decode())
        if working is None:
            return
        account = state.accounts[working.strategy, working.instrument]
        if report["kind"] == ReportKind.FILL:
            side, size = int(report["side"]), int(report["size"])
            instrument = self._instruments[working.instrument]
            apply_fill(account, instrument, side, int(report["price"]), size, int(report["fee"]))
            signed = size if side == Side.BUY else -size
            working.signed_left -= signed
            account["working"] -= signed
        if report["kind"] in TERMINAL or (report["kind"] == ReportKind.FILL and report["leaves"] == 0):
            account["working"] -= working.signed_left
            del state.ledger.working[working.id]

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
        reason = check(intent, self._instruments[row.instrument], self._view(state, row), limits)
        if reason is not Reason.NONE:
            return self._decision(state, row, ordinal, intent, reason)
        ledger.orders[ordinal] += 1
        decision = self._decision(state, row, ordinal, intent, reason, ledger.orders[ordinal])
        order = self._order(intent, row, ordinal, ledger)
        ledger.working[order.id] = Working(order.id, ordinal, row.instrument, order.signed_size)
        ledger.sent_ns.append(order.decided_ns)
        state.accounts[ordinal, row.instrument]["working"] += order.signed_size
        if self._lock_step:
            ledger.timers.append(Timer(order.decided_ns + self._term.exchange.order_latency_ns, order=order))
        orders.append(order)
        return decision

    def _order(self, intent: Intent, row: Seen, ordinal: int, ledger: Ledger) -> Order:
        """The order of the decision made last."""
        strategy, n = self._term.strategies[ordinal].name, ledger.orders[ordinal]
        return Order(
            id=order_id(strategy, self._channel, self._term.number, n),
            strategy=strategy,
            channel=self._channel,
            term=self._term.number,
            n=n,
            instrument=row.instrument,
            side=int(intent.side),
            price=int(intent.price),
            size=int(intent.size),
            decision=ledger.decisions,
            decided_ns=row.channel_ns,
            valid_until_ns=row.channel_ns + VALID_NS,
        )

    def _view(self, state: TradeState, row: Seen) -> View:
        ledger, number, now_ns = state.ledger, row.instrument, row.channel_ns
        while ledger.sent_ns and ledger.sent_ns[0] <= now_ns - MINUTE_NS:
            ledger.sent_ns.pop(0)
        left = [one.signed_left for one in ledger.working.values() if one.instrument == number]
        return View(
            now_ns=now_ns,
            halted=ledger.halted,
            warm=bool(row.warm),
            marks=row.marks,
            bid=row.bid,
            ask=row.ask,
            quote_ns=int(state.book[number]["channel_ns"]),
            held=int(state.accounts["size"][:, number].sum()),
            working_buy=sum(one for one in left if one > 0),
            working_sell=sum(one for one in left if one < 0),
            open_orders=len(ledger.working),
            orders_last_minute=len(ledger.sent_ns),
            profit=self._profit(state, self._instruments[number].settle),
        )

    def _profit(self, state: TradeState, settle: str) -> int:
        """Of all strategies in all instruments of the channel that settle in a currency."""
        members = self._members[settle]
        accounts, quotes = state.accounts[:, members], state.book[members]
        total = sum(accounts["realised"].ravel().tolist()) - sum(accounts["fees"].ravel().tolist())
        for ordinal, place in np.argwhere(accounts["size"]).tolist():  # where nothing is held there is nothing to mark
            account, quote = accounts[ordinal, place], quotes[place]
            one = self._instruments[int(members[place])]
            settled = int(account["realised"]) - int(account["fees"])
            total += profit(account, one, int(quote["bid"]), int(quote["ask"])) - settled
        return total

    def _decision(
        self, state: TradeState, row: Seen, ordinal: int, intent: Intent, reason: Reason, order: int = 0
    ) -> bytes:
        """The decision about an intent; an earlier one of the same row may have moved `working`."""
        state.ledger.decisions += 1
        held, _, _, _, working = state.accounts[ordinal, row.instrument].item()
        asked = Asked(ordinal, held, working, intent, reason, order)
        return decision_bytes(state.ledger.decisions, row, asked)


def _check_features(name: str, strategy: Strategy, index: dict[str, int]) -> None:
    missing = [one for one in getattr(strategy, "FEATURES", ()) if one not in index]
    if missing:
        raise ConfigError(f"strategy {name} asks for {', '.join(missing)}, which the feature set has not")
