"""Volatility: of returns, Bollinger's position, and the true range."""

import numpy as np

import udfs.features.window
from udfs.features.window import mid_before, settle
from udfs.kernels import kernel

_DECAY = 0.94


@kernel(udfs.features.window)
def volatility_bp(core, return_bp):  # type: ignore[no-untyped-def]
    """The square root of the EWMA of squared returns, which begins at the first one. RiskMetrics 1996."""
    squared = return_bp * return_bp
    if core.bars > 2:
        squared = _DECAY * core.variance + (1.0 - _DECAY) * squared
    core.variance = settle(squared)
    return np.sqrt(core.variance)


@kernel(udfs.features.window)
def bollinger(core, mid, n):  # type: ignore[no-untyped-def]
    """(mid - mean) / (2 standard deviations) of the last n mids, this one among them; 0 when they are equal.

    Two passes over exact distances from this mid: no difference of large squares. Bollinger 2001.
    """
    count = min(core.bars, n)
    total = 0.0
    for bars in range(count):
        total += float(mid_before(core, bars) - mid)
    mean = total / float(count)
    squares = 0.0
    for bars in range(count):
        distance = float(mid_before(core, bars) - mid) - mean
        squares += distance * distance
    return -mean / (2.0 * np.sqrt(squares / float(count))) if squares > 0.0 else 0.0


@kernel(udfs.features.window)
def atr_bp(core, close, mid, n):  # type: ignore[no-untyped-def]
    """The true range of trade prices: the mean of the first n bars, then smoothed by 1/n, over the mid. Wilder 1978.

    A bar without trades has the range 0, the first one with trades its own.
    """
    true_range = 0
    if close.open != 0:
        before_high, before_low = (core.close, core.close) if core.close != 0 else (close.high, close.low)
        true_range = max(close.high, before_high) - min(close.low, before_low)
    core.close = close.close
    core.range = settle(core.range + (float(true_range) - core.range) / float(min(core.bars, n)))
    return 2e4 * core.range / float(mid)
