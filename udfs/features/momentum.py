"""Momentum: the relative strength index, and the rate of change."""

import numpy as np

import udfs.features.ring
import udfs.features.trend
import udfs.features.window
from udfs.features.ring import claim
from udfs.features.trend import change_bp
from udfs.features.window import settle
from udfs.kernels import kernel

RSI = np.dtype([("price", "<i8"), ("bars", "<i8"), ("gain", "<f8"), ("loss", "<f8")])


def past_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    """The state of the last n prices."""
    return np.dtype([("prices", "<i8", (n,)), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.window)
def rsi(core, move, n):  # type: ignore[no-untyped-def]
    """100 G / (G + L) from 0 to 100; 50 when both are zero. Wilder 1978.

    `move` is the mid's change since the bar before, `core.bars` the number of changes with it. G and L are the mean of
    the first n gains and losses, then smoothed by 1/n.
    """
    if core.bars > 0:
        weight = 1.0 / float(min(core.bars, n))
        core.gain = settle(core.gain + (float(max(move, 0)) - core.gain) * weight)
        core.loss = settle(core.loss + (float(max(-move, 0)) - core.loss) * weight)
    swing = core.gain + core.loss
    return 100.0 * core.gain / swing if swing > 0.0 else 50.0


@kernel(udfs.features.window)
def rsi_of_prices(state, price, n):  # type: ignore[no-untyped-def]
    """As `rsi`, of a series with a state of its own; 50 at the first bar."""
    index = rsi(state, price - state.price, n)
    state.price = price
    state.bars += 1
    return index


@kernel(udfs.features.ring, udfs.features.trend)
def rate_of_change_bp(past, price):  # type: ignore[no-untyped-def]
    """price / price n bars ago - 1; 0 until there is one."""
    place = claim(past, len(past.prices))
    before = past.prices[place]
    past.prices[place] = price
    return change_bp(price, before)
