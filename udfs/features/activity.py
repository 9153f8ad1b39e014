"""What a bar of activity says: how far its price went, how long it took, and who traded."""

import numpy as np

import udfs.features.trend
import udfs.features.volume
from udfs.features.trend import change_bp
from udfs.features.volume import trade_imbalance
from udfs.kernels import kernel

STATE = np.dtype([("close", "<i8"), ("end_ns", "<i8")])


@kernel(udfs.features.trend, udfs.features.volume)
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """Last trade over the last of the bar before - 1, in bp; seconds since that bar's end; imbalance by aggressor.

    The first two are 0 at the first bar.
    """
    values[0] = change_bp(bar.close, own.close)
    values[1] = float(bar.end_ns - own.end_ns) / 1e9 if seen > 0 else 0.0
    values[2] = trade_imbalance(bar)
    own.close, own.end_ns = bar.close, bar.end_ns
