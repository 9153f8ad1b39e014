"""One bar of one instrument: what a quote and a trade do to it, and how bars add up."""

import numpy as np

import schemas.records
import udfs.market.sums
from schemas.records import Mark, Side, TickFlag
from udfs.kernels import kernel
from udfs.market.sums import add, add_more

_QUOTED = [(name, "<i8") for name in ("bid", "bid_size", "ask", "ask_size", "close")]
TOP = np.dtype([*_QUOTED, ("marks", "<u2"), ("quoted", "u1"), ("seen", "u1"), ("pad", "<u4")])
_TRADED = ("open", "high", "low", "volume", "value", "buy_volume", "sell_volume", "trades")
BAR = np.dtype([(name, "<i8") for name in (*_TRADED, "flow", "quotes", "events")])

_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_NOT_A_PRINT = int(TickFlag.CORRECTION | TickFlag.CANCEL)  # speaks of an earlier trade: counted, not folded
_GAP = int(Mark.GAP)
_MAX = 2**63 - 1


@kernel()
def _multiply(price, size):  # type: ignore[no-untyped-def]
    """The product of two positive int64, held at the end of the range."""
    if (price | size) >= 2**31 and size > _MAX // price:
        return _MAX
    return price * size


@kernel(udfs.market.sums, per_record=True)
def take_quote(top, bar, quote):  # type: ignore[no-untyped-def]
    """Fields are read once and first: a wide load of what was just stored field by field would wait for the stores.

    Sizes are below 2^62, so four of them with the signs of a flow fit.
    """
    bid, bid_size, ask, ask_size = quote.bid, quote.bid_size, quote.ask, quote.ask_size
    bid_before, bid_size_before = top.bid, top.bid_size
    ask_before, ask_size_before = top.ask, top.ask_size
    if top.quoted and not top.marks & _GAP:
        flow = (bid_size if bid >= bid_before else 0) - (bid_size_before if bid <= bid_before else 0)
        low, low_before = ask if ask_size else _MAX, ask_before if ask_size_before else _MAX
        flow += (ask_size_before if low >= low_before else 0) - (ask_size if low <= low_before else 0)
        bar.flow = add(bar.flow, flow)
    if bid != bid_before or bid_size != bid_size_before or ask != ask_before or ask_size != ask_size_before:
        bar.quotes += 1
        bar.events += 1  # the record that ended the event may be a status, which is none itself
        top.quoted = 1
    top.bid, top.bid_size, top.ask, top.ask_size, top.marks = bid, bid_size, ask, ask_size, quote.marks


@kernel(schemas.records, udfs.market.sums, per_record=True)
def take_trade(top, bar, tick):  # type: ignore[no-untyped-def]
    """A correction or cancel is counted and changes nothing else."""
    bar.trades += 1
    if tick.flags & _NOT_A_PRINT:
        return
    price, size = tick.price, tick.size
    if bar.open == 0:
        bar.open = bar.high = bar.low = price
    elif price > bar.high:
        bar.high = price
    elif price < bar.low:
        bar.low = price
    top.close = price
    bar.volume = add_more(bar.volume, size)
    bar.value = add_more(bar.value, _multiply(price, size))
    # both, and no branch: which side comes next is what no processor predicts
    bar.buy_volume = add_more(bar.buy_volume, size if tick.side == _BUY else 0)
    bar.sell_volume = add_more(bar.sell_volume, size if tick.side == _SELL else 0)


@kernel(udfs.market.sums)
def widen(bar, narrow):  # type: ignore[no-untyped-def]
    """Add a 1-s bar to a wider one."""
    if narrow.open != 0:
        if bar.open == 0:
            bar.open, bar.high, bar.low = narrow.open, narrow.high, narrow.low
        bar.high, bar.low = max(bar.high, narrow.high), min(bar.low, narrow.low)
    bar.volume, bar.value = add(bar.volume, narrow.volume), add(bar.value, narrow.value)
    bar.buy_volume = add(bar.buy_volume, narrow.buy_volume)
    bar.sell_volume = add(bar.sell_volume, narrow.sell_volume)
    bar.flow = add(bar.flow, narrow.flow)
    bar.trades += narrow.trades
    bar.quotes += narrow.quotes
    bar.events += narrow.events


@kernel()
def clear(bar):  # type: ignore[no-untyped-def]
    bar.open = bar.high = bar.low = 0
    bar.volume = bar.value = bar.buy_volume = bar.sell_volume = 0
    bar.flow = bar.trades = bar.quotes = bar.events = 0
