"""Returns of the mid over the bars of any series, and how they spread."""

import numpy as np

import udfs.features.trend
import udfs.features.window
from udfs.features.trend import change_bp
from udfs.features.window import settle
from udfs.kernels import kernel

STATE = np.dtype([("mid", "<i8"), ("variance", "<f8")])
_DECAY = 0.94


@kernel(udfs.features.trend, udfs.features.window)
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The return in bp; the square root of the EWMA of squared returns, which begins at the first. RiskMetrics 1996.

    Both are 0 at the first bar.
    """
    mid = bar.bid + bar.ask
    return_bp = change_bp(mid, own.mid)
    squared = return_bp * return_bp
    if seen > 1:
        squared = _DECAY * own.variance + (1.0 - _DECAY) * squared
    own.variance, own.mid = settle(squared), mid
    values[0] = return_bp
    values[1] = np.sqrt(own.variance)
