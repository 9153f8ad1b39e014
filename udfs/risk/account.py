"""What one holds: position, cash and fees of a strategy in an instrument, from executions alone."""

import numpy as np

from schemas.errors import Unsafe
from schemas.frame import Records
from schemas.instrument import MONEY_UNIT, Instrument, Style, divide_up
from schemas.records import Side

# Money in units of 10^-8 of the settle currency. `cost` is what the open position cost, `realised` what closed ones
# earned; both exclude fees.
ACCOUNT = np.dtype([("size", "<i8"), ("cost", "<i8"), ("realised", "<i8"), ("fees", "<i8"), ("working", "<i8")])
_LIMIT = 2**62


def apply_fill(account: Records, instrument: Instrument, side: int, price: int, size: int, fee: int) -> None:
    """Add one execution to an account record (0-d); closing reduces the cost in proportion, rounded against us."""
    signed = size if side == Side.BUY else -size
    held, cost = int(account["size"]), int(account["cost"])
    value = instrument.notional(price, size)
    direction = -1 if instrument.style is Style.INVERSE else 1  # an inverse long gains when its coin value falls
    signed_value = direction * (value if side == Side.BUY else -value)
    if held == 0 or (held > 0) == (signed > 0):
        _store(account, held + signed, cost + signed_value, 0, fee)
        return
    closed = min(abs(signed), abs(held))
    closed_cost = divide_up(cost * closed, abs(held))
    closed_value = signed_value * closed // abs(signed)
    rest_cost = signed_value - closed_value  # of the part that opens the other way
    _store(account, held + signed, cost - closed_cost + rest_cost, -(closed_cost + closed_value), fee)


def profit(account: Records, instrument: Instrument, bid: int, ask: int) -> int:
    """Realised, marked and fees: a long is worth the bid, a short the ask; without a quote, its cost."""
    held, cost = int(account["size"]), int(account["cost"])
    mark = bid if held > 0 else ask
    settled = int(account["realised"]) - int(account["fees"])
    if held == 0 or mark <= 0:
        return settled
    direction = -1 if instrument.style is Style.INVERSE else 1
    value = direction * instrument.notional(mark, abs(held)) * (1 if held > 0 else -1)
    return settled + value - cost


def _store(account: Records, size: int, cost: int, realised: int, fee: int) -> None:
    totals = {
        "size": size,
        "cost": cost,
        "realised": int(account["realised"]) + realised,
        "fees": int(account["fees"]) + fee,
    }
    for name, value in totals.items():
        if not -_LIMIT < value < _LIMIT:
            raise Unsafe(f"account: {name} {value} is beyond what {MONEY_UNIT} a unit can hold")
        account[name] = value
