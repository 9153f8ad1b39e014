"""Bars: trades and quotes per instrument and width of channel time."""

import numpy as np

import schemas.features
import schemas.records
import udfs.market.bar
import udfs.market.sums
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from schemas.records import FEED_KINDS, TICK, Mark, TickKind
from udfs.arrays import CLOSE, EMPTY, taken
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.bar import BAR, TOP, clear, take_quote, take_trade, widen

CLOSES_AT_ONCE = 512
WIDTHS = len(BAR_WIDTHS_NS)  # the first divides the others: only its end is looked for at each tick

HEAD = np.dtype([("now_ns", "<i8"), ("end_ns", "<i8", (WIDTHS,))])

_TRADE, _STATUS = int(TickKind.TRADE), int(TickKind.STATUS)
_LOST = int(Mark.SUSPECT | Mark.GAP)
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
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), 0, EMPTY["suspects"], EMPTY["quotes"])

    def _fold(self, state: State, ticks: Records, position: int, suspects: Records, quotes: Records) -> list[Records]:
        """The closes, in as many pieces as the scratch needs; each round folds at least one tick."""
        if len(ticks) == 0 and len(suspects) == 0:
            return []
        inputs = (ticks, position, suspects, quotes, self._members)
        pieces = []
        cursor = (0, 0, 0)
        while True:
            cursor, count = fold(*inputs, state["head"], state["tops"], state["bars"], cursor, self._out)
            if count:
                pieces.append(taken(self._out, count))
            if cursor[0] == len(ticks):
                return pieces


@kernel()
def _emit(close, top, bar):  # type: ignore[no-untyped-def]
    close.open, close.high, close.low, close.close = bar.open, bar.high, bar.low, top.close
    close.volume, close.value = bar.volume, bar.value
    close.buy_volume, close.sell_volume, close.flow = bar.buy_volume, bar.sell_volume, bar.flow
    close.bid, close.bid_size, close.ask, close.ask_size = top.bid, top.bid_size, top.ask, top.ask_size
    close.trades, close.quotes = min(bar.trades, _COUNT_MAX), min(bar.quotes, _COUNT_MAX)
    close.marks = top.marks
    close.empty = 1 if bar.events == 0 else 0


@kernel(schemas.features, udfs.market.sums, udfs.market.bar)
def _close(head, tops, bars, members, out, at, position):  # type: ignore[no-untyped-def]
    """Close what has ended, from wide to narrow; the first record of a log only sets the ends."""
    for member in members:
        if tops[member].seen and bars[0, member].events:
            for width in range(1, WIDTHS):
                widen(bars[width, member], bars[0, member])
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
            clear(bars[width, member])
            at += 1
    return at


@kernel(schemas.records, udfs.market.sums, udfs.market.bar)
def _pass(ticks, i, stop, head, tops, narrow):  # type: ignore[no-untyped-def]
    """Take records up to `stop`, but not one that ends a 1-s bar; the next record."""
    now_ns, end_ns = head.now_ns, head.end_ns[0]
    while i < stop and ticks[i].receive_ns < end_ns:
        tick = ticks[i]
        i += 1
        now_ns = max(now_ns, tick.receive_ns)
        if tick.kind >= _STATUS:
            continue
        top, bar = tops[tick.instrument], narrow[tick.instrument]
        top.seen = 1
        bar.events += 1
        if tick.kind == _TRADE:
            take_trade(top, bar, tick)
    head.now_ns = now_ns
    return i


@kernel(schemas.records, udfs.market.sums, udfs.market.bar)
def _quote(quotes, quote, here, tops, narrow):  # type: ignore[no-untyped-def]
    """Take the quotes of records before `here`; the place of the next one."""
    while quote < quotes.shape[0] and np.int64(quotes[quote].position) < here:
        number = quotes[quote].instrument
        take_quote(tops[number], narrow[number], quotes[quote])
        quote += 1
    return quote


@kernel(schemas.records)
def _lose(suspects, suspect, here, tops):  # type: ignore[no-untyped-def]
    """Mark what was refused up to a record; the place of what was refused later."""
    while suspect < suspects.shape[0] and np.int64(suspects[suspect].position) <= here:
        tops[suspects[suspect].instrument].marks |= _LOST
        suspect += 1
    return suspect


@kernel(schemas.records, schemas.features, udfs.market.sums, udfs.market.bar)
def fold(ticks, position, suspects, quotes, members, heads, tops, bars, cursor, out):  # type: ignore[no-untyped-def]
    """Closes of the ticks from the cursor on, until they end or `out` could not hold those of one more tick.

    Goes from one close or refusal to the next. In between, trades and quotes change different fields: first come the
    records, then their quotes, each in a loop of its own, which is faster than in turn.
    """
    head, at, narrow = heads[0], 0, bars[0]
    i, suspect, quote = cursor
    room = out.shape[0] - WIDTHS * members.shape[0]
    while i < ticks.shape[0] and at <= room:
        suspect = _lose(suspects, suspect, position + i, tops)
        head.now_ns = max(head.now_ns, ticks[i].receive_ns)
        if head.now_ns >= head.end_ns[0]:
            at = _close(head, tops, bars, members, out, at, position + i)
        stop = ticks.shape[0]
        if suspect < suspects.shape[0]:
            stop = min(stop, np.int64(suspects[suspect].position) - position)
        i = _pass(ticks, i, stop, head, tops, narrow)
        quote = _quote(quotes, quote, position + i, tops, narrow)
    if i == ticks.shape[0]:  # of a frame's last records: they mark what closes with the next record
        suspect = _lose(suspects, suspect, _MAX, tops)
    return (i, suspect, quote), at
