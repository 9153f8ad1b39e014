"""Bars: trades and quotes per instrument and width of channel time."""

import numpy as np

import schemas.features
import schemas.records
import udfs.market.sums
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from schemas.records import TICK, Mark, Side, TickFlag, TickKind
from udfs.arrays import CLOSE, EMPTY, taken
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.book import FEED_KINDS
from udfs.market.sums import add

CLOSES_AT_ONCE = 512
WIDTHS = len(BAR_WIDTHS_NS)  # the first divides the others: only its end is looked for at each tick

HEAD = np.dtype([("now_ns", "<i8"), ("end_ns", "<i8", (WIDTHS,))])
_QUOTED = [(name, "<i8") for name in ("bid", "bid_size", "ask", "ask_size", "close")]
TOP = np.dtype([*_QUOTED, ("marks", "<u2"), ("quoted", "u1"), ("seen", "u1"), ("pad", "<u4")])
_TRADED = ("open", "high", "low", "volume", "value", "buy_volume", "sell_volume", "trades")
BAR = np.dtype([(name, "<i8") for name in (*_TRADED, "flow", "quotes", "events")])

_TRADE, _STATUS = int(TickKind.TRADE), int(TickKind.STATUS)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_NOT_A_PRINT = int(TickFlag.CORRECTION | TickFlag.CANCEL)  # speaks of an earlier trade: counted, not folded
_GAP, _LOST = int(Mark.GAP), int(Mark.SUSPECT | Mark.GAP)
_MAX, _COUNT_MAX = 2**63 - 1, 2**32 - 1


class Bars(ArrayMachine):
    """Bars of every width for every instrument; CLOSEs leave when channel time reaches a bar's end.

    Widths from wide to narrow, instruments by number, so that a 1-s row sees the wide bar that closed with it. After
    silence over several ends a width closes once. Sums of sizes, values and flow are int64 and saturate at its
    range; a wider bar is the sum of its 1-s bars. Flow is the order-flow contribution of Cont, Kukanov and Stoikov
    (2014), eq. 2, between two successive quotes, a missing bid lying below and a missing ask above every price; none
    comes from the first quote or across a gap. A bar is empty without trade, quote or level of its instrument.
    """

    name = "bars"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        self._size = len(term.universe.instruments)
        self._members = np.array(sorted(one.number for one in term.universe.of_channel(channel)), "<i8")
        self._out = np.zeros(CLOSES_AT_ONCE + WIDTHS * len(self._members), CLOSE)  # scratch, not state

    def initial(self) -> State:
        tops = np.zeros(self._size, TOP)
        tops["marks"] = Mark.ONE_SIDED
        return {"head": np.zeros(1, HEAD), "tops": tops, "bars": np.zeros((WIDTHS, self._size), BAR)}

    def step(self, state: State, batch: Batch) -> None:
        if batch.gap and batch.kind in FEED_KINDS:
            # also the bars that end with this frame's first record
            state["tops"]["marks"][self._members] |= np.uint16(Mark.GAP)
        closes = self._fold(state, batch["ticks"], batch.position, batch["suspects"], batch["quotes"])
        if closes:
            batch["closes"] = closes[0] if len(closes) == 1 else np.concatenate(closes)

    def warm(self) -> None:
        self._fold(self.initial(), np.zeros(1, TICK), 0, EMPTY["suspects"], EMPTY["quotes"])

    def _fold(self, state: State, ticks: Records, position: int, suspects: Records, quotes: Records) -> list[Records]:
        """The closes, in as many pieces as the scratch needs; each round folds at least one tick."""
        if len(ticks) == 0 and len(suspects) == 0:
            return []
        inputs = (read_only(ticks), position, suspects, quotes, self._members)
        pieces = []
        cursor = (0, 0, 0)
        while True:
            cursor, count = fold(*inputs, state["head"], state["tops"], state["bars"], cursor, self._out)
            if count:
                pieces.append(taken(self._out, count))
            if cursor[0] == len(ticks):
                return pieces


@kernel()
def _multiply(price, size):  # type: ignore[no-untyped-def]
    """The product of two positive int64, held at the end of the range."""
    if (price | size) >= 2**31 and size > _MAX // price:
        return _MAX
    return price * size


@kernel()
def _flow(top, quote):  # type: ignore[no-untyped-def]
    """Sizes are below 2^62, so four of them with these signs fit."""
    flow = 0
    if quote.bid >= top.bid:
        flow += quote.bid_size
    if quote.bid <= top.bid:
        flow -= top.bid_size
    ask = quote.ask if quote.ask_size else _MAX
    ask_before = top.ask if top.ask_size else _MAX
    if ask <= ask_before:
        flow -= quote.ask_size
    if ask >= ask_before:
        flow += top.ask_size
    return flow


