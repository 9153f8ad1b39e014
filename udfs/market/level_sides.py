"""The levels of one side of a book, worst first, and what a change of one level does to them."""

import numpy as np

import schemas.records
from schemas.records import TickFlag
from udfs.arrays import DEPTH_LEVELS
from udfs.kernels import kernel

LEVELS_MAX = 1024  # kept on each side of a book
FALL = LEVELS_MAX // 8  # the worst levels, which leave together when a side is full: one move for many changes

SIDES = 2
BOOK = np.dtype(
    [
        ("key", "<i8", (SIDES, DEPTH_LEVELS)),  # the best levels after the last whole event; NONE = no such level
        ("size", "<i8", (SIDES, DEPTH_LEVELS)),
        ("edge", "<i8", (SIDES,)),  # every level whose key is at least this is known
        ("told", "<i8", (SIDES,)),  # the worst key in the snapshot that is being read
        ("count", "<i8", (SIDES,)),  # of levels in the arrays
        ("known", "<i4", (SIDES,)),  # how many of the best levels are certain after the last whole event
        ("phase", "u1"),
        ("lost", "u1"),  # changes are missing: waits for a snapshot
        ("touched", "u1"),  # one of the best levels has changed in this event
        ("flows", "u1"),  # the best levels are of an event after which nothing was lost
        ("pad", "<u4"),
    ]
)

_SNAPSHOT = int(TickFlag.SNAPSHOT)
BETWEEN, CHANGES, READING, PARTIAL = 0, 1, 2, 3  # phases: no event open; changes; a snapshot; its begin is missing
NONE = -(2**63 - 1)  # the key of no level, and the edge of a side that is known to its end
NOTHING = 2**63 - 1  # `told` before the first level of a side


@kernel()
def _place(keys, count, key):  # type: ignore[no-untyped-def]
    """How many of the first `count` keys are at most `key`: they rise. A search without a branch to mispredict."""
    if count == 0:
        return 0
    base, length = 0, count
    while length > 1:
        half = length // 2
        base = base + half if keys[base + half - 1] <= key else base
        length -= half
    return base + 1 if keys[base] <= key else base


@kernel()
def _open_up(values):  # type: ignore[no-untyped-def]
    """Move all but the last one up: a loop over a slice of its own becomes a block move."""
    for at in range(values.size - 1, 0, -1):
        values[at] = values[at - 1]


@kernel()
def _close_up(values):  # type: ignore[no-untyped-def]
    """Move all but the first one down."""
    for at in range(values.size - 1):
        values[at] = values[at + 1]


@kernel()
def _fall(book, side, keys, sizes):  # type: ignore[no-untyped-def]
    """Of a full side, the worst levels leave."""
    count = LEVELS_MAX - FALL
    for at in range(count):
        keys[at] = keys[at + FALL]
        sizes[at] = sizes[at + FALL]
    book.count[side] = count
    book.edge[side] = keys[0]


@kernel()
def _set(book, side, keys, sizes, key, size):  # type: ignore[no-untyped-def]
    """Put one level where it belongs, worst first: near the best, few move."""
    count = book.count[side]
    at = _place(keys, count, key)
    if count - at < DEPTH_LEVELS:
        book.touched = 1
    if at > 0 and keys[at - 1] == key:
        if size > 0:
            sizes[at - 1] = size
            return
        _close_up(keys[at - 1 : count])
        _close_up(sizes[at - 1 : count])
        book.count[side] = count - 1
        return
    if size == 0:
        return
    if count == LEVELS_MAX and at == 0:
        book.edge[side] = keys[0]
        return
    if count == LEVELS_MAX:
        _fall(book, side, keys, sizes)
        count, at = count - FALL, at - FALL
        if at <= 0:  # beyond the new edge
            return
    _open_up(keys[at : count + 1])
    _open_up(sizes[at : count + 1])
    keys[at], sizes[at] = key, size
    book.count[side] = count + 1


@kernel(schemas.records)
def take_level(book, keys, sizes, tick):  # type: ignore[no-untyped-def]
    """Keys rise with how good a price is: a bid's price, an ask's negative one."""
    if tick.flags & _SNAPSHOT and book.phase < READING:
        book.phase = READING
        for side in range(SIDES):
            book.count[side], book.edge[side], book.told[side] = 0, NONE, NOTHING
    if book.phase == PARTIAL or (book.lost and book.phase != READING):
        return
    side = 1 if tick.side else 0
    key = tick.price if side == 0 else -tick.price
    if book.phase == READING:
        book.told[side] = min(book.told[side], key)
    else:
        book.phase = CHANGES
    if key >= book.edge[side]:
        _set(book, side, keys[side], sizes[side], key, tick.size)
