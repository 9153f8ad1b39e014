"""Prints: each trade against the quotes before and after it, and who is likely to have asked for it."""

import numpy as np

import schemas.features
import schemas.records
import udfs.market.sums
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from schemas.records import TICK, Mark, Side, TickFlag, TickKind
from udfs.arrays import EMPTY, PRINT
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.sums import add, multiply

SLOT_NS = 100_000_000  # trades of one slot mature together
HORIZON_SLOTS = 50  # from the end of a trade's slot to the quote after it: 5 s
WIDTHS = len(BAR_WIDTHS_NS)

_RING = HORIZON_SLOTS + 2
_COUNT = 12
_TRADES, _VOLUME, _TICK_RULE, _LEE_READY, _QUOTED, _EFFECTIVE, _MATURED, _REALISED, _IMPACT = range(9)
_SIDED, _TICK_RULE_RIGHT, _LEE_READY_RIGHT = range(9, _COUNT)

HEAD = np.dtype([("now_ns", "<i8"), ("slot", "<i8")])  # the slot that channel time is in
TOP = np.dtype(
    [
        ("mid_half", "<i8"),  # bid + ask; 0 = a side is missing
        ("price", "<i8"),  # of the last trade; 0 = none yet
        ("direction", "<i8"),  # of the last change of price: 1, -1; 0 = none yet
        ("marks", "<u2"),
        ("pad", "<u2", (3,)),
    ]
)
SLOT = np.dtype(
    [
        ("number", "<i8"),  # SLOT_NS since 1970; 0 = empty
        ("base_half", "<i8"),  # the mid before the first trade: prices are held as distances from it
        ("size", "<i8"),
        ("signed", "<i8"),  # size by sign
        ("value", "<i8"),  # sign * (2 * price - base_half) * size
        ("effective", "<i8"),
    ]
)

_TRADE = int(TickKind.TRADE)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_NOT_A_PRINT = int(TickFlag.CORRECTION | TickFlag.CANCEL)
_NO_MID = int(Mark.GAP | Mark.ONE_SIDED | Mark.CROSSED)


class Prints(ArrayMachine):
    """Sums over the trades of each bar, as the array `prints`: a PRINT for each CLOSE.

    **Sign.** The tick rule: the direction of the last change of the trade price, this trade's among them. Lee and
    Ready (1991), with the quote in force just before the trade: above the mid a buy, below a sell, at the mid the tick
    rule. The sign that spreads use is the venue's aggressor, or Lee and Ready's where the venue gives none.

    **Spreads.** Effective: twice the distance of a trade from the mid just before it, in its direction. Realised: from
    the mid 5 s later, counted in channel time from the end of the trade's tenth of a second, as it stands when channel
    time gets there; impact is the difference. All weigh by size (Huang and Stoll 1996). A bar has the trades that
    matured since the close before it. No quote counts that is crossed, has one side or follows a gap (Holden and
    Jacobsen 2014): a trade without one before it has no effective spread, trades without one after them mature into
    nothing. Corrections and cancels speak of earlier trades and are left out.
    """

    name = "prints"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        members = sorted(one.number for one in term.universe.of_channel(channel))
        self._count = len(members)
        self._places = np.full(len(term.universe.instruments), -1, "<i8")
        self._places[members] = np.arange(len(members))

    def initial(self) -> State:
        return {
            "head": np.zeros(1, HEAD),
            "tops": np.zeros(self._count, TOP),
            "bars": np.zeros((WIDTHS, self._count, _COUNT), "<i8"),
            "slots": np.zeros((self._count, _RING), SLOT),
        }

    def step(self, state: State, batch: Batch) -> None:
        prints = self._fold(state, batch["ticks"], batch.position, batch["quotes"], batch["closes"])
        if len(prints):
            batch["prints"] = prints

    def warm(self) -> None:
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), 0, EMPTY["quotes"], EMPTY["closes"])

    def _fold(self, state: State, ticks: Records, position: int, quotes: Records, closes: Records) -> Records:
        out = np.zeros(len(closes), PRINT)
        fold(ticks, position, quotes, closes, self._places, *state.values(), out)
        return out


@kernel(udfs.market.sums)
def _count(sums, which, value):  # type: ignore[no-untyped-def]
    sums[which] = add(sums[which], value)


@kernel()
def _take_quote(top, quote):  # type: ignore[no-untyped-def]
    top.mid_half = quote.bid + quote.ask if quote.bid_size > 0 and quote.ask_size > 0 else 0
    top.marks = quote.marks


@kernel(udfs.market.sums)
def _mature(slot, top, sums):  # type: ignore[no-untyped-def]
    """The trades of a slot against the mid of now."""
    if slot.size == 0 or top.mid_half == 0 or top.marks & _NO_MID:
        return
    moved = top.mid_half - slot.base_half
    product = multiply(slot.signed, moved) if moved >= 0 else -multiply(slot.signed, -moved)
    realised = add(slot.value, -product)
    _count(sums, _MATURED, slot.size)
    _count(sums, _REALISED, realised)
    _count(sums, _IMPACT, add(slot.effective, -realised))


@kernel(udfs.market.sums)
def _advance(head, tops, bars, slots):  # type: ignore[no-untyped-def]
    """Channel time has moved: what is due matures, in the order of its slots."""
    now_slot = head.now_ns // SLOT_NS
    if now_slot == head.slot:
        return
    last = min(now_slot - 1 - HORIZON_SLOTS, head.slot)  # no trade came after the slot that time was in
    for number in range(head.slot - HORIZON_SLOTS, last + 1):
        for at in range(tops.shape[0]):
            slot = slots[at, number % _RING]
            if slot.number == number:
                _mature(slot, tops[at], bars[0, at])
                slot.number = slot.size = 0
    head.slot = now_slot


