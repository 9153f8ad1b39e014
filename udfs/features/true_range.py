"""Wilder's true range and the way he smooths."""

import numpy as np

import udfs.features.window
from udfs.features.window import settle
from udfs.kernels import kernel

TRUE_RANGE = np.dtype([("close", "<i8"), ("mean", "<f8"), ("bars", "<i8")])


@kernel()
def true_range(high, low, close_before):  # type: ignore[no-untyped-def]
    """The bar's range, with the gap to the close before it; exact."""
    return max(high, close_before) - min(low, close_before)


@kernel(udfs.features.window)
def smooth(mean, value, bars, n):  # type: ignore[no-untyped-def]
    """The mean of the first n values, then mean + (value - mean) / n; `bars` counts this value. Wilder 1978."""
    return settle(mean + (value - mean) / float(min(bars, n)))


@kernel(udfs.features.window)
def average_true_range(state, high, low, close, n):  # type: ignore[no-untyped-def]
    """In price units; the first bar gives its own range. 0 at a constant price. Wilder 1978."""
    before = state.close if state.bars > 0 else close
    state.close = close
    state.bars += 1
    state.mean = smooth(state.mean, float(true_range(high, low, before)), state.bars, n)
    return state.mean


@kernel(udfs.features.window)
def atr_close_bp(state, high, low, close, n):  # type: ignore[no-untyped-def]
    """The average true range over the close."""
    return 1e4 * average_true_range(state, high, low, close, n) / float(close)
