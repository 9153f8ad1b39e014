"""Exercise the order path: the smallest order, one round trip an instrument every so often."""

from collections.abc import Sequence

import msgspec
import numpy as np

import schemas.trading
from schemas.records import Side
from schemas.trading import Reason
from udfs.execution.rule import ASK, Rule
from udfs.execution.strategy import Row
from udfs.execution.threshold import crossing, leaving
from udfs.kernels import kernel
from udfs.risk.limits import Intent

_ORDER_WORKING, _WAITING = int(Reason.ORDER_WORKING), int(Reason.WAITING)


class Probe:
    """Buys the smallest size, sells it at the next row without an order working, waits for the next round.

    It knows nothing of prices and is expected to lose spread and fees: it measures, and is reported apart.
    """

    class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        round_trip_ns: int
        collar_bp: int = 2

    class State(msgspec.Struct):
        next_ns: dict[int, int] = {}  # by instrument number: when the next round trip begins

    def __init__(self, config: Config) -> None:
        self._config = config

    def initial(self) -> State:
        return Probe.State(next_ns={})

    def decide(self, state: State, row: Row) -> Sequence[Intent] | Reason:
        if row.working:
            return Reason.ORDER_WORKING
        if row.held:
            return (leaving(row, self._config.collar_bp),)
        if row.marks or not row.warm or row.channel_ns < state.next_ns.get(row.instrument.number, 0):
            return Reason.WAITING
        state.next_ns[row.instrument.number] = row.channel_ns + self._config.round_trip_ns
        return (crossing(row, Side.BUY, row.instrument.size_min, self._config.collar_bp),)

    def rule(self, index: dict[str, int]) -> Rule:
        return Rule(_rule, np.zeros(0, np.int64))

    def remembered(self, state: State, instrument: int) -> int:
        return state.next_ns.get(instrument, 0)


@kernel(schemas.trading)
def _rule(row, said, held, working, taker_ppm, next_ns, settings):  # type: ignore[no-untyped-def]
    """`decide`, as far as it wants nothing."""
    if working != 0:
        return _ORDER_WORKING
    if held != 0:
        return ASK
    return _WAITING if row.marks or not row.warm or row.channel_ns < next_ns else ASK
