"""The table of checks: every reason reachable, every limit at its exact boundary."""

from typing import Any

import msgspec
import pytest

from schemas.config import Limits, MoneyLimits
from schemas.instrument import MONEY_UNIT, Instrument, Style, TickSize
from schemas.records import Mark, Side
from schemas.trading import Reason
from udfs.risk.limits import Intent, View, check

NOW_NS = 1_700_000_000_000_000_000
LIMITS = Limits(
    money=(MoneyLimits(currency="USDT", order_notional_max=500, position_notional_max=1000, loss_max=100),),
    orders_per_minute_max=60,
    open_orders_max=8,
    collar_bp_max=20,
    quote_age_ns_max=2_000_000_000,
)
LIMITS = msgspec.structs.replace(
    LIMITS,
    money=(
        MoneyLimits(
            currency="USDT",
            order_notional_max=500 * MONEY_UNIT,
            position_notional_max=1000 * MONEY_UNIT,
            loss_max=100 * MONEY_UNIT,
        ),
    ),
)
# One size unit at price 10,000 is worth 1 USDT: 500 units are the largest order.
ONE = Instrument(
    number=0,
    symbol="X",
    venue="v",
    channel=0,
    price_decimals=2,
    size_decimals=2,
    tick_sizes=(TickSize(0, 5), TickSize(NOW_NS, 10)),
    lot=2,
    size_min=4,
    quote="USDT",
    settle="USDT",
    fee="USDT",
    shortable=True,
)
VIEW = View(
    now_ns=NOW_NS,
    halted=False,
    warm=True,
    marks=0,
    bid=10_000,
    ask=10_000,
    quote_ns=NOW_NS,
    held=0,
    working_buy=0,
    working_sell=0,
    open_orders=0,
    orders_last_minute=0,
    profit=0,
)
BUY = Intent(Side.BUY, 10_000, 100)
SELL = Intent(Side.SELL, 10_000, 100)

