"""Moving averages: how far the price is from them. A price is any positive int64, in any unit."""

import numpy as np

import udfs.features.exact
import udfs.features.ring
import udfs.features.window
from udfs.features.exact import TOTAL, add, beyond, remove
from udfs.features.ring import claim, filled
from udfs.features.window import settle
from udfs.kernels import kernel

EMA = np.dtype([("price", "<i8"), ("gap", "<f8"), ("bars", "<i8")])  # gap = average - price


def prices_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    """The state of the last n prices and their exact sum."""
    return np.dtype([("prices", "<i8", (n,)), ("total", TOTAL), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.exact, udfs.features.ring)
def observe(window, price):  # type: ignore[no-untyped-def]
    place = claim(window, len(window.prices))
    remove(window.total, window.prices[place])
    window.prices[place] = price
    add(window.total, price)


@kernel(udfs.features.exact, udfs.features.ring)
def mean_gap(window, price):  # type: ignore[no-untyped-def]
    """The mean of the window - price, from the exact sum; `price` was observed."""
    count = filled(window, len(window.prices))
    return beyond(window.total, count, price) / float(count)


@kernel()
def distance_bp(price, gap):  # type: ignore[no-untyped-def]
    """price / average - 1, the average being price + gap."""
    return -1e4 * gap / (float(price) + gap)


@kernel(udfs.features.exact, udfs.features.ring)
def sma_distance_bp(window, price):  # type: ignore[no-untyped-def]
    """price / SMA - 1; `price` was observed. 0 at a constant price and at the first bar."""
    return distance_bp(price, mean_gap(window, price))


@kernel(udfs.features.window)
def ema_gap(ema, price, n):  # type: ignore[no-untyped-def]
    """EMA n - price after this price, alpha = 2 / (n + 1); it begins at the first price.

    What is kept is the distance to the last price: (EMA - price)' = (EMA - price - move) * (1 - alpha).
    """
    if ema.bars > 0:
        ema.gap = settle((ema.gap - float(price - ema.price)) * (1.0 - 2.0 / (float(n) + 1.0)))
    ema.price = price
    ema.bars += 1
    return ema.gap


@kernel(udfs.features.window)
def ema_distance_bp(ema, price, n):  # type: ignore[no-untyped-def]
    """price / EMA n - 1. 0 at a constant price and at the first bar."""
    return distance_bp(price, ema_gap(ema, price, n))
