"""Trade when the ensemble is confident and the expected move pays for the round trip."""

import math
from collections.abc import Sequence

import msgspec

from schemas.records import Side
from schemas.trading import Reason
from udfs.execution.strategy import Row
from udfs.risk.limits import Intent

HORIZON_S = 10


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

    def _leave(self, state: State, row: Row) -> Sequence[Intent] | Reason:
        entered_ns = state.entered_ns.get(row.instrument.number, 0)
        if row.channel_ns < entered_ns + HORIZON_S * 1_000_000_000:
            return Reason.WAITING
        return (leaving(row, self._config.collar_bp),)


def expected_bp(row: Row) -> float:
    """The signed move that the ensemble expects over the horizon, in bp of the mid."""
    return (2 * row.p_bp - 10_000) / 10_000 * row.feature("volatility_1s") * math.sqrt(HORIZON_S)


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
