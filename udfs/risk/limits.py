"""The table of checks that every order passes twice: in the risk stage, and again in the gateway.

Pure: what the checker knows comes in as a View, what it may do as Limits, the answer is the first Reason that
speaks against the order, or Reason.NONE.
"""

from typing import NamedTuple

from schemas.config import Limits, MoneyLimits
from schemas.instrument import Instrument
from schemas.records import Side
from schemas.trading import Reason


class Intent(NamedTuple):
    """An order that somebody wants: side, limit price in price units, size in size units."""

    side: int
    price: int
    size: int


class View(NamedTuple):
    """What the checker itself has seen; times are channel time, sizes signed."""

    now_ns: int
    halted: bool
    warm: bool
    marks: int
    bid: int
    ask: int
    quote_ns: int  # when the best quotes last changed; 0 = never
    held: int  # signed position in the instrument
    working_buy: int  # size of buy orders in the instrument that are not final
    working_sell: int  # the same of sell orders, negative
    open_orders: int
    orders_last_minute: int
    profit: int  # money of the settle currency: cash, marked positions and fees


def check(intent: Intent, instrument: Instrument, view: View, limits: Limits) -> Reason:
    """The first reason against the order.

    A missing quote, a quote from the future and a currency without limits all refuse: in doubt, no order.
    """
    money = _money(limits, instrument.settle)
    if view.halted:
        return Reason.HALTED
    if not instrument.tradable or money is None:
        return Reason.NOT_TRADABLE
    if not view.warm:
        return Reason.NOT_WARM
    if view.marks:
        return Reason.MARKED
    if view.quote_ns <= 0 or not 0 <= view.now_ns - view.quote_ns <= limits.quote_age_ns_max:
        return Reason.STALE
    return _shape(intent, instrument, view, limits) or _amounts(intent, instrument, view, limits, money)


def _shape(intent: Intent, instrument: Instrument, view: View, limits: Limits) -> Reason:
    if intent.size < instrument.size_min or intent.size % instrument.lot or intent.side not in (Side.BUY, Side.SELL):
        return Reason.BAD_SIZE
    if intent.price <= 0 or intent.price % instrument.tick_size_at(view.now_ns):
        return Reason.OFF_STEP
    if not 0 < view.bid <= view.ask:
        return Reason.MARKED
    if intent.side == Side.BUY and intent.price * 10_000 > view.ask * (10_000 + limits.collar_bp_max):
        return Reason.COLLAR
    if intent.side == Side.SELL and intent.price * 10_000 < view.bid * (10_000 - limits.collar_bp_max):
        return Reason.COLLAR
    return Reason.NONE


def _amounts(intent: Intent, instrument: Instrument, view: View, limits: Limits, money: MoneyLimits) -> Reason:
    if instrument.notional(intent.price, intent.size) > money.order_notional_max:
        return Reason.ORDER_NOTIONAL
    # The worst case: everything that works on this side fills, nothing on the other side does.
    signed = intent.size if intent.side == Side.BUY else -intent.size
    reached = view.held + signed + (view.working_buy if signed > 0 else view.working_sell)
    if signed < 0 and reached < 0 and not instrument.shortable:
        return Reason.SHORT_SALE
    if instrument.notional(max(intent.price, view.ask), abs(reached)) > money.position_notional_max:
        return Reason.POSITION_NOTIONAL
    if view.orders_last_minute >= limits.orders_per_minute_max:
        return Reason.ORDER_RATE
    if view.open_orders >= limits.open_orders_max:
        return Reason.OPEN_ORDERS
    if view.profit <= -money.loss_max:
        return Reason.LOSS
    return Reason.NONE


def _money(limits: Limits, currency: str) -> MoneyLimits | None:
    return next((money for money in limits.money if money.currency == currency), None)
