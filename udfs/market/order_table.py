"""The open orders by reference: a hash table in one array, as full as half."""

import numpy as np

from udfs.kernels import kernel

ORDER = np.dtype(
    [
        ("reference", "<i8"),  # as its 64 bits
        ("instrument", "<i4"),  # -1 = a free place
        ("side", "<i4"),
        ("price", "<i8"),
        ("shares", "<i8"),
    ]
)


@kernel()
def _home(reference, size):  # type: ignore[no-untyped-def]
    """The place at which the search for a reference begins: Fibonacci hashing, Knuth 6.4."""
    return np.int64((np.uint64(reference) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (size - 1)


@kernel()
def find(table, reference):  # type: ignore[no-untyped-def]
    """The order's place, or the free place where it would stand."""
    at = _home(reference, table.shape[0])
    while table[at].instrument >= 0 and table[at].reference != reference:
        at = (at + 1) & (table.shape[0] - 1)
    return at


@kernel()
def free(table, hole):  # type: ignore[no-untyped-def]
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
            new[find(new, one.reference)] = one
