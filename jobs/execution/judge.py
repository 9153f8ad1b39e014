"""The second risk check: the same table as in the channel, over the account and what the gateway itself has seen."""

import numpy as np

from jobs.adapters.ledger import Ledger
from jobs.execution.flag import Flag
from jobs.execution.watch import Watch
from schemas.config import Limits
from schemas.frame import Records
from schemas.instrument import Instrument, Universe
from schemas.records import Side
from schemas.trading import Order, Reason
from udfs.execution.orders import OPEN
from udfs.risk.account import profit
from udfs.risk.limits import Intent, View, check

__all__ = ["Judge"]

MINUTE_NS = 60_000_000_000


class Judge:
    """Says why an order must not leave, or Reason.NONE; reads ledger, marks and the halt flag, changes nothing.

    The gateway's own limits always hold, over the account; those of a LIMITS control in a channel's log hold beside
    them, over that channel: a control can make the gateway stricter at once, never more lenient.
    """

    def __init__(self, ledger: Ledger, watch: Watch, flag: Flag, limits: Limits, universe: Universe) -> None:
        self._ledger, self._watch, self._flag = ledger, watch, flag
        self._limits, self._instruments, self._channels = limits, universe.instruments, universe.channels

    def judge(self, order: Order) -> Reason:
        seen = self._watch.channels[order.channel]
        if self.halted(order.channel) is not None:
            return Reason.HALTED
        if order.term != seen.term:
            return Reason.WRONG_TERM
        if not 0 <= order.instrument < len(self._instruments):
            return Reason.UNKNOWN_INSTRUMENT
        instrument = self._instruments[order.instrument]
        if instrument.channel != order.channel:
            return Reason.UNKNOWN_INSTRUMENT
        if seen.now_ns > order.valid_until_ns:
            return Reason.EXPIRED
        if self._watch.quote(order.instrument)["receive_ns"] == 0:
            return Reason.NO_MARK
        return self._check(order, instrument, None, self._limits) or (
            Reason.NONE if seen.limits is None else self._check(order, instrument, order.channel, seen.limits)
        )

    def halted(self, channel: int) -> str | None:
        """Why no order may leave now: the flag, a halt that the ledger remembers, a HALT in the log; None = go."""
        flag = self._flag.read()
        if flag.halted:
            return f"{flag.by}: {flag.reason}"
        if self._watch.channels[channel].halted:
            return "a HALT control in the log"
        return self._ledger.halted_since(flag.wall_ns)

    def shares(self) -> tuple[dict[str, float], dict[str, float]]:
        """How much of the gateway's own limits is used: of each currency's loss, of each instrument's position."""
        accounts = self._ledger.accounts()
        losses, positions = {}, {}
        for money in self._limits.money:
            lost = -self._profit(accounts, money.currency, self._channels)
            losses[money.currency] = max(lost, 0) / money.loss_max
            for one in self._instruments:
                if one.settle == money.currency and one.tradable:
                    held, ask = int(accounts[one.number]["size"]), int(self._watch.quote(one.number)["ask"])
                    worth = one.notional(ask, abs(held)) if ask > 0 else abs(int(accounts[one.number]["cost"]))
                    positions[f"{one.venue} {one.symbol}"] = worth / money.position_notional_max
        return losses, positions

    def _check(self, order: Order, instrument: Instrument, channel: int | None, limits: Limits) -> Reason:
        intent = Intent(order.side, order.price, order.size)
        return check(intent, instrument, self._view(order, instrument, channel), limits)

    def _view(self, order: Order, instrument: Instrument, channel: int | None) -> View:
        """Of the account (None), by the gateway's own limits, or of one channel, by those of a LIMITS control."""
        channels = self._channels if channel is None else (channel,)
        now_ns = self._watch.channels[order.channel].now_ns
        mark = self._watch.quote(order.instrument)
        accounts = self._ledger.accounts()
        entries = [one for one in self._ledger.in_states(*OPEN) if one.order.instrument == order.instrument]
        left = [(one.order.side, one.order.size - one.filled) for one in entries]
        return View(
            now_ns=now_ns,
            halted=False,
            warm=True,  # a model's warmth is the channel's to judge
            marks=0,  # likewise; a crossed or one-sided mark is refused by the table itself
            bid=int(mark["bid"]),
            ask=int(mark["ask"]),
            quote_ns=int(mark["receive_ns"]),
            held=int(accounts[order.instrument]["size"]),
            working_buy=sum(size for side, size in left if side == Side.BUY),
            working_sell=-sum(size for side, size in left if side == Side.SELL),
            open_orders=self._ledger.open_orders(channels),
            orders_last_minute=self._ledger.sent_since(now_ns - MINUTE_NS, channels),
            profit=self._profit(accounts, instrument.settle, channels),
        )

    def _profit(self, accounts: Records, settle: str, channels: tuple[int, ...]) -> int:
        """Of all instruments of some channels, in one settle currency."""
        total = 0
        for number in np.flatnonzero(accounts != np.zeros((), accounts.dtype)):
            one, mark = self._instruments[number], self._watch.quote(number)
            if one.settle == settle and one.channel in channels:
                total += profit(accounts[number], one, int(mark["bid"]), int(mark["ask"]))
        return total
