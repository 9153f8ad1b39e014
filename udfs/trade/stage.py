"""The trade machine: features + rows + quotes (+ the gateway's reports) → decisions, orders, executions, progress."""

from collections.abc import Callable

import numpy as np

from schemas.config import StrategyConfig
from schemas.control import Halt, NewLimits, Resume, Term
from schemas.frame import Records
from schemas.records import DECISION, REPORT, Kind, Side
from schemas.trading import TERMINAL, Order, Reason, ReportKind, Verdict, order_id
from udfs.exchange.matching import Terms, empty_book, match
from udfs.exchange.matching import warm as warm_matching
from udfs.execution.strategy import Row, Strategy
from udfs.machine import Batch
from udfs.risk.account import ACCOUNT, apply_fill, profit
from udfs.risk.limits import Intent, View, check
from udfs.trade.clock import warm as warm_clock
from udfs.trade.progress import add_progress
from udfs.trade.state import Ledger, Timer, TradeState, Working, dump, load
from udfs.trade.walk import Walk, gathered

MINUTE_NS = 60_000_000_000
VALID_NS = 2_000_000_000  # an order that arrives later than this after its decision is refused
LoadStrategy = Callable[[StrategyConfig], Strategy]
_FROM_FEATURE = ("position", "channel_ns", "bid", "bid_size", "ask", "ask_size", "instrument", "marks")
_FROM_ROW = ("model_bp", "online_bp", "model_weight_bp", "online_weight_bp", "p_bp", "confidence_bp", "in_sample")


