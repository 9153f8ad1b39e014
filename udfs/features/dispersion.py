"""Volatility from the shape of bars: realised, Parkinson's, Garman and Klass's; per bar, in bp."""

import numpy as np

import udfs.features.logarithm
import udfs.features.ring
from udfs.features.logarithm import LN_2, log_ratio
from udfs.features.ring import claim, filled
from udfs.kernels import kernel


def terms_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    """The state of the last n bars' estimates of the variance."""
    return np.dtype([("terms", "<f8", (n,)), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.ring)
def _root_mean_bp(state, term):  # type: ignore[no-untyped-def]
    """The window is summed anew for every bar: nothing drifts."""
    n = len(state.terms)
    state.terms[claim(state, n)] = term
    count, total = filled(state, n), 0.0
    for i in range(count):
        total += state.terms[i]
    return 1e4 * np.sqrt(total / float(count))


@kernel(udfs.features.logarithm, udfs.features.ring)
def parkinson_bp(state, high, low):  # type: ignore[no-untyped-def]
    """sqrt(mean(ln(high / low)^2) / (4 ln 2)) of n bars; 0 at a constant price. Parkinson 1980."""
    height = log_ratio(high, low)
    return _root_mean_bp(state, height * height / (4.0 * LN_2))


@kernel(udfs.features.logarithm, udfs.features.ring)
def garman_klass_bp(state, open_, high, low, close):  # type: ignore[no-untyped-def]
    """sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)) of n bars; 0 at a constant price.

    Never negative, because open and close lie between low and high. Garman, Klass 1980, the practical estimator.
    """
    height, body = log_ratio(high, low), log_ratio(close, open_)
    return _root_mean_bp(state, 0.5 * height * height - (2.0 * LN_2 - 1.0) * body * body)
