"""Trade when the ensemble is confident and the expected move pays for the round trip."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

import schemas.trading
from schemas.records import Side
from schemas.trading import Reason
from udfs.execution.rule import ASK, Rule
from udfs.execution.strategy import Row
from udfs.kernels import kernel
from udfs.risk.limits import Intent

HORIZON_S = 10
_HORIZON_NS, _ROOT = HORIZON_S * 1_000_000_000, math.sqrt(HORIZON_S)
_ORDER_WORKING, _WAITING = int(Reason.ORDER_WORKING), int(Reason.WAITING)
_BELOW_CONFIDENCE, _BELOW_COST = int(Reason.BELOW_CONFIDENCE), int(Reason.BELOW_COST)


class Threshold:
    """Takes the smallest order in the direction of the ensemble, and closes it after the horizon.

    Expected edge in bp = (2 p - 1) * 1-second volatility * sqrt(horizon); cost = spread + two taker fees. Both must
    be known and the confidence at least `confidence_bp_min` (8,000 = 0.8).
    """

    FEATURES = ("volatility_1s", "spread")

    class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        confidence_bp_min: int
        collar_bp: int = 2

    class State(msgspec.Struct):
        entered_ns: dict[int, int] = {}  # by instrument number; only while a position is held or asked for

    def __init__(self, config: Config) -> None:
        self._config = config

    def initial(self) -> State:
        return Threshold.State(entered_ns={})

    def decide(self, state: State, row: Row) -> Sequence[Intent] | Reason:
        if row.working:
            return Reason.ORDER_WORKING
        if row.held:
            return self._leave(state, row)
        if row.confidence_bp < self._config.confidence_bp_min:
            return Reason.BELOW_CONFIDENCE
        if abs(expected_bp(row)) <= cost_bp(row):
            return Reason.BELOW_COST
        state.entered_ns[row.instrument.number] = row.channel_ns
        side = Side.BUY if row.p_bp > 5_000 else Side.SELL
        return (crossing(row, side, row.instrument.size_min, self._config.collar_bp),)

    def rule(self, index: dict[str, int]) -> Rule:
        places = (index[name] for name in self.FEATURES)
        return Rule(_rule, np.array([self._config.confidence_bp_min, *places], np.int64))

    def remembered(self, state: State, instrument: int) -> int:
        return state.entered_ns.get(instrument, 0)

    def _leave(self, state: State, row: Row) -> Sequence[Intent] | Reason:
        entered_ns = state.entered_ns.get(row.instrument.number, 0)
        if row.channel_ns < entered_ns + _HORIZON_NS:
            return Reason.WAITING
        return (leaving(row, self._config.collar_bp),)


@kernel(schemas.trading)
def _rule(row, said, held, working, taker_ppm, entered_ns, settings):  # type: ignore[no-untyped-def]
    """`decide`, as far as it wants nothing; settings: least confidence, places of volatility and spread."""
    if working != 0:
        return _ORDER_WORKING
    if held != 0:
        return _WAITING if row.channel_ns < entered_ns + _HORIZON_NS else ASK
    if said.confidence_bp < settings[0]:
        return _BELOW_CONFIDENCE
    volatility_bp, spread_bp = float(row.x[settings[1]]), float(row.x[settings[2]])
    moves_bp = (2 * said.p_bp - 10_000) / 10_000 * volatility_bp * _ROOT
    return _BELOW_COST if abs(moves_bp) <= spread_bp + 2 * taker_ppm / 100 else ASK


def expected_bp(row: Row) -> float:
    """The signed move that the ensemble expects over the horizon, in bp of the mid."""
    return (2 * row.p_bp - 10_000) / 10_000 * row.feature("volatility_1s") * _ROOT


def cost_bp(row: Row) -> float:
    """What a round trip costs in bp of the mid: the spread once, the taker fee twice."""
    return row.feature("spread") + 2 * row.taker_ppm / 100


def leaving(row: Row, collar_bp: int) -> Intent:
    """The order that leads out of what is held.

    A venue takes no order below its smallest size, also not from one who leaves: after a partial fill the position is
    first brought up by the smallest order, so that a later row can close all of it.
    """
    out, further = (Side.SELL, Side.BUY) if row.held > 0 else (Side.BUY, Side.SELL)
    if abs(row.held) < row.instrument.size_min:
        return crossing(row, further, row.instrument.size_min, collar_bp)
    return crossing(row, out, abs(row.held), collar_bp)


def crossing(row: Row, side: int, size: int, collar_bp: int) -> Intent:
    """A limit that crosses the spread and reaches at most `collar_bp` through the best quote, on the price step."""
    step = row.instrument.tick_size_at(row.channel_ns)
    if side == Side.BUY:
        return Intent(side, row.ask * (10_000 + collar_bp) // 10_000 // step * step, size)
    return Intent(side, -(-row.bid * (10_000 - collar_bp) // 10_000 // step) * step, size)
