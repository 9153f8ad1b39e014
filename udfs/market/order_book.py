"""What a message about an order does to a book: sizes by level, and the best of each side."""

import numpy as np

import schemas.records
import udfs.market.order_table
from schemas.records import Side
from udfs.kernels import kernel
from udfs.market.order_table import find, free

SIZE_MAX = 2**32 - 1  # of a level; more contradicts

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

_BUY = int(Side.BUY)
_INSIDE, _WORSE, _BETTER = 0, 1, 2  # a price worse than the window is never the best; a better one closes the book


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


@kernel(schemas.records, udfs.market.order_table)
def add(message, reference, side, limits, lowest, table, book, levels, in_set, count):  # type: ignore[no-untyped-def]
    """A new order into table and book."""
    at = find(table, reference)
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


@kernel(schemas.records, udfs.market.order_table)
def take_from(at, shares, limits, lowest, table, book, levels, in_set, count):  # type: ignore[no-untyped-def]
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
        free(table, at)
