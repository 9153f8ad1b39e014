"""Bands around a mean: Bollinger's, Keltner's, and the z-score."""

import numpy as np

import udfs.features.average
import udfs.features.exact
import udfs.features.ring
import udfs.features.true_range
import udfs.features.window
from udfs.features.average import EMA, ema_gap, mean_gap
from udfs.features.ring import filled
from udfs.features.true_range import TRUE_RANGE, average_true_range
from udfs.kernels import kernel

KELTNER = np.dtype([("ema", EMA), ("range", TRUE_RANGE)])
_MEAN, _RANGE, _REACH = 20, 10, 2.0  # Raschke's: EMA 20 of the close, 2 average true ranges of 10
_WINDOW = (udfs.features.average, udfs.features.exact, udfs.features.ring)


@kernel(*_WINDOW)
def deviation(window, price, gap):  # type: ignore[no-untyped-def]
    """The population standard deviation of the window about its mean price + gap; 0 when all prices are equal.

    One pass over exact distances about the mean of an exact sum: no difference of large squares, nothing drifts.
    """
    count = filled(window, len(window.prices))
    squares = 0.0
    for place in range(count):
        distance = float(window.prices[place] - price) - gap
        squares += distance * distance
    return np.sqrt(squares / float(count))


@kernel(*_WINDOW)
def z_score(window, price):  # type: ignore[no-untyped-def]
    """(price - mean) / population standard deviation; `price` was observed. 0 when all prices are equal."""
    gap = mean_gap(window, price)
    width = deviation(window, price, gap)
    return -gap / width if width > 0.0 else 0.0


@kernel(*_WINDOW)
def bollinger(window, price):  # type: ignore[no-untyped-def]
    """Position (price - mean) / 2 deviations, and width 4 deviations / mean in bp; 0, 0 at a constant price.

    `price` was observed. Bollinger 2001: mean and population deviation of 20 bars.
    """
    gap = mean_gap(window, price)
    width = deviation(window, price, gap)
    position = -gap / (2.0 * width) if width > 0.0 else 0.0
    return position, 4e4 * width / (float(price) + gap)


@kernel(udfs.features.average, udfs.features.true_range, udfs.features.window)
def keltner(state, high, low, close):  # type: ignore[no-untyped-def]
    """Position (close - EMA 20) / 2 ATR 10, and width 4 ATR / EMA in bp; 0, 0 at a constant price.

    Keltner 1960 with Raschke's exponential mean and true range.
    """
    gap = ema_gap(state.ema, close, _MEAN)
    reach = _REACH * average_true_range(state.range, high, low, close, _RANGE)
    position = -gap / reach if reach > 0.0 else 0.0
    return position, 2e4 * reach / (float(close) + gap)
