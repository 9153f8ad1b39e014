"""Books by order: decoded ITCH messages to trades, best quotes, halts and gaps; what `rtl/` does in hardware.

A message is an event: its trade, then, where it changed the best bid or ask, both of them; the last has LAST. What a
book cannot vouch for it does not tell: a message that contradicts the book (an unknown order, more shares than an order
has, an order twice), or lost messages, close it. A closed book tells one GAP and no quote any more; its trades go on
while their orders are known. In the feed of a day nothing of this happens unless something was lost.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

import schemas.itch
import schemas.records
from schemas.frame import Records
from schemas.itch import LOST
from schemas.records import ALL_STREAMS, TICK, Side, Status, TickFlag, TickKind
from udfs.kernels import kernel, read_only

SIZE_MAX = 2**32 - 1  # of a level; more contradicts
TICKS_AT_ONCE = 4096

ORDER = np.dtype(
    [
        ("reference", "<i8"),  # as its 64 bits
        ("instrument", "<i4"),  # -1 = a free place
        ("side", "<i4"),
        ("price", "<i8"),
        ("shares", "<i8"),
    ]
)
BOOK = np.dtype(
    [
        ("bid", "<i8"),  # as told last
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("bids", "<i4"),  # levels in use
        ("asks", "<i4"),
        ("closed", "u1"),
        ("halted", "u1"),  # by the listing market or the end of the day
        ("stopped", "u1"),  # on this market alone
        ("member", "u1"),
        ("pad", "u1", (4,)),
    ]
)
COUNTS = np.dtype(
    [
        ("orders", "<i8"),  # in the table now
        ("levels", "<i8"),  # in use by the deepest side so far
        ("unknown", "<i8"),  # messages about an order that is not in the table
        ("contradicted", "<i8"),
        ("refused", "<i8"),  # orders that the block's table has no room for
        ("outside", "<i8"),  # orders worse than the block's window of prices
        ("lost", "<i8"),  # gaps
    ]
)
# What the block can hold; zeros mean no limit.
LIMITS = np.dtype([("sets_log2", "<i8"), ("ways", "<i8"), ("levels", "<i8"), ("step", "<i8")])

_BUY, _SELL, _NONE = int(Side.BUY), int(Side.SELL), int(Side.NONE)
_TRADE, _BID, _ASK, _STATUS = int(TickKind.TRADE), int(TickKind.BID), int(TickKind.ASK), int(TickKind.STATUS)
_LAST, _AUCTION = int(TickFlag.LAST), int(TickFlag.AUCTION)
_TRADING, _HALTED, _GAP = int(Status.TRADING), int(Status.HALTED), int(Status.GAP)
_S, _H, _A, _F, _E, _C, _X, _D, _U, _P, _Q = (ord(letter) for letter in "SHAFECXDUPQ")
_OPERATIONAL = ord("h")
_INSIDE, _WORSE, _BETTER = 0, 1, 2  # a price worse than the window is never the best; a better one closes the book
_OF_BUYER, _MAY_TRADE, _DAY_ENDS, _UNPRINTED = ord("B"), ord("T"), ord("E"), ord("N")


@dataclass(slots=True)
class Orders:
    """The books of `members`, numbers below `instruments`; `limits` and `window` (lowest prices) are the block's."""

    instruments: int
    members: tuple[int, ...]
    session_ns: int  # midnight in New York
    limits: Records = field(default_factory=lambda: np.zeros(1, LIMITS))
    window: npt.NDArray[np.int64] | None = None
    counts: Records = field(default_factory=lambda: np.zeros(1, COUNTS))
    _table: Records = field(init=False)
    _books: Records = field(init=False)
    _levels: npt.NDArray[np.int64] = field(init=False)  # instrument, side, place from the worst, price and size
    _in_set: npt.NDArray[np.int64] = field(init=False)
    _out: Records = field(init=False)

    def __post_init__(self) -> None:
        self._table = np.full(1 << 12, -1, ORDER)
        self._books = np.zeros(self.instruments, BOOK)
        self._books["member"][list(self.members)] = 1
        self._levels = np.zeros((self.instruments, 2, 64, 2), np.int64)
        self._in_set = np.zeros(1 << int(self.limits["sets_log2"][0]), np.int64)
        self._out = np.zeros(TICKS_AT_ONCE + self.instruments, TICK)
        if self.window is None:
            self.window = np.zeros(self.instruments, np.int64)

    def step(self, messages: Records) -> Records:
        """The ticks of decoded messages, in their order."""
        pieces, cursor = [np.zeros(0, TICK)], 0
        while cursor < len(messages):
            self._reserve()
            cursor, count = fold(
                read_only(messages), cursor, self.session_ns, self.limits, self.window, self._table, self._books,
                self._levels, self._in_set, self.counts, self._out,
            )  # fmt: skip
            pieces.append(self._out[:count].copy())
        return np.concatenate(pieces)

    def _reserve(self) -> None:
        """Room for one more order and one more level; the kernel returns where it is used up."""
        if 2 * (int(self.counts["orders"][0]) + 1) > len(self._table):
            grown = np.full(2 * len(self._table), -1, ORDER)
            rehash(self._table, grown)
            self._table = grown
        if int(self.counts["levels"][0]) + 1 > self._levels.shape[2]:
            self._levels = np.concatenate([self._levels, np.zeros_like(self._levels)], axis=2)


