"""Exercise the order path: the smallest order, one round trip an instrument every so often."""

from collections.abc import Sequence

import msgspec

from schemas.records import Side
from schemas.trading import Reason
from udfs.execution.strategy import Row
from udfs.execution.threshold import crossing, leaving
from udfs.risk.limits import Intent


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
