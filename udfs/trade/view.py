"""What the risk stage knows at a row: the view by which an intent is judged."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from schemas.instrument import Instrument
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
    accounts, quotes = state.accounts[:, members], state.book[members]
    total = sum(accounts["realised"].ravel().tolist()) - sum(accounts["fees"].ravel().tolist())
    for ordinal, place in np.argwhere(accounts["size"]).tolist():  # where nothing is held there is nothing to mark
        account, quote = accounts[ordinal, place], quotes[place]
        one = instruments[int(members[place])]
        settled = int(account["realised"]) - int(account["fees"])
        total += profit(account, one, int(quote["bid"]), int(quote["ask"])) - settled
    return total
