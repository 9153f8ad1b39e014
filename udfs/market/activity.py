"""Bars of activity: a bar closes with the trade that fills its volume, its notional or its number of trades.

López de Prado 2018, chapter 2: such bars sample more often when more happens. A trade is never split: what it has too
much stays in its bar, and the next one begins at nothing.
"""

import numpy as np

import schemas.records
import udfs.arrays
import udfs.market.sums
from schemas.control import Term
from schemas.errors import ConfigError
from schemas.features import NOTIONAL_BARS, TRADE_BARS, VOLUME_BARS
from schemas.frame import Records
from schemas.instrument import Instrument, Style
from schemas.records import TICK, Mark, Side, TickFlag, TickKind
from udfs.arrays import AMENDED, CLOSE, EMPTY
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.sums import add, multiply

SERIES = (VOLUME_BARS, NOTIONAL_BARS, TRADE_BARS)
PRINTS = 32  # of an instrument that are kept, to be corrected or cancelled

HEAD = np.dtype([("now_ns", "<i8"), ("unknown", "<i8")])  # corrections and cancels whose trade could not be told
PRINT = np.dtype([("venue_ns", "<i8"), ("price", "<i8"), ("size", "<i8"), ("side", "<i8")])
TOP = np.dtype(
    [
        *((name, "<i8") for name in ("bid", "bid_size", "ask", "ask_size", "close", "count")),  # count of prints
        ("prints", PRINT, (PRINTS,)),  # a ring: print n lies at n modulo PRINTS
        ("marks", "<u2"),
        ("pad", "u1", (6,)),
    ]
)
_SUMS = ("open", "high", "low", "volume", "value", "buy_volume", "sell_volume", "trades", "first")
BAR = np.dtype([*((name, "<i8") for name in _SUMS), ("marks", "<u2"), ("pad", "u1", (6,))])  # first: number of a print

_TRADE = int(TickKind.TRADE)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_CORRECTION, _CANCEL = int(TickFlag.CORRECTION), int(TickFlag.CANCEL)
_LOST = int(Mark.GAP | Mark.SUSPECT)
_MAX, _COUNT_MAX = 2**63 - 1, 2**32 - 1
_NOTIONAL, _TRADES = NOTIONAL_BARS.number, TRADE_BARS.number


class Activity(ArrayMachine):
    """Adds `activity`: bars of the series that the term's features ask for, of the channel's tradable instruments.

    A CLOSE of them includes the trade at its `position`; `end_ns` and `now_ns` are the channel time of that trade, and
    the quotes are those in force at it. Sums stop at the int64 range. There are no empty bars.

    A CORRECTION is the trade with its venue time in the open bar as it should have been, a CANCEL the one with its
    venue time, price and size. When exactly one such trade is among the last PRINTS of its instrument, and no sum has
    stopped, the bar becomes what it would have been without the mistake; a corrected bar that is full closes with the
    next trade. Where the trade cannot be told (also because its bar has closed, or an extreme is older than what is
    kept) the bar stays, gets the mark AMENDED, and it is counted.
    """

    name = "activity"
    version = 1
    inherits = ("features",)

    def __init__(self, term: Term, channel: int) -> None:
        instruments = term.universe.instruments
        asked = [one for one in SERIES if any(feature.series == one for feature in term.feature_set.features)]
        self._numbers = np.array([one.number for one in asked], "<i8")
        self._limits = np.zeros((len(asked), len(instruments)), "<i8")  # 0 = no bars
        for instrument in instruments:
            if instrument.tradable and instrument.channel == channel:
                self._limits[:, instrument.number] = [limit(instrument, series.number) for series in asked]
        self._inverse = np.array([one.style is Style.INVERSE for one in instruments], "u1")
        self._out = np.zeros(256, CLOSE)  # scratch, not state

    def initial(self) -> State:
        tops = np.zeros(self._limits.shape[1], TOP)
        tops["marks"] = Mark.ONE_SIDED
        return {"head": np.zeros(1, HEAD), "tops": tops, "bars": np.zeros(self._limits.shape, BAR)}

    def step(self, state: State, batch: Batch) -> None:
        ticks, quotes = batch["ticks"], batch["quotes"]
        if not len(ticks):
            return
        room = len(ticks) * len(self._numbers)
        if room > len(self._out):
            self._out = np.zeros(room, CLOSE)
        count = self._fold(state, ticks, batch.position, quotes)
        if count:
            batch["activity"] = self._out[:count].copy()

    def warm(self) -> None:
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), 0, EMPTY["quotes"])

    def _fold(self, state: State, ticks: Records, position: int, quotes: Records) -> int:
        inputs = ticks, position, quotes, self._numbers, self._limits, self._inverse
        count: int = fold(*inputs, *state.values(), self._out)
        return count


def limit(one: Instrument, number: int) -> int:
    """What fills a bar of an instrument: size units, price * size, or trades; ConfigError when it is not given."""
    given = {VOLUME_BARS.number: one.bar_volume, NOTIONAL_BARS.number: one.bar_notional}.get(number, one.bar_trades)
    if given <= 0:
        name = next(series.name for series in SERIES if series.number == number)
        raise ConfigError(f"universe: {one.venue} {one.symbol}: the features ask for bar_{name}, which is not given")
    return one.units_of_notional(given) if number == _NOTIONAL else given


