"""The preprocessing columns in a row: where the last trade stood, and what came at the quotes and the tape since."""

import math

import numpy as np

from udfs.kernels import kernel

STATE = np.dtype([("flow", "<i8"), ("volume", "<i8"), ("signed_volume", "<i8")])  # at the bar before

_Z_UNIT, _FRACTION = 1024.0, 256.0


@kernel()
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The names of schemas.preprocessing, in their order; 0 before the first trade, without quotes, without trades.

    Differences are taken of floats, because a sum may stand at the end of its range.
    """
    mean, variance = float(bar.mean) / _FRACTION, float(bar.variance) / _FRACTION
    vwap = float(bar.value) / float(bar.volume) if bar.volume > 0 else 0.0
    quoted = (float(bar.bid_size) + float(bar.ask_size)) / 2.0
    traded = float(bar.volume) - float(own.volume)
    values[0] = float(bar.z) / _Z_UNIT
    values[1] = 1e4 * math.sqrt(variance) / mean if mean > 0.0 else 0.0
    values[2] = 1e4 * (mean / vwap - 1.0) if vwap > 0.0 else 0.0
    values[3] = (float(bar.flow) - float(own.flow)) / quoted if quoted > 0.0 else 0.0
    values[4] = (float(bar.signed_volume) - float(own.signed_volume)) / traded if traded > 0.0 else 0.0
    own.flow, own.volume, own.signed_volume = bar.flow, bar.volume, bar.signed_volume
