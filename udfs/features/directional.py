"""Wilder's directional movement: is there a trend, and which way."""

import numpy as np

import udfs.features.true_range
import udfs.features.window
from udfs.features.true_range import smooth, true_range
from udfs.kernels import kernel

DIRECTIONAL = np.dtype(
    [
        ("high", "<i8"),
        ("low", "<i8"),
        ("close", "<i8"),
        ("bars", "<i8"),
        ("plus", "<f8"),
        ("minus", "<f8"),
        ("range", "<f8"),
        ("index", "<f8"),
    ]
)


@kernel()
def _movement(state, high, low):  # type: ignore[no-untyped-def]
    """+DM and -DM: the larger of the two moves outside the bar before, if it is one."""
    up, down = high - state.high, state.low - low
    if up > down and up > 0:
        return up, 0
    return (0, down) if down > up and down > 0 else (0, 0)


@kernel(udfs.features.true_range, udfs.features.window)
def adx(state, high, low, close, n):  # type: ignore[no-untyped-def]
    """ADX, +DI and -DI, each from 0 to 100; all 0 at the first bar and at a constant price. Wilder 1978.

    Movement and range are the mean of the first n, then smoothed by 1/n. ADX smooths the directional index in the
    same way from the n-th movement on; before it, it is that index itself. So warm after 2 n bars.
    """
    if state.bars > 0:
        plus, minus = _movement(state, high, low)
        state.plus = smooth(state.plus, float(plus), state.bars, n)
        state.minus = smooth(state.minus, float(minus), state.bars, n)
        state.range = smooth(state.range, float(true_range(high, low, state.close)), state.bars, n)
        both = state.plus + state.minus
        index = 100.0 * abs(state.plus - state.minus) / both if both > 0.0 else 0.0
        state.index = smooth(state.index, index, max(state.bars - n + 1, 1), n)
    state.high, state.low, state.close = high, low, close
    state.bars += 1
    share = 100.0 / state.range if state.range > 0.0 else 0.0
    return state.index, share * state.plus, share * state.minus
