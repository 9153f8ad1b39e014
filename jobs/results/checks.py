"""Every check of risk, in its order, for an order that was sent: what was compared with what, and the outcome.

What one row and the limits tell is checked again here; what depends on the channel's other orders is known from the
decision's verdict alone.
"""

from typing import NamedTuple

from jobs.results.story import Story
from jobs.results.told import fields_of
from schemas.config import MoneyLimits
from schemas.decimal_text import render
from schemas.instrument import MONEY_DECIMALS
from schemas.records import Kind, Side
from schemas.trading import Reason, Verdict


class Check(NamedTuple):
    """One line; `passed` is None when only the verdict tells."""

    reason: Reason
    passed: bool | None
    told: str


def checks(story: Story) -> list[Check]:
    """The checks in the order in which they ran; with other limits since, those of the term are shown."""
    order, one, limits = story.order, story.term.universe.instruments[story.order.instrument], story.term.limits
    seen, money = story.decision, _money(story)
    marks = fields_of(story.feature, Kind.FEATURES, story.term.universe)["marks"]
    by_verdict = None if seen["verdict"] == Verdict.SENT else False
    signed = order.signed_size
    held, working = int(seen["held"]), int(seen["working"])
    reached = held + signed + (working if (working > 0) == (signed > 0) else 0)
    return [
        Check(Reason.HALTED, by_verdict, "the channel is not halted"),
        Check(Reason.NOT_TRADABLE, one.tradable, f"{one.symbol} is tradable, {one.settle} has limits"),
        Check(Reason.NOT_WARM, bool(story.feature["warm"]), "every feature has seen enough bars"),
        Check(Reason.MARKED, not story.feature["marks"], f"marks: {marks}"),
        Check(Reason.STALE, by_verdict, f"quote no older than {limits.quote_age_ns_max / 1e9:g} s"),
        Check(Reason.BAD_SIZE, order.size >= one.size_min and order.size % one.lot == 0, _size(story)),
        Check(Reason.OFF_STEP, order.price % one.tick_size_at(order.decided_ns) == 0, "price on the tick size"),
        _collar(story),
        Check(
            Reason.ORDER_NOTIONAL,
            one.notional(order.price, order.size) <= money.order_notional_max,
            f"{_amount(one.notional(order.price, order.size))} of at most {_amount(money.order_notional_max)}",
        ),
        Check(Reason.SHORT_SALE, signed > 0 or reached >= 0 or one.shortable, f"reaches {_units(reached, story)}"),
        _position(story, reached, money),
        Check(Reason.ORDER_RATE, by_verdict, f"at most {limits.orders_per_minute_max} a minute"),
        Check(Reason.OPEN_ORDERS, by_verdict, f"fewer than {limits.open_orders_max} open"),
        Check(Reason.LOSS, by_verdict, f"loss below {_amount(money.loss_max)} {one.settle}"),
    ]


def _collar(story: Story) -> Check:
    order, bp = story.order, story.term.limits.collar_bp_max
    bid, ask = int(story.decision["bid"]), int(story.decision["ask"])
    is_buy = order.side == Side.BUY
    inside = order.price * 10_000 <= ask * (10_000 + bp) if is_buy else order.price * 10_000 >= bid * (10_000 - bp)
    return Check(Reason.COLLAR, inside, f"no more than {bp} bp through the {'ask' if is_buy else 'bid'}")


def _position(story: Story, reached: int, money: MoneyLimits) -> Check:
    one = story.term.universe.instruments[story.order.instrument]
    worst = one.notional(max(story.order.price, int(story.decision["ask"])), abs(reached))
    told = f"{_amount(worst)} of at most {_amount(money.position_notional_max)}, of this strategy alone"
    return Check(Reason.POSITION_NOTIONAL, worst <= money.position_notional_max, told)


def _size(story: Story) -> str:
    one = story.term.universe.instruments[story.order.instrument]
    return f"{_units(story.order.size, story)}, at least {_units(one.size_min, story)}, in lots"


def _units(size: int, story: Story) -> str:
    return render(size, story.term.universe.instruments[story.order.instrument].size_decimals)


def _amount(value: int) -> str:
    return render(value, MONEY_DECIMALS).rstrip("0").rstrip(".")


def _money(story: Story) -> MoneyLimits:
    settle = story.term.universe.instruments[story.order.instrument].settle
    return next(one for one in story.term.limits.money if one.currency == settle)
