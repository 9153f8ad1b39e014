"""Oscillators: where the close lies in the range of the last bars."""

import numpy as np

import udfs.features.exact
import udfs.features.ring
from udfs.features.exact import apart
from udfs.features.ring import claim, filled
from udfs.kernels import kernel

_SMOOTHED = 3  # Lane's %D


def extremes_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    """The state of the highs and lows of the last n bars."""
    return np.dtype([("highs", "<i8", (n,)), ("lows", "<i8", (n,)), ("place", "<i8"), ("bars", "<i8")])


def stochastic_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    return np.dtype([("extremes", extremes_of(n)), ("ks", "<f8", (_SMOOTHED,)), ("place", "<i8"), ("bars", "<i8")])


def cci_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    return np.dtype([("typical", "<u8", (n,)), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.ring)
def span(extremes, high, low):  # type: ignore[no-untyped-def]
    """The highest high and the lowest low with this bar."""
    n = len(extremes.highs)
    place = claim(extremes, n)
    extremes.highs[place], extremes.lows[place] = high, low
    highest, lowest = high, low
    for i in range(filled(extremes, n)):
        highest, lowest = max(highest, extremes.highs[i]), min(lowest, extremes.lows[i])
    return highest, lowest


@kernel(udfs.features.ring)
def stochastic(state, high, low, close):  # type: ignore[no-untyped-def]
    """%K = 100 (close - lowest) / (highest - lowest), %D = the mean of the last 3 %K, and %R = %K - 100.

    50, 50 and -50 while highest = lowest. Lane 1984 (the fast pair), Williams 1973 (%R).
    """
    highest, lowest = span(state.extremes, high, low)
    k = 100.0 * float(close - lowest) / float(highest - lowest) if highest > lowest else 50.0
    williams = -100.0 * float(highest - close) / float(highest - lowest) if highest > lowest else -50.0
    state.ks[claim(state, _SMOOTHED)] = k
    count, total = filled(state, _SMOOTHED), 0.0
    for i in range(count):
        total += state.ks[i]
    return k, total / float(count), williams


@kernel(udfs.features.ring)
def donchian(extremes, high, low, close):  # type: ignore[no-untyped-def]
    """Position (close - lowest) / (highest - lowest), and width (highest - lowest) / close in bp, this bar in it.

    0.5 and 0 while highest = lowest. Donchian 1960.
    """
    highest, lowest = span(extremes, high, low)
    width = float(highest - lowest)
    return float(close - lowest) / width if width > 0.0 else 0.5, 1e4 * width / float(close)


@kernel()
def typical_price(high, low, close):  # type: ignore[no-untyped-def]
    """high + low + close: three times the typical price. Prices below 2^62 fit an uint64."""
    return np.uint64(high) + np.uint64(low) + np.uint64(close)


@kernel(udfs.features.exact, udfs.features.ring)
def cci(state, high, low, close):  # type: ignore[no-untyped-def]
    """(typical price - mean) / (0.015 mean absolute deviations); 0 when all are equal. Lambert 1980.

    Two passes over exact distances from this bar's: nothing drifts.
    """
    n, typical = len(state.typical), typical_price(high, low, close)
    state.typical[claim(state, n)] = typical
    count, total, deviation = filled(state, n), 0.0, 0.0
    for i in range(count):
        total += apart(state.typical[i], typical)
    mean = total / float(count)
    for i in range(count):
        deviation += abs(apart(state.typical[i], typical) - mean)
    return -mean / (0.015 * (deviation / float(count))) if deviation > 0.0 else 0.0
