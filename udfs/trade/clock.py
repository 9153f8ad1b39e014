"""The kernel that passes over the records of a batch: channel time and the stage's book, up to a moment or a place."""

import numpy as np

import udfs.exchange.matching
from schemas.frame import Records
from schemas.records import TICK
from udfs.arrays import QUOTE
from udfs.exchange.matching import fold_quotes
from udfs.kernels import kernel, read_only

NEVER_NS = 2**63 - 1


@kernel(udfs.exchange.matching)
def advance(  # type: ignore[no-untyped-def]
    ticks, quotes, book, position, tick_at, quote_at, place, now_ns, due_ns
) -> tuple[int, int, int]:
    """Pass over ticks[tick_at:place], but not over the first one at which channel time is `due_ns` or later.

    `position` is that of ticks[0], `now_ns` the channel time before ticks[tick_at]. Quotes of the records that were
    passed are folded into the book. Returns the next tick, the next quote and the channel time before that tick.
    """
    if due_ns == NEVER_NS:  # nearly always
        for i in range(tick_at, place):
            now_ns = max(now_ns, ticks[i].receive_ns)
        tick_at = place
    while tick_at < place:
        reached_ns = max(now_ns, ticks[tick_at].receive_ns)
        if reached_ns >= due_ns:
            break
        now_ns = reached_ns
        tick_at += 1
    passed = quote_at
    while passed < quotes.shape[0] and np.int64(quotes[passed].position) < position + tick_at:
        passed += 1
    fold_quotes(quotes, quote_at, passed, book)
    return tick_at, passed, now_ns


def warm() -> None:
    """Compile."""
    nothing: tuple[Records, Records] = (read_only(np.zeros(1, TICK)), read_only(np.zeros(1, QUOTE)))
    advance(*nothing, np.zeros(1, QUOTE), 0, 0, 0, 1, 0, NEVER_NS)