@kernel(udfs.market.sums)
def _enter(slot, number, mid_half, sign, tick):  # type: ignore[no-untyped-def]
    """Keep a trade with those of its slot until they mature."""
    if slot.number != number:
        slot.number, slot.base_half = number, mid_half
        slot.size = slot.signed = slot.value = slot.effective = 0
    slot.size = add(slot.size, tick.size)
    slot.signed = add(slot.signed, sign * tick.size)
    slot.value = add(slot.value, multiply(sign * (2 * tick.price - slot.base_half), tick.size))
    slot.effective = add(slot.effective, multiply(sign * (2 * tick.price - mid_half), tick.size))


@kernel(schemas.records, udfs.market.sums)
def _take_trade(top, sums, slots, now_slot, tick):  # type: ignore[no-untyped-def]
    if top.price > 0 and tick.price != top.price:
        top.direction = 1 if tick.price > top.price else -1
    top.price = tick.price
    has_mid = top.mid_half > 0 and not top.marks & _NO_MID
    distance = 2 * tick.price - top.mid_half if has_mid else 0
    lee_ready = top.direction if distance == 0 else (1 if distance > 0 else -1)
    venue = 1 if tick.side == _BUY else (-1 if tick.side == _SELL else 0)
    _count(sums, _TRADES, 1)
    _count(sums, _VOLUME, tick.size)
    _count(sums, _TICK_RULE, top.direction * tick.size)
    _count(sums, _LEE_READY, lee_ready * tick.size)
    if venue != 0:
        _count(sums, _SIDED, 1)
        _count(sums, _TICK_RULE_RIGHT, 1 if top.direction == venue else 0)
        _count(sums, _LEE_READY_RIGHT, 1 if lee_ready == venue else 0)
    sign = venue if venue != 0 else lee_ready
    if has_mid and sign != 0:
        _count(sums, _QUOTED, tick.size)
        _count(sums, _EFFECTIVE, multiply(sign * distance, tick.size))
        _enter(slots[now_slot % _RING], now_slot, top.mid_half, sign, tick)


@kernel(udfs.market.sums)
def _widen(bars, at):  # type: ignore[no-untyped-def]
    for width in range(1, WIDTHS):
        for which in range(_COUNT):
            _count(bars[width, at], which, bars[0, at, which])


@kernel()
def _fill(out, sums):  # type: ignore[no-untyped-def]
    out.trades, out.volume = sums[_TRADES], sums[_VOLUME]
    out.tick_rule, out.lee_ready = sums[_TICK_RULE], sums[_LEE_READY]
    out.quoted, out.effective = sums[_QUOTED], sums[_EFFECTIVE]
    out.matured, out.realised, out.impact = sums[_MATURED], sums[_REALISED], sums[_IMPACT]
    out.sided = sums[_SIDED]
    out.tick_rule_right, out.lee_ready_right = sums[_TICK_RULE_RIGHT], sums[_LEE_READY_RIGHT]


@kernel(udfs.market.sums)
def _emit(out, close, bars, at):  # type: ignore[no-untyped-def]
    """A wider bar is what its 1-s bars were, the one that ends with it among them; that one closes last."""
    width = close.width
    if width > 0:
        wide, narrow = bars[width, at], bars[0, at]
        for which in range(_COUNT):
            _count(wide, which, narrow[which])
        _fill(out, wide)
        for which in range(_COUNT):
            wide[which] = -narrow[which]
    else:
        _widen(bars, at)
        _fill(out, bars[0, at])
        bars[0, at, :] = 0
    out.position, out.instrument, out.width = close.position, close.instrument, width
    out.mid_half = close.bid + close.ask if close.bid_size > 0 and close.ask_size > 0 else 0


@kernel(schemas.records, schemas.features, udfs.market.sums)
def fold(ticks, position, quotes, closes, places, heads, tops, bars, slots, out):  # type: ignore[no-untyped-def]
    """A PRINT in `out` for each close.

    Order at one record: the quotes of earlier records, what is due, the closes, the marks of this record's quotes (a
    gap before it is known), the trade.
    """
    head = heads[0]
    quote = close = 0
    for i in range(ticks.shape[0]):
        tick, here = ticks[i], position + i
        while quote < quotes.shape[0] and np.int64(quotes[quote].position) < here:
            _take_quote(tops[places[quotes[quote].instrument]], quotes[quote])
            quote += 1
        if tick.receive_ns > head.now_ns:
            head.now_ns = tick.receive_ns
            _advance(head, tops, bars, slots)
        while close < closes.shape[0] and np.int64(closes[close].position) <= here:
            _emit(out[close], closes[close], bars, places[closes[close].instrument])
            close += 1
        if tick.kind != _TRADE or tick.flags & _NOT_A_PRINT:
            continue
        now = quote
        while now < quotes.shape[0] and np.int64(quotes[now].position) == here:
            tops[places[quotes[now].instrument]].marks = quotes[now].marks
            now += 1
        at = places[tick.instrument]
        _take_trade(tops[at], bars[0, at], slots[at], head.slot, tick)
    while quote < quotes.shape[0]:
        _take_quote(tops[places[quotes[quote].instrument]], quotes[quote])
        quote += 1
