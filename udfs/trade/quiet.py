"""The rows on which no strategy wants anything, in one compiled pass: answers by rule, and the decisions' bytes."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

import schemas.records
import schemas.trading
import udfs.execution.rule
from schemas.frame import Records
from schemas.records import DECISION, Side
from schemas.trading import Verdict
from udfs.arrays import ROW
from udfs.execution.rule import ASK, Ruled
from udfs.execution.strategy import Strategy
from udfs.kernels import kernel, kernel_around, read_only
from udfs.trade.state import TradeState

_NO_ORDER, _NO_SIDE = int(Verdict.NO_ORDER), int(Side.NONE)


class Quiet:
    """The strategies' rules, run over rows of one record and of different instruments: none changes another's."""

    def __init__(self, strategies: Sequence[Strategy], index: dict[str, int], taker_ppm: npt.NDArray[np.int64]) -> None:
        self._rules = [one.rule(index) if _is_ruled(one) else None for one in strategies]
        self._ruled = [(at, one) for at, one in enumerate(strategies) if _is_ruled(one)]
        self.is_complete = None not in self._rules  # else every row has somebody who must be asked
        self._taker_ppm = taker_ppm
        self._reserve(64)

    def recall(self, state: TradeState) -> None:
        """Bring up to date what the rules know of the strategies' own states."""
        state.remembered = np.zeros(state.accounts.shape, np.int64)
        for number in range(state.accounts.shape[1]):
            self.recall_one(state, number)

    def recall_one(self, state: TradeState, number: int) -> None:
        """The same of one instrument."""
        for ordinal, strategy in self._ruled:
            state.remembered[ordinal, number] = strategy.remembered(state.own[ordinal], number)

    def answer(self, state: TradeState, features: Records, rows: Records, first: int, last: int) -> None:
        """Ask the rules about rows[first:last], which see the accounts as they are now."""
        if last - first > self._answers.shape[1]:
            self._reserve(last - first)
        for ordinal, rule in enumerate(self._rules):
            if rule is not None and self.is_complete:
                own = state.accounts[ordinal], state.remembered[ordinal], self._taker_ppm
                _walk_of(rule.kernel)(features, rows, first, last, *own, rule.settings, self._answers[ordinal])

    def decide(
        self, state: TradeState, features: Records, rows: Records, span: tuple[int, int, int]
    ) -> tuple[int, bytes]:
        """Decide rows[at:last], `span` being (first, at, last), up to one that a strategy must be asked about.

        Returns that row, or `last`, and the DECISION records.
        """
        if not self.is_complete:
            return span[1], b""
        row, count = _decide(features, rows, *span, self._answers, state.accounts, state.ledger.decisions, self._out)
        state.ledger.decisions += count
        return row, self._out[:count].tobytes()

    def warm(self, state: TradeState, record: Any) -> None:
        """Compile the kernels for rows of a record."""
        features, rows = read_only(np.zeros(0, record)), read_only(np.zeros(0, ROW))
        self.answer(state, features, rows, 0, 0)
        self.decide(state, features, rows, (0, 0, 0))
        group_end(features, 0)

    def _reserve(self, count: int) -> None:
        """Scratch, not state."""
        self._answers = np.full((len(self._rules), count), ASK, "u1")
        self._out = np.zeros(len(self._rules) * count, DECISION)


def _is_ruled(strategy: Strategy) -> TypeGuard[Ruled]:
    """False also where a class only inherits a rule: of what it overrides, the rule knows nothing."""
    return isinstance(strategy, Ruled) and "rule" in vars(type(strategy))


@cache
def _walk_of(rule: Any) -> Callable[..., None]:
    """The walk of one rule over rows, compiled around it."""

    def walk(features, rows, first, last, accounts, remembered, taker_ppm, settings, answers):  # type: ignore[no-untyped-def]
        for at in range(first, last):
            row = features[at]
            number = row.instrument
            held, working = accounts[number].size, accounts[number].working
            answers[at - first] = rule(row, rows[at], held, working, taker_ppm[number], remembered[number], settings)

    walk_: Callable[..., None] = kernel_around(rule, udfs.execution.rule)(walk)
    return walk_


@kernel()
def group_end(features, first):  # type: ignore[no-untyped-def]
    """The end of the rows from `first` on that belong to one record and moment, each of a higher instrument."""
    last = first + 1
    while last < features.shape[0] and (
        features[last].position == features[first].position
        and features[last].channel_ns == features[first].channel_ns
        and features[last].instrument > features[last - 1].instrument
    ):
        last += 1
    return last


@kernel(schemas.records, schemas.trading, udfs.execution.rule)
def _decide(features, rows, first, at, last, answers, accounts, decisions, out):  # type: ignore[no-untyped-def]
    made = 0
    for i in range(at, last):
        for ordinal in range(answers.shape[0]):
            if answers[ordinal, i - first] == ASK:
                return i, made
        for ordinal in range(answers.shape[0]):
            decision = out[made]
            made += 1
            decision.number = decisions + made
            decision.strategy, decision.reason = ordinal, answers[ordinal, i - first]
            decision.verdict, decision.side = _NO_ORDER, _NO_SIDE
            account = accounts[ordinal, features[i].instrument]
            decision.held, decision.working = account.size, account.working
            _tell(decision, features[i], rows[i])
    return last, made


@kernel()
def _tell(decision, feature, row):  # type: ignore[no-untyped-def]
    """What the stages before said of the row."""
    decision.row, decision.position, decision.channel_ns = feature.number, feature.position, feature.channel_ns
    decision.bid, decision.bid_size = feature.bid, feature.bid_size
    decision.ask, decision.ask_size = feature.ask, feature.ask_size
    decision.instrument, decision.marks = feature.instrument, feature.marks
    decision.model_bp, decision.online_bp = row.model_bp, row.online_bp
    decision.model_weight_bp, decision.online_weight_bp = row.model_weight_bp, row.online_weight_bp
    decision.p_bp, decision.confidence_bp, decision.in_sample = row.p_bp, row.confidence_bp, row.in_sample
