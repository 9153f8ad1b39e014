"""Trend: returns of the mid, and MACD."""

import numpy as np

import udfs.features.window
from udfs.features.window import settle
from udfs.kernels import kernel

TREND = np.dtype([("base", "<i8"), ("fast", "<f8"), ("slow", "<f8"), ("signal", "<f8")])
MACD = np.dtype([("trend", TREND), ("bars", "<i8")])
_FAST, _SLOW, _SIGNAL = 2.0 / 13.0, 2.0 / 27.0, 2.0 / 10.0  # 2 / (n + 1) of EMA 12, 26 and 9


@kernel()
def change_bp(mid, before):  # type: ignore[no-untyped-def]
    """mid / before - 1 in bp, from the exact difference; 0 without a mid before."""
    return 1e4 * float(mid - before) / float(before) if before > 0 else 0.0


@kernel(udfs.features.window)
def macd_histogram_bp(trend, mid, bars):  # type: ignore[no-untyped-def]
    """(EMA 12 - EMA 26) - EMA 9 of that difference, over the mid; each EMA begins at its first value.

    The averages are of the exact distance to the first mid, so that a large price costs no digits. Appel 1979.
    """
    if bars == 0:
        trend.base = mid
    distance = float(mid - trend.base)
    trend.fast = settle(trend.fast + (distance - trend.fast) * _FAST)
    trend.slow = settle(trend.slow + (distance - trend.slow) * _SLOW)
    macd = trend.fast - trend.slow
    trend.signal = settle(trend.signal + (macd - trend.signal) * _SIGNAL)
    return 1e4 * (macd - trend.signal) / float(mid)


@kernel(udfs.features.window)
def macd_bp(state, price):  # type: ignore[no-untyped-def]
    """Line, signal and histogram over the price; all 0 at the first bar and at a constant price. Appel 1979."""
    histogram = macd_histogram_bp(state.trend, price, state.bars)
    state.bars += 1
    line, signal = state.trend.fast - state.trend.slow, state.trend.signal
    return 1e4 * line / float(price), 1e4 * signal / float(price), histogram
