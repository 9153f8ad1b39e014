"""Levels: the book of each instrument, level by level, from snapshots and changes."""

import numpy as np

import schemas.features
import schemas.records
import udfs.market.level_sides
import udfs.market.sums
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from schemas.records import ALL_STREAMS, FEED_KINDS, TICK, Status, TickFlag, TickKind
from udfs.arrays import DEPTH, DEPTH_LEVELS, EMPTY, Standing
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.level_sides import (
    BETWEEN,
    BOOK,
    LEVELS_MAX,
    NONE,
    NOTHING,
    PARTIAL,
    READING,
    SIDES,
    take_level,
)
from udfs.market.sums import add

WIDTHS = len(BAR_WIDTHS_NS)

BAR = np.dtype([("flow", "<i8", (DEPTH_LEVELS,)), ("changes", "<i8")])

_LEVEL, _STATUS, _HEARTBEAT = int(TickKind.LEVEL), int(TickKind.STATUS), int(TickKind.HEARTBEAT)
_LAST, _STATUS_GAP = int(TickFlag.LAST), int(Status.GAP)
_LOST, _ONE_SIDED, _CROSSED = int(Standing.LOST), int(Standing.ONE_SIDED), int(Standing.CROSSED)
_LOCKED, _SHALLOW, _DIFFERS = int(Standing.LOCKED), int(Standing.SHALLOW), int(Standing.DIFFERS)


class Levels(ArrayMachine):
    """Both sides of every book from LEVEL ticks; a DEPTH for each CLOSE, as it stood before the close's record.

    What is shown is the book after the last whole event: levels of an event count from its record with LAST on. A
    snapshot event replaces both sides; in a change, size 0 removes a level, and removing what is not there changes
    nothing. Of several sizes for one price the last one holds.

    **Known depth.** A snapshot says everything from the best price to the worst one that it names (also with size 0)
    on each side, and nothing beyond; a side that it does not name is empty. A change beyond that edge is left out,
    because the levels between are not known. When a side has `LEVELS_MAX` levels and gets one more, the worst `FALL`
    leave and the edge moves to the worst that stays. It never moves out but by a snapshot. So the levels that are
    shown are the best without a hole, and a side may run short of them: SHALLOW.

    **Gaps.** A STATUS GAP of the level stream, a gap before the frame or a refused record of the instrument: the book
    is LOST until the next whole snapshot, the last known levels stay, changes are not applied. When records are
    missing, the rest of the event that they belong to is left out, too, so that half a snapshot is never taken for
    one. Crossed and locked books are shown as they are, and marked.

    Flow is the order-flow contribution of each level (Xu, Gould, Howison 2018, after Cont, Kukanov, Stoikov 2014)
    between two whole events, for the levels that are certain at both; none comes across a loss.
    """

    name = "levels"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        members = sorted(one.number for one in term.universe.of_channel(channel))
        self._count = len(members)
        self._places = np.full(len(term.universe.instruments), -1, "<i8")
        self._places[members] = np.arange(len(members))

    def initial(self) -> State:
        books = np.zeros(self._count, BOOK)
        books["key"] = NONE
        books["lost"] = 1
        return {
            "books": books,
            "bars": np.zeros((WIDTHS, self._count), BAR),
            "keys": np.zeros((self._count, SIDES, LEVELS_MAX), "<i8"),
            "sizes": np.zeros((self._count, SIDES, LEVELS_MAX), "<i8"),
        }

    def step(self, state: State, batch: Batch) -> None:
        if batch.gap and batch.kind in FEED_KINDS:
            books = state["books"]
            books["lost"], books["flows"], books["phase"] = 1, 0, PARTIAL
        depths = self._fold(state, batch["ticks"], batch.position, batch["suspects"], batch["closes"])
        if len(depths):
            batch["depths"] = depths

    def warm(self) -> None:
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), 0, EMPTY["suspects"], EMPTY["closes"])

    def _fold(self, state: State, ticks: Records, position: int, suspects: Records, closes: Records) -> Records:
        out = np.zeros(len(closes), DEPTH)
        fold(ticks, position, suspects, closes, self._places, *state.values(), out)
        return out


@kernel()
def _side_flow(key, size, key_before, size_before):  # type: ignore[no-untyped-def]
    flow = np.int64(0)
    if key >= key_before:
        flow += size
    if key <= key_before:
        flow -= size_before
    return flow


@kernel(udfs.market.sums, udfs.market.level_sides)
def _show(book, bar, keys, sizes):  # type: ignore[no-untyped-def]
    """The best levels become what is shown, and the flow from those before is counted."""
    before = min(book.known[0], book.known[1])
    for side in range(SIDES):
        count = book.count[side]
        book.known[side] = DEPTH_LEVELS if book.edge[side] == NONE else min(count, DEPTH_LEVELS)
    certain = min(before, book.known[0], book.known[1]) if book.flows else 0
    for side in range(SIDES):
        sign = 1 - 2 * side
        for level in range(DEPTH_LEVELS):
            at = book.count[side] - 1 - level
            key, size = (keys[side, at], sizes[side, at]) if at >= 0 else (NONE, 0)
            if level < certain:
                flow = _side_flow(key, size, book.key[side, level], book.size[side, level])
                bar.flow[level] = add(bar.flow[level], sign * flow)
            book.key[side, level], book.size[side, level] = key, size
    book.flows = 1