class Trade:
    """Asks every strategy about every row, checks what they want, and in lock-step mode is the exchange too."""

    name = "trade"
    version = 1

    def __init__(self, term: Term, channel: int, load_strategy: LoadStrategy) -> None:
        self._term, self._channel = term, channel
        self._instruments = term.universe.instruments
        self._own = [one for one in self._instruments if one.channel == channel]
        self._strategies = [load_strategy(config) for config in term.strategies]
        self._lock_step = term.exchange.mode == "lock-step"
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

    def step(self, state: TradeState, batch: Batch) -> None:
        self._obey(state, batch)
        for report in batch["reports"]:
            self._report(state, report)
        if batch.kind in (Kind.TICKS, Kind.HEARTBEAT):
            self._walk(state, batch)
        add_progress(state.ledger, batch, self._term.number)

    def _obey(self, state: TradeState, batch: Batch) -> None:
        control = batch.control
        if isinstance(control, Halt):
            state.ledger.halted = True
        if isinstance(control, Resume):
            state.ledger.halted = False
        if isinstance(control, NewLimits):
            state.ledger.limits = control.limits

    def _walk(self, state: TradeState, batch: Batch) -> None:
        returned: list[bytes] = []
        decisions: list[Records] = []

        def fire(timer: Timer) -> None:
            if timer.order is not None:
                self._arrive(state, timer.order, timer.due_ns)
                return
            for report in np.frombuffer(timer.reports, REPORT):
                self._report(state, report)
            returned.append(timer.reports)

        for feature, row in Walk(state, batch, fire).rows():
            for decision, order in self._decide(state, feature, row):
                decisions.append(decision)
                if order is not None:
                    batch.orders.append(order)
        if decisions:
            batch["decisions"] = np.array(decisions, DECISION)
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

    def _decide(self, state: TradeState, feature: Records, row: Records) -> list[tuple[Records, Order | None]]:
        """The decision records of one row, one a strategy and intent, with the orders that passed."""
        made: list[tuple[Records, Order | None]] = []
        for ordinal, strategy in enumerate(self._strategies):
            answer = strategy.decide(state.own[ordinal], self._row(state, feature, row, ordinal))
            if isinstance(answer, Reason):
                made.append((self._decision(state, feature, row, ordinal, None, answer), None))
                continue
            made += [self._ask(state, feature, row, ordinal, intent) for intent in answer]
        return made

    def _row(self, state: TradeState, feature: Records, row: Records, ordinal: int) -> Row:
        number = int(feature["instrument"])
        account = state.accounts[ordinal, number]
        seen = {name: int(feature[name]) for name in ("number", "channel_ns", "bid", "bid_size", "ask", "ask_size")}
        scores = {name: int(row[name]) for name in ("model_bp", "online_bp", "p_bp", "confidence_bp")}
        return Row(
            **seen,
            **scores,
            instrument=self._instruments[number],
            close=int(feature["close"]),
            marks=int(feature["marks"]),
            warm=bool(feature["warm"]),
            held=int(account["size"]),
            working=int(account["working"]),
            taker_ppm=self._terms[number].taker_ppm,
            features=tuple(feature["x"].tolist()),
        )

    def _ask(
        self, state: TradeState, feature: Records, row: Records, ordinal: int, intent: Intent
    ) -> tuple[Records, Order | None]:
        """Check an intent; what passes becomes the strategy's next order."""
        ledger, number = state.ledger, int(feature["instrument"])
        limits = ledger.limits or self._term.limits
        reason = check(intent, self._instruments[number], self._view(state, feature), limits)
        decision = self._decision(state, feature, row, ordinal, intent, reason)
        if reason is not Reason.NONE:
            return decision, None
        ledger.orders[ordinal] += 1
        decision["order"] = ledger.orders[ordinal]
        order = self._order(intent, decision, ordinal)
        ledger.working[order.id] = Working(order.id, ordinal, number, order.signed_size)
        ledger.sent_ns.append(order.decided_ns)
        state.accounts[ordinal, number]["working"] += order.signed_size
        if self._lock_step:
            ledger.timers.append(Timer(order.decided_ns + self._term.exchange.order_latency_ns, order=order))
        return decision, order

    def _order(self, intent: Intent, decision: Records, ordinal: int) -> Order:
        strategy, n, now_ns = self._term.strategies[ordinal].name, int(decision["order"]), int(decision["channel_ns"])
        return Order(
            id=order_id(strategy, self._channel, self._term.number, n),
            strategy=strategy,
            channel=self._channel,
            term=self._term.number,
            n=n,
            instrument=int(decision["instrument"]),
            side=int(intent.side),
            price=int(intent.price),
            size=int(intent.size),
            decision=int(decision["number"]),
            decided_ns=now_ns,
            valid_until_ns=now_ns + VALID_NS,
        )

    def _view(self, state: TradeState, feature: Records) -> View:
        ledger, number, now_ns = state.ledger, int(feature["instrument"]), int(feature["channel_ns"])
        while ledger.sent_ns and ledger.sent_ns[0] <= now_ns - MINUTE_NS:
            ledger.sent_ns.pop(0)
        accounts = state.accounts[:, number]
        return View(
            now_ns=now_ns,
            halted=ledger.halted,
            warm=bool(feature["warm"]),
            marks=int(feature["marks"]),
            bid=int(feature["bid"]),
            ask=int(feature["ask"]),
            quote_ns=int(state.book[number]["channel_ns"]),
            held=int(accounts["size"].sum()),
            working=int(accounts["working"].sum()),
            open_orders=len(ledger.working),
            orders_last_minute=len(ledger.sent_ns),
            profit=self._profit(state, self._instruments[number].settle),
        )

    def _profit(self, state: TradeState, settle: str) -> int:
        """Of all strategies in all instruments of the channel that settle in a currency."""
        total = 0
        for one in self._own:
            bid, ask = int(state.book[one.number]["bid"]), int(state.book[one.number]["ask"])
            if one.settle == settle:
                total += sum(profit(account, one, bid, ask) for account in state.accounts[:, one.number])
        return total

    def _decision(
        self, state: TradeState, feature: Records, row: Records, ordinal: int, intent: Intent | None, reason: Reason
    ) -> Records:
        state.ledger.decisions += 1
        decision = np.zeros((), DECISION)
        account = state.accounts[ordinal, int(feature["instrument"])]
        decision["number"], decision["row"] = state.ledger.decisions, feature["number"]
        for name in _FROM_FEATURE:
            decision[name] = feature[name]
        for name in _FROM_ROW:
            decision[name] = row[name]
        decision["held"], decision["working"] = account["size"], account["working"]
        decision["strategy"], decision["reason"], decision["side"] = ordinal, reason, Side.NONE
        if intent is not None:
            decision["side"], decision["price"], decision["size"] = intent
            decision["verdict"] = Verdict.SENT if reason is Reason.NONE else Verdict.VETOED
        return decision
