"""What the risk stage knows at a row: the view by which an intent is judged."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from schemas.instrument import Instrument
from udfs.kernels import kernel
from udfs.risk.account import profit
from udfs.risk.limits import View
from udfs.trade.seen import Seen
from udfs.trade.state import TradeState

MINUTE_NS = 60_000_000_000


def view_of(
    state: TradeState,
    row: Seen,
    instruments: Sequence[Instrument],
    members: Mapping[str, npt.NDArray[np.int64]],
) -> View:
    """The view of all strategies together; `members` are the channel's own instruments by settle currency."""
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
        profit=_profit(state, members[instruments[number].settle], instruments),
    )


def _profit(state: TradeState, members: npt.NDArray[np.int64], instruments: Sequence[Instrument]) -> int:
    """Of all strategies in `members`."""
    held = np.empty((state.accounts.shape[0] * len(members), 2), np.int64)
    high, low, count = settled(state.accounts, members, held)
    total = (high << 32) + low
    for ordinal, number in held[:count].tolist():  # where nothing is held there is nothing to mark
        account, quote, one = state.accounts[ordinal, number], state.book[number], instruments[number]
        own = int(account["realised"]) - int(account["fees"])
        total += profit(account, one, int(quote["bid"]), int(quote["ask"])) - own
    return total


@kernel()
def settled(accounts, members, held):  # type: ignore[no-untyped-def]
    """Realised less fees of all strategies in `members`, and where something is held.

    The sum may be beyond 64 bits: it is high * 2^32 + low. `held` gets (strategy, instrument); returns their number.
    """
    high = low = count = 0
    for ordinal in range(accounts.shape[0]):
        for number in members:
            account = accounts[ordinal, number]
            high += (account.realised >> 32) - (account.fees >> 32)
            low += (account.realised & 0xFFFFFFFF) - (account.fees & 0xFFFFFFFF)
            if account.size != 0:
                held[count, 0], held[count, 1] = ordinal, number
                count += 1
    return high, low, count