@kernel()
def _put(bar, price, size, side):  # type: ignore[no-untyped-def]
    """Add a trade's sums and extremes."""
    if bar.trades == 0:
        bar.open = bar.high = bar.low = price
    bar.high, bar.low = max(bar.high, price), min(bar.low, price)
    bar.trades += 1
    bar.volume, bar.value = add(bar.volume, size), add(bar.value, multiply(price, size))
    if side == _BUY:
        bar.buy_volume = add(bar.buy_volume, size)
    elif side == _SELL:
        bar.sell_volume = add(bar.sell_volume, size)


@kernel()
def _clear(bar, first):  # type: ignore[no-untyped-def]
    bar.open = bar.high = bar.low = 0
    bar.volume = bar.value = bar.buy_volume = bar.sell_volume = 0
    bar.trades = bar.marks = 0
    bar.first = first


@kernel()
def _told(top, tick):  # type: ignore[no-untyped-def]
    """The number of the one print that a correction or cancel can mean; -1 when there is none, or several."""
    found = -1
    if tick.venue_ns == 0:
        return found
    for number in range(max(0, top.count - PRINTS), top.count):
        one = top.prints[number % PRINTS]
        same = one.venue_ns == tick.venue_ns and one.size > 0
        if tick.flags & _CANCEL:
            same = same and one.price == tick.price and one.size == tick.size
        if same:
            if found >= 0:
                return -1
            found = number
    return found


@kernel(udfs.arrays)
def _again(bar, top):  # type: ignore[no-untyped-def]
    """Make an open bar anew from the prints that are kept; it is marked and stays when they are not all of it."""
    if top.count - bar.first > PRINTS or bar.volume == _MAX or bar.value == _MAX:
        bar.marks |= AMENDED
        return
    marks = bar.marks
    _clear(bar, bar.first)
    bar.marks = marks
    for number in range(bar.first, top.count):
        one = top.prints[number % PRINTS]
        if one.size > 0:
            _put(bar, one.price, one.size, one.side)


@kernel(schemas.records, udfs.arrays)
def _amend(head, top, bars, tick):  # type: ignore[no-untyped-def]
    number = _told(top, tick)
    if number < 0:
        head.unknown += 1
        for kind in range(bars.shape[0]):
            bars[kind, tick.instrument].marks |= AMENDED
        return
    one = top.prints[number % PRINTS]
    if tick.flags & _CANCEL:
        one.size = 0
    else:
        one.price, one.size, one.side = tick.price, tick.size, tick.side
    for last in range(top.count - 1, max(0, top.count - PRINTS) - 1, -1):
        if top.prints[last % PRINTS].size > 0:
            top.close = top.prints[last % PRINTS].price
            break
    for kind in range(bars.shape[0]):
        bar = bars[kind, tick.instrument]
        if number >= bar.first:
            _again(bar, top)
        else:  # the trade lies in a bar that has closed
            head.unknown += 1
            bar.marks |= AMENDED


@kernel(udfs.arrays)
def _emit(close, top, bar):  # type: ignore[no-untyped-def]
    close.open, close.high, close.low, close.close = bar.open, bar.high, bar.low, top.close
    close.volume, close.value = bar.volume, bar.value
    close.buy_volume, close.sell_volume, close.flow = bar.buy_volume, bar.sell_volume, 0
    close.bid, close.bid_size, close.ask, close.ask_size = top.bid, top.bid_size, top.ask, top.ask_size
    close.trades, close.quotes, close.empty = min(bar.trades, _COUNT_MAX), 0, 0
    close.marks = top.marks | bar.marks


@kernel(schemas.records, udfs.arrays)
def fold(ticks, position, quotes, numbers, limits, inverse, heads, tops, bars, out):  # type: ignore[no-untyped-def]
    """The number of closes in `out`, which has room for one a tick and kind of bar."""
    head, at, quote = heads[0], 0, 0
    for i in range(ticks.shape[0]):
        tick, here = ticks[i], position + i
        head.now_ns = max(head.now_ns, tick.receive_ns)
        while quote < quotes.shape[0] and np.int64(quotes[quote].position) <= here:
            top = tops[quotes[quote].instrument]
            top.bid, top.bid_size = quotes[quote].bid, quotes[quote].bid_size
            top.ask, top.ask_size = quotes[quote].ask, quotes[quote].ask_size
            top.marks = quotes[quote].marks
            for kind in range(bars.shape[0]):
                bars[kind, quotes[quote].instrument].marks |= quotes[quote].marks & _LOST
            quote += 1
        if tick.kind != _TRADE or limits[0, tick.instrument] == 0:
            continue
        top = tops[tick.instrument]
        if tick.flags & (_CORRECTION | _CANCEL):
            _amend(head, top, bars, tick)
            continue
        held = top.prints[top.count % PRINTS]
        held.venue_ns, held.price, held.size, held.side = tick.venue_ns, tick.price, tick.size, tick.side
        top.count += 1
        top.close = tick.price
        for kind in range(bars.shape[0]):
            bar = bars[kind, tick.instrument]
            _put(bar, tick.price, tick.size, tick.side)
            filled = bar.trades if numbers[kind] == _TRADES else bar.volume
            if numbers[kind] == _NOTIONAL and not inverse[tick.instrument]:
                filled = bar.value
            if filled < limits[kind, tick.instrument]:
                continue
            close = out[at]
            close.position, close.end_ns, close.now_ns = here, head.now_ns, head.now_ns
            close.instrument, close.width = tick.instrument, numbers[kind]
            _emit(close, top, bar)
            _clear(bar, top.count)
            at += 1
    return at
