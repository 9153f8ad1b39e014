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
import udfs.market.order_book
import udfs.market.order_table
from schemas.frame import Records
from schemas.itch import LOST
from schemas.records import ALL_STREAMS, TICK, Side, Status, TickFlag, TickKind
from udfs.kernels import kernel, read_only
from udfs.market.order_book import BOOK, COUNTS, LIMITS, add, take_from
from udfs.market.order_table import ORDER, find, rehash

TICKS_AT_ONCE = 4096

_BUY, _SELL, _NONE = int(Side.BUY), int(Side.SELL), int(Side.NONE)
_TRADE, _BID, _ASK, _STATUS = int(TickKind.TRADE), int(TickKind.BID), int(TickKind.ASK), int(TickKind.STATUS)
_LAST, _AUCTION = int(TickFlag.LAST), int(TickFlag.AUCTION)
_TRADING, _HALTED, _GAP = int(Status.TRADING), int(Status.HALTED), int(Status.GAP)
_S, _H, _A, _F, _E, _C, _X, _D, _U, _P, _Q = (ord(letter) for letter in "SHAFECXDUPQ")
_OPERATIONAL = ord("h")
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


@kernel(schemas.records, udfs.market.order_book, udfs.market.order_table)
def _of_order(message, session_ns, limits, lowest, table, book, levels, in_set, count, out, at):  # type: ignore[no-untyped-def]
    """E, C, X, D, U: a message that names an order of the table."""
    place = find(table, message.reference)
    if table[place].instrument != message.instrument:
        book.closed = 1
        count.unknown += 1
        return at
    side, price, shares = table[place].side, table[place].price, message.shares
    if message.type in (_D, _U):
        shares = table[place].shares
    take_from(place, shares, limits, lowest, table, book, levels, in_set, count)
    if message.type == _U:
        add(message, message.new_reference, side, limits, lowest, table, book, levels, in_set, count)
    if (message.type == _E or (message.type == _C and message.code != _UNPRINTED)) and message.shares:
        price = message.price if message.type == _C else price
        _tell(out[at], message, session_ns, _TRADE, _SELL if side == _BUY else _BUY, price, message.shares, 0)
        at += 1
    return at


@kernel(schemas.records, schemas.itch, udfs.market.order_book, udfs.market.order_table)
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
                add(message, message.reference, side, limit, window[number], table, own, levels[number], in_set, count)
            else:
                at = _of_order(
                    message, session_ns, limit, window[number], table, own, levels[number], in_set, count, out, at
                )
            at = _tell_best(message, session_ns, own, levels[number], was_closed, out, at)
        if at > begin:
            out[at - 1].flags |= _LAST
    return messages.shape[0], at
