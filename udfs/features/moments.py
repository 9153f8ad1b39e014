"""Moments of the last n log returns: realised volatility, skew, kurtosis, and beta to a reference."""

import numpy as np

import udfs.features.logarithm
import udfs.features.ring
from udfs.features.logarithm import log_ratio
from udfs.features.ring import claim, filled
from udfs.kernels import kernel


def returns_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    return np.dtype([("returns", "<f8", (n,)), ("price", "<i8"), ("place", "<i8"), ("bars", "<i8")])


def pairs_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    rings = [("returns", "<f8", (n,)), ("references", "<f8", (n,))]
    return np.dtype([*rings, ("price", "<i8"), ("reference", "<i8"), ("place", "<i8"), ("bars", "<i8")])


_EQUAL = 1e-12  # of themselves: closer returns differ by rounding, of prices near the end of their range


@kernel()
def _equal(squares, count, newest):  # type: ignore[no-untyped-def]
    return squares <= float(count) * (_EQUAL * newest) * (_EQUAL * newest)


@kernel()
def _centre(ring, count, newest):  # type: ignore[no-untyped-def]
    """The mean - newest. Distances from the newest are exactly 0 when all are equal."""
    total = 0.0
    for i in range(count):
        total += ring[i] - newest
    return total / float(count)


@kernel()
def _shape(ring, count, newest):  # type: ignore[no-untyped-def]
    """Population skew and excess kurtosis of the first `count`, in two passes about the mean; 0, 0 when equal."""
    centre = _centre(ring, count, newest)
    second = third = fourth = 0.0
    for i in range(count):
        distance = ring[i] - newest - centre
        square = distance * distance
        second, third, fourth = second + square, third + square * distance, fourth + square * square
    if _equal(second, count, newest):
        return 0.0, 0.0
    variance = second / float(count)
    skew = third / float(count) / (variance * np.sqrt(variance))
    return skew, fourth / float(count) / (variance * variance) - 3.0


@kernel(udfs.features.logarithm, udfs.features.ring)
def moments(state, price):  # type: ignore[no-untyped-def]
    """Realised volatility sqrt(mean(r^2)) in bp per bar, skew m3 / m2^1.5 and excess kurtosis m4 / m2^2 - 3.

    r is the log return since the bar before. All 0 at the first bar; skew and kurtosis also while all returns are
    equal (to 1e-12 of themselves). Andersen, Bollerslev 1998; Fisher's g1 and g2 of the population. Summed anew for
    every bar: nothing drifts.
    """
    before, n = state.price, len(state.returns)
    state.price = price
    if before == 0:
        return 0.0, 0.0, 0.0
    newest = 1e4 * log_ratio(price, before)
    state.returns[claim(state, n)] = newest
    count, squares = filled(state, n), 0.0
    for i in range(count):
        squares += state.returns[i] * state.returns[i]
    skew, kurtosis = _shape(state.returns, count, newest)
    return np.sqrt(squares / float(count)), skew, kurtosis


@kernel(udfs.features.logarithm, udfs.features.ring)
def beta(state, price, reference):  # type: ignore[no-untyped-def]
    """cov(r, q) / var(q) of n log returns of the instrument and of the reference between the same closes.

    0 at the first bar and while the reference's returns are all equal (to 1e-12). The slope of Sharpe 1963.
    """
    before, reference_before, n = state.price, state.reference, len(state.returns)
    state.price, state.reference = price, reference
    if before == 0:
        return 0.0
    place = claim(state, n)
    r, q = log_ratio(price, before), log_ratio(reference, reference_before)
    state.returns[place], state.references[place] = r, q
    count = filled(state, n)
    r_centre, q_centre = _centre(state.returns, count, r), _centre(state.references, count, q)
    both = squares = 0.0
    for i in range(count):
        distance = state.references[i] - q - q_centre
        both += (state.returns[i] - r - r_centre) * distance
        squares += distance * distance
    return 0.0 if _equal(squares, count, q) else both / squares