@kernel(udfs.market.sums, udfs.market.level_sides)
def _end_event(book, bar, keys, sizes):  # type: ignore[no-untyped-def]
    if book.phase == READING:
        book.lost, book.touched = 0, 1
        for side in range(SIDES):
            if book.told[side] != NOTHING:
                book.edge[side] = max(book.edge[side], book.told[side])
    if book.phase != PARTIAL and book.touched:
        _show(book, bar, keys, sizes)
    book.phase, book.touched = BETWEEN, 0


@kernel(schemas.records)
def _standing(book, close):  # type: ignore[no-untyped-def]
    standing = _LOST if book.lost else 0
    if min(book.known[0], book.known[1]) < DEPTH_LEVELS:
        standing |= _SHALLOW
    if book.size[0, 0] == 0 or book.size[1, 0] == 0:
        return standing | _ONE_SIDED
    bid, ask = book.key[0, 0], -book.key[1, 0]
    if bid > ask:
        standing |= _CROSSED
    elif bid == ask:
        standing |= _LOCKED
    if close.bid_size and close.ask_size and (bid != close.bid or ask != close.ask):
        standing |= _DIFFERS
    return standing


@kernel(udfs.market.sums)
def _emit(depth, close, book, bars, at):  # type: ignore[no-untyped-def]
    """A wider bar is what its 1-s bars were, the one that ends with it among them; that one closes last."""
    width, narrow = close.width, bars[0, at]
    bar = bars[width, at]
    depth.position, depth.instrument, depth.width = close.position, close.instrument, width
    depth.standing = _standing(book, close)
    for level in range(DEPTH_LEVELS):
        has_bid, has_ask = book.size[0, level] > 0, book.size[1, level] > 0
        depth.bid[level] = book.key[0, level] if has_bid else 0
        depth.ask[level] = -book.key[1, level] if has_ask else 0
        depth.bid_size[level], depth.ask_size[level] = book.size[0, level], book.size[1, level]
    depth.known = min(book.known[0], book.known[1])
    for level in range(DEPTH_LEVELS):
        flow = narrow.flow[level]
        depth.flow[level] = add(bar.flow[level], flow) if width else flow
        bar.flow[level] = -flow if width else 0
    depth.changes = bar.changes + narrow.changes if width else narrow.changes
    bar.changes = -narrow.changes if width else 0


@kernel(udfs.market.sums)
def _widen(bars, at):  # type: ignore[no-untyped-def]
    narrow = bars[0, at]
    for width in range(1, WIDTHS):
        wide = bars[width, at]
        wide.changes += narrow.changes
        for level in range(DEPTH_LEVELS):
            wide.flow[level] = add(wide.flow[level], narrow.flow[level])


@kernel(udfs.market.level_sides)
def _lose(book, is_between):  # type: ignore[no-untyped-def]
    book.lost, book.flows, book.touched = 1, 0, 0
    book.phase = BETWEEN if is_between else PARTIAL


@kernel(schemas.records, schemas.features, udfs.market.sums, udfs.market.level_sides)
def fold(ticks, position, suspects, closes, places, books, bars, keys, sizes, out):  # type: ignore[no-untyped-def]
    """A DEPTH in `out` for each close."""
    suspect = close = 0
    for i in range(ticks.shape[0]):
        tick, here = ticks[i], position + i
        while suspect < suspects.shape[0] and np.int64(suspects[suspect].position) <= here:
            _lose(books[places[suspects[suspect].instrument]], False)
            suspect += 1
        while close < closes.shape[0] and np.int64(closes[close].position) <= here:
            at = places[closes[close].instrument]
            if closes[close].width == 0:
                _widen(bars, at)
            _emit(out[close], closes[close], books[at], bars, at)
            close += 1
        if tick.kind == _HEARTBEAT:
            continue
        at = places[tick.instrument]
        book = books[at]
        if tick.kind == _LEVEL:
            bars[0, at].changes += 1
            take_level(book, keys[at], sizes[at], tick)
        elif tick.kind == _STATUS and tick.size == _STATUS_GAP and (tick.price == _LEVEL or tick.price == ALL_STREAMS):
            _lose(book, True)
        if tick.flags & _LAST and book.phase != BETWEEN:
            _end_event(book, bars[0, at], keys[at], sizes[at])
    while suspect < suspects.shape[0]:  # of a frame's last records
        _lose(books[places[suspects[suspect].instrument]], False)
        suspect += 1