@kernel()
def _home(reference, size):  # type: ignore[no-untyped-def]
    """The place at which the search for a reference begins: Fibonacci hashing, Knuth 6.4."""
    return np.int64((np.uint64(reference) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (size - 1)


@kernel()
def _find(table, reference):  # type: ignore[no-untyped-def]
    """The order's place, or the free place where it would stand."""
    at = _home(reference, table.shape[0])
    while table[at].instrument >= 0 and table[at].reference != reference:
        at = (at + 1) & (table.shape[0] - 1)
    return at


@kernel()
def _free(table, hole):  # type: ignore[no-untyped-def]
    """Take an order out; those behind it move up, so that no search ends too early. Knuth 6.4, algorithm R."""
    size = table.shape[0]
    at = hole
    while True:
        at = (at + 1) & (size - 1)
        if table[at].instrument < 0:
            break
        if (at - _home(table[at].reference, size)) & (size - 1) >= (at - hole) & (size - 1):
            table[hole] = table[at]
            hole = at
    table[hole].instrument = -1


@kernel()
def rehash(old, new):  # type: ignore[no-untyped-def]
    """Put every order of one table into a larger one."""
    for one in old:
        if one.instrument >= 0:
            new[_find(new, one.reference)] = one


@kernel()
def _set_of(reference, limits):  # type: ignore[no-untyped-def]
    return (reference ^ (reference >> limits.sets_log2)) & ((1 << limits.sets_log2) - 1)


@kernel()
def _add_to_level(levels, used, side, price, shares):  # type: ignore[no-untyped-def]
    """Change a level by so many shares; the number of levels in use, -1 if it would leave its range.

    Levels stand from the worst price to the best.
    """
    at = used
    while at > 0 and (levels[at - 1, 0] > price if side == _BUY else levels[at - 1, 0] < price):
        at -= 1
    if at > 0 and levels[at - 1, 0] == price:
        levels[at - 1, 1] += shares
        size = levels[at - 1, 1]
        if size == 0:
            for place in range(at - 1, used - 1):
                levels[place, 0], levels[place, 1] = levels[place + 1, 0], levels[place + 1, 1]
            return used - 1
        return used if 0 < size <= SIZE_MAX else -1
    if shares == 0:
        return used
    for place in range(used, at, -1):
        levels[place, 0], levels[place, 1] = levels[place - 1, 0], levels[place - 1, 1]
    levels[at, 0], levels[at, 1] = price, shares
    return used + 1 if shares > 0 else -1


@kernel()
def _place(limits, lowest, side, price):  # type: ignore[no-untyped-def]
    """Where the block's window has a price; without limits it has every one."""
    if limits.levels == 0:
        return _INSIDE
    above, below = price >= lowest + limits.levels * limits.step, price < lowest
    if above or below:
        return _BETTER if above == (side == _BUY) else _WORSE
    return _BETTER if (price - lowest) % limits.step else _INSIDE


@kernel()
def _change(book, count, levels, side, price, shares):  # type: ignore[no-untyped-def]
    used = _add_to_level(levels[side], book.bids if side == _BUY else book.asks, side, price, shares)
    if used < 0:
        book.closed = 1
        count.contradicted += 1
        return
    if side == _BUY:
        book.bids = used
    else:
        book.asks = used
    count.levels = max(count.levels, used)


@kernel(schemas.records)
def _add(message, reference, side, limits, lowest, table, book, levels, in_set, count):  # type: ignore[no-untyped-def]
    """A new order into table and book."""
    at = _find(table, reference)
    if table[at].instrument >= 0:
        book.closed = 1
        count.contradicted += 1
        return
    own = _set_of(reference, limits)
    if limits.ways and in_set[own] == limits.ways:
        book.closed = 1
        count.refused += 1
        return
    in_set[own] += 1
    count.orders += 1
    order = table[at]
    order.reference, order.instrument, order.side = reference, message.instrument, side
    order.price, order.shares = message.price, message.shares
    if book.closed:
        return
    place = _place(limits, lowest, side, message.price)
    count.outside += place == _WORSE
    if place == _BETTER:
        book.closed = 1
    if place == _INSIDE:
        _change(book, count, levels, side, message.price, message.shares)


@kernel(schemas.records)
def _take_from(at, shares, limits, lowest, table, book, levels, in_set, count):  # type: ignore[no-untyped-def]
    """So many shares less of an order; an order without shares leaves the table."""
    order = table[at]
    if shares > order.shares:
        book.closed = 1
        count.contradicted += 1
        shares = order.shares
    if not book.closed and _place(limits, lowest, order.side, order.price) == _INSIDE:
        _change(book, count, levels, order.side, order.price, -shares)
    order.shares -= shares
    if order.shares == 0:
        in_set[_set_of(order.reference, limits)] -= 1
        count.orders -= 1
        _free(table, at)


@kernel(schemas.records)
def _tell(tick, message, session_ns, kind, side, price, size, flags):  # type: ignore[no-untyped-def]
    tick.venue_ns = session_ns + message.time_ns if message.type != LOST else 0
    tick.receive_ns, tick.instrument = message.receive_ns, message.instrument
    tick.kind, tick.side, tick.price, tick.size, tick.flags = kind, side, price, size, flags


@kernel(schemas.records)
def _tell_all(message, session_ns, books, status, out, at):  # type: ignore[no-untyped-def]
    """What holds for every instrument: the day's end, or lost messages."""
    for number in range(books.shape[0]):
        if not books[number].member:
            continue
        if status == _HALTED:
            books[number].halted = 1
        else:
            books[number].closed = 1
        _tell(out[at], message, session_ns, _STATUS, _NONE, ALL_STREAMS, status, _LAST)
        out[at].instrument = number
        at += 1
    return at


@kernel(schemas.records)
def _tell_best(message, session_ns, book, levels, was_closed, out, at):  # type: ignore[no-untyped-def]
    """Both sides where one changed, or that the book has closed."""
    if book.closed:
        if not was_closed:
            _tell(out[at], message, session_ns, _STATUS, _NONE, _BID, _GAP, 0)
            at += 1
        return at
    bid = bid_size = ask = ask_size = 0
    if book.bids:
        bid, bid_size = levels[_BUY, book.bids - 1, 0], levels[_BUY, book.bids - 1, 1]
    if book.asks:
        ask, ask_size = levels[_SELL, book.asks - 1, 0], levels[_SELL, book.asks - 1, 1]
    is_same_bid = bid == book.bid and bid_size == book.bid_size
    if is_same_bid and ask == book.ask and ask_size == book.ask_size:
        return at
    book.bid, book.bid_size, book.ask, book.ask_size = bid, bid_size, ask, ask_size
    _tell(out[at], message, session_ns, _BID, _BUY, bid, bid_size, 0)
    _tell(out[at + 1], message, session_ns, _ASK, _SELL, ask, ask_size, 0)
    return at + 2


@kernel(schemas.records)
def _status(message, book):  # type: ignore[no-untyped-def]
    """Whether the instrument trades after an H or h."""
    if message.type == _H:
        book.halted = message.code != _MAY_TRADE
    else:
        book.stopped = message.code != _MAY_TRADE
    return _HALTED if book.halted or book.stopped else _TRADING


@kernel(schemas.records)
def _of_order(message, session_ns, limits, lowest, table, book, levels, in_set, count, out, at):  # type: ignore[no-untyped-def]
    """E, C, X, D, U: a message that names an order of the table."""
    place = _find(table, message.reference)
    if table[place].instrument != message.instrument:
        book.closed = 1
        count.unknown += 1
        return at
    side, price, shares = table[place].side, table[place].price, message.shares
    if message.type in (_D, _U):
        shares = table[place].shares
    _take_from(place, shares, limits, lowest, table, book, levels, in_set, count)
    if message.type == _U:
        _add(message, message.new_reference, side, limits, lowest, table, book, levels, in_set, count)
    if (message.type == _E or (message.type == _C and message.code != _UNPRINTED)) and message.shares:
        price = message.price if message.type == _C else price
        _tell(out[at], message, session_ns, _TRADE, _SELL if side == _BUY else _BUY, price, message.shares, 0)
        at += 1
    return at


@kernel(schemas.records, schemas.itch)
def fold(  # type: ignore[no-untyped-def]
    messages, cursor, session_ns, limits, window, table, books, levels, in_set, counts, out
):
    """Messages from the cursor on, until they end or room is used up: the cursor behind, and the number of ticks."""
    limit, count, at = limits[0], counts[0], 0
    room = out.shape[0] - books.shape[0] - 3
    for i in range(cursor, messages.shape[0]):
        if at > room or 2 * (count.orders + 1) > table.shape[0] or count.levels + 1 > levels.shape[2]:
            return i, at
        message, begin = messages[i], at
        if message.type == LOST:
            count.lost += 1
            at = _tell_all(message, session_ns, books, _GAP, out, at)
            continue
        if message.type == _S:
            if message.code == _DAY_ENDS:
                at = _tell_all(message, session_ns, books, _HALTED, out, at)
            continue
        own, number = books[message.instrument], message.instrument
        was_closed = own.closed
        if message.type == _H or message.type == _OPERATIONAL:
            if message.type == _H or message.market == _Q:
                _tell(out[at], message, session_ns, _STATUS, _NONE, ALL_STREAMS, _status(message, own), 0)
                at += 1
        elif message.type in (_P, _Q):
            if message.shares:
                flags = _AUCTION if message.type == _Q else 0
                _tell(out[at], message, session_ns, _TRADE, _NONE, message.price, message.shares, flags)
                at += 1
        else:
            if message.type in (_A, _F):
                side = _BUY if message.side == _OF_BUYER else _SELL
                _add(message, message.reference, side, limit, window[number], table, own, levels[number], in_set, count)
            else:
                at = _of_order(
                    message, session_ns, limit, window[number], table, own, levels[number], in_set, count, out, at
                )
            at = _tell_best(message, session_ns, own, levels[number], was_closed, out, at)
        if at > begin:
            out[at - 1].flags |= _LAST
    return messages.shape[0], at
