"""A dry order: the way of an order once with throw-away state, so that the first real one finds everything loaded."""

from schemas.frame import Records
from schemas.instrument import Instrument
from schemas.records import Side
from udfs.risk.limits import Intent
from udfs.trade.seen import Seen

_NOW_NS = 1  # of a channel that has only just begun


def dry_row(one: Instrument, width: int, book: Records) -> tuple[Seen, Intent]:
    """A row of an instrument, without marks and just quoted in `book` as well, and the smallest order on it.

    The price is one step: the order's worth is as small as can be, so that no limit but the tightest stands against it.
    """
    step, size = one.tick_size_at(_NOW_NS), one.size_min
    quote = book[one.number]
    quote["channel_ns"] = _NOW_NS
    for side in ("bid", "ask"):
        quote[side], quote[f"{side}_size"] = step, size
    known = {"number": 1, "position": 0, "channel_ns": _NOW_NS, "close": step, "instrument": one.number}
    quoted = {"bid": step, "bid_size": size, "ask": step, "ask_size": size, "marks": 0, "warm": 1}
    others = dict.fromkeys(Seen._fields[Seen._fields.index("x") + 1 :], 0)
    return Seen(x=(0.0,) * width, **known, **quoted, **others), Intent(Side.BUY, step, size)