# name, intent, changes of the view, changes of the instrument, verdict: each limit just passed and just broken
TABLE: list[tuple[Intent, dict[str, Any], dict[str, Any], Reason]] = [
    (BUY, {}, {}, Reason.NONE),
    (SELL, {}, {}, Reason.NONE),
    (BUY, {"halted": True}, {}, Reason.HALTED),
    (BUY, {}, {"tradable": False}, Reason.NOT_TRADABLE),
    (BUY, {}, {"settle": "EUR"}, Reason.NOT_TRADABLE),
    (BUY, {"warm": False}, {}, Reason.NOT_WARM),
    (BUY, {"marks": int(Mark.GAP)}, {}, Reason.MARKED),
    (BUY, {"bid": 0}, {}, Reason.MARKED),
    (BUY, {"ask": 9_990}, {}, Reason.MARKED),
    (BUY, {"quote_ns": 0}, {}, Reason.STALE),
    (BUY, {"quote_ns": NOW_NS - 2_000_000_000}, {}, Reason.NONE),
    (BUY, {"quote_ns": NOW_NS - 2_000_000_001}, {}, Reason.STALE),
    (BUY, {"quote_ns": NOW_NS + 1}, {}, Reason.STALE),
    (BUY._replace(size=4), {}, {}, Reason.NONE),
    (BUY._replace(size=2), {}, {}, Reason.BAD_SIZE),
    (BUY._replace(size=0), {}, {}, Reason.BAD_SIZE),
    (BUY._replace(size=-100), {}, {}, Reason.BAD_SIZE),
    (BUY._replace(size=101), {}, {}, Reason.BAD_SIZE),
    (BUY._replace(side=2), {}, {}, Reason.BAD_SIZE),
    (BUY._replace(price=9_995), {}, {}, Reason.OFF_STEP),
    (BUY._replace(price=9_995), {"now_ns": NOW_NS - 1, "quote_ns": NOW_NS - 1}, {}, Reason.NONE),  # the older step
    (BUY._replace(price=0), {}, {}, Reason.OFF_STEP),
    (BUY._replace(price=-10), {}, {}, Reason.OFF_STEP),
    (BUY._replace(price=10_020), {}, {}, Reason.NONE),
    (BUY._replace(price=10_030), {}, {}, Reason.COLLAR),
    (SELL._replace(price=9_980), {}, {}, Reason.NONE),
    (SELL._replace(price=9_970), {}, {}, Reason.COLLAR),
    (BUY._replace(size=500), {}, {}, Reason.NONE),
    (BUY._replace(size=502), {}, {}, Reason.ORDER_NOTIONAL),
    (BUY, {"held": 900}, {}, Reason.NONE),
    (BUY, {"held": 902}, {}, Reason.POSITION_NOTIONAL),
    (BUY, {"held": 800, "working_buy": 100}, {}, Reason.NONE),
    (BUY, {"held": 800, "working_buy": 102}, {}, Reason.POSITION_NOTIONAL),
    (BUY, {"held": 900, "working_sell": -500}, {}, Reason.NONE),  # what works on the other side may not fill
    (BUY, {"held": 902, "working_sell": -500}, {}, Reason.POSITION_NOTIONAL),
    (BUY, {"held": 800, "working_buy": 102, "working_sell": -102}, {}, Reason.POSITION_NOTIONAL),
    (SELL, {"held": -800, "working_buy": 102, "working_sell": -102}, {}, Reason.POSITION_NOTIONAL),
    (SELL, {"held": -900}, {}, Reason.NONE),
    (SELL, {"held": -902}, {}, Reason.POSITION_NOTIONAL),
    (SELL, {"held": -800, "working_sell": -102}, {}, Reason.POSITION_NOTIONAL),
    (SELL, {"held": 100}, {"shortable": False}, Reason.NONE),
    (SELL, {"held": 98}, {"shortable": False}, Reason.SHORT_SALE),
    (SELL, {"held": 100, "working_sell": -2}, {"shortable": False}, Reason.SHORT_SALE),
    (BUY, {"held": -500}, {"shortable": False}, Reason.NONE),
    (BUY, {"orders_last_minute": 59}, {}, Reason.NONE),
    (BUY, {"orders_last_minute": 60}, {}, Reason.ORDER_RATE),
    (BUY, {"open_orders": 7}, {}, Reason.NONE),
    (BUY, {"open_orders": 8}, {}, Reason.OPEN_ORDERS),
    (BUY, {"profit": -100 * MONEY_UNIT + 1}, {}, Reason.NONE),
    (BUY, {"profit": -100 * MONEY_UNIT}, {}, Reason.LOSS),
]


@pytest.mark.parametrize("intent, view, instrument, verdict", TABLE)
def test_table(intent: Intent, view: dict[str, Any], instrument: dict[str, Any], verdict: Reason) -> None:
    assert check(intent, msgspec.structs.replace(ONE, **instrument), VIEW._replace(**view), LIMITS) is verdict


def test_every_reason_of_the_table_is_reached() -> None:
    gateways_own = {Reason.EXPIRED}  # judged before the table
    wanted = {reason for reason in Reason if 20 <= reason <= 34} - gateways_own
    assert {verdict for *_, verdict in TABLE} - {Reason.NONE} == wanted


def test_inverse_notional_is_judged_in_the_settle_currency() -> None:
    inverse = msgspec.structs.replace(ONE, style=Style.INVERSE, settle="BTC", size_decimals=0, multiplier=100)
    money = MoneyLimits(currency="BTC", order_notional_max=MONEY_UNIT, position_notional_max=MONEY_UNIT, loss_max=1)
    limits = msgspec.structs.replace(LIMITS, money=(money,))
    # 100 USD a contract at 100.00: one contract is one BTC
    assert check(BUY._replace(size=4), inverse, VIEW, limits) is Reason.ORDER_NOTIONAL
    money = msgspec.structs.replace(money, order_notional_max=4 * MONEY_UNIT, position_notional_max=4 * MONEY_UNIT)
    assert check(BUY._replace(size=4), inverse, VIEW, msgspec.structs.replace(LIMITS, money=(money,))) is Reason.NONE