@kernel(schemas.records, udfs.market.sums)
def _take_quote(top, bar, quote):  # type: ignore[no-untyped-def]
    if top.quoted and not top.marks & _GAP:
        bar.flow = add(bar.flow, _flow(top, quote))
    same_bid = quote.bid == top.bid and quote.bid_size == top.bid_size
    if not (same_bid and quote.ask == top.ask and quote.ask_size == top.ask_size):
        bar.quotes += 1
        bar.events += 1  # the record that ended the event may be a status, which is none itself
        top.quoted = 1
    top.bid, top.bid_size = quote.bid, quote.bid_size
    top.ask, top.ask_size = quote.ask, quote.ask_size
    top.marks = quote.marks


@kernel(schemas.records, udfs.market.sums)
def _take_trade(top, bar, tick):  # type: ignore[no-untyped-def]
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
    bar.volume = add(bar.volume, size)
    bar.value = add(bar.value, _multiply(price, size))
    # both, and no branch: which side comes next is what no processor predicts
    bar.buy_volume = add(bar.buy_volume, size if tick.side == _BUY else 0)
    bar.sell_volume = add(bar.sell_volume, size if tick.side == _SELL else 0)


@kernel(udfs.market.sums)
def _widen(bar, narrow):  # type: ignore[no-untyped-def]
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
def _clear(bar):  # type: ignore[no-untyped-def]
    bar.open = bar.high = bar.low = 0
    bar.volume = bar.value = bar.buy_volume = bar.sell_volume = 0
    bar.flow = bar.trades = bar.quotes = bar.events = 0


@kernel()
def _emit(close, top, bar):  # type: ignore[no-untyped-def]
    close.open, close.high, close.low, close.close = bar.open, bar.high, bar.low, top.close
    close.volume, close.value = bar.volume, bar.value
    close.buy_volume, close.sell_volume, close.flow = bar.buy_volume, bar.sell_volume, bar.flow
    close.bid, close.bid_size, close.ask, close.ask_size = top.bid, top.bid_size, top.ask, top.ask_size
    close.trades, close.quotes = min(bar.trades, _COUNT_MAX), min(bar.quotes, _COUNT_MAX)
    close.marks = top.marks
    close.empty = 1 if bar.events == 0 else 0


@kernel(schemas.features, udfs.market.sums)
def _close(head, tops, bars, members, out, at, position):  # type: ignore[no-untyped-def]
    """Close what has ended, from wide to narrow; the first record of a log only sets the ends."""
    for member in members:
        if tops[member].seen and bars[0, member].events:
            for width in range(1, WIDTHS):
                _widen(bars[width, member], bars[0, member])
    for width in range(WIDTHS - 1, -1, -1):
        end_ns, width_ns = head.end_ns[width], BAR_WIDTHS_NS[width]
        if head.now_ns < end_ns:
            continue
        reached_ns = head.now_ns // width_ns * width_ns
        head.end_ns[width] = reached_ns + width_ns
        for member in members:
            if not tops[member].seen:
                continue
            close = out[at]
            close.position, close.end_ns, close.now_ns = position, end_ns, reached_ns
            close.instrument, close.width = member, width
            _emit(close, tops[member], bars[width, member])
            _clear(bars[width, member])
            at += 1
    return at


@kernel(schemas.records, schemas.features, udfs.market.sums)
def fold(ticks, position, suspects, quotes, members, heads, tops, bars, cursor, out):  # type: ignore[no-untyped-def]
    """Closes of the ticks from the cursor on, until they end or `out` could not hold those of one more tick."""
    head, at = heads[0], 0
    begin, suspect, quote = cursor
    end, room = ticks.shape[0], out.shape[0] - WIDTHS * members.shape[0]
    now_ns, end_ns = head.now_ns, head.end_ns[0]
    suspect_at = np.int64(suspects[suspect].position) if suspect < suspects.shape[0] else _MAX
    quote_at = np.int64(quotes[quote].position) if quote < quotes.shape[0] else _MAX
    for i in range(begin, ticks.shape[0]):
        if at > room:
            end = i
            break
        tick, here = ticks[i], position + i
        while suspect_at <= here:
            tops[suspects[suspect].instrument].marks |= _LOST
            suspect += 1
            suspect_at = np.int64(suspects[suspect].position) if suspect < suspects.shape[0] else _MAX
        if tick.receive_ns > now_ns:
            now_ns = head.now_ns = tick.receive_ns
            if now_ns >= end_ns:
                at = _close(head, tops, bars, members, out, at, here)
                end_ns = head.end_ns[0]
        while quote_at <= here:
            number = quotes[quote].instrument
            _take_quote(tops[number], bars[0, number], quotes[quote])
            quote += 1
            quote_at = np.int64(quotes[quote].position) if quote < quotes.shape[0] else _MAX
        if tick.kind >= _STATUS:
            continue
        top, bar = tops[tick.instrument], bars[0, tick.instrument]
        top.seen = 1
        bar.events += 1
        if tick.kind == _TRADE:
            _take_trade(top, bar, tick)
    if end == ticks.shape[0]:
        while suspect < suspects.shape[0]:  # of a frame's last records: they mark what closes with the next record
            tops[suspects[suspect].instrument].marks |= _LOST
            suspect += 1
    return (end, suspect, quote), at
