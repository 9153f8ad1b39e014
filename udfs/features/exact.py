"""Exact sums: what entered a window leaves it again to the last unit, however large the numbers are.

A total is `high * 2^32 + low`, each half an int64: 2^31 numbers of the whole int64 range fit, so no window and no
session comes near its end (2^31 bars of a second are 68 years).
"""

import numpy as np

from udfs.kernels import kernel

TOTAL = np.dtype([("high", "<i8"), ("low", "<i8")])
_HALF, _BELOW = 32, 2**32 - 1


@kernel()
def add(total, value):  # type: ignore[no-untyped-def]
    total.high += value >> _HALF
    total.low += value & _BELOW


@kernel()
def remove(total, value):  # type: ignore[no-untyped-def]
    total.high -= value >> _HALF
    total.low -= value & _BELOW


@kernel()
def beyond(total, count, value):  # type: ignore[no-untyped-def]
    """total - count * value, rounded once for counts below 2^21: a large price costs no digits of a small distance."""
    high = total.high - count * (value >> _HALF)
    low = total.low - count * (value & _BELOW)
    return float(high) * 2.0**_HALF + float(low)


@kernel()
def apart(left, right):  # type: ignore[no-untyped-def]
    """left - right of two uint64, rounded once; their difference may be outside int64."""
    return float(left - right) if left >= right else -float(right - left)
