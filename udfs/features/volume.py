"""Volume: who traded, at what average price, and how busily."""

import numpy as np

import udfs.features.window
from udfs.features.window import settle
from udfs.kernels import kernel

VWAP_BARS = 30
VOLUME = np.dtype(
    [
        ("values", "<i8", (VWAP_BARS,)),  # a ring, the newest at `place`
        ("volumes", "<i8", (VWAP_BARS,)),
        ("place", "<i8"),
        ("trades", "<f8"),
    ]
)
_WEIGHT = 1.0 / 20.0


@kernel()
def trade_imbalance(close):  # type: ignore[no-untyped-def]
    """(buy - sell) / (buy + sell) size by aggressor; 0 without trades that have one."""
    buy, sell = float(close.buy_volume), float(close.sell_volume)
    return (buy - sell) / (buy + sell) if buy + sell > 0.0 else 0.0


@kernel()
def vwap_distance_bp(volume, close, mid):  # type: ignore[no-untyped-def]
    """mid / VWAP of the last 30 bars - 1; 0 when nothing was traded in them."""
    volume.place = volume.place + 1 if volume.place < VWAP_BARS - 1 else 0
    volume.values[volume.place] = close.value
    volume.volumes[volume.place] = close.volume
    value = traded = 0.0
    for back in range(VWAP_BARS):
        place = volume.place - back
        place = place + VWAP_BARS if place < 0 else place
        value += float(volume.values[place])
        traded += float(volume.volumes[place])
    return 1e4 * (0.5 * float(mid) * traded / value - 1.0) if value > 0.0 else 0.0


@kernel(udfs.features.window)
def trade_intensity(volume, close, bars):  # type: ignore[no-untyped-def]
    """Trades over their EWMA, this bar in it, which begins at the first bar's; 1 when that is zero."""
    trades = float(close.trades)
    volume.trades = trades if bars == 0 else settle(volume.trades + (trades - volume.trades) * _WEIGHT)
    return trades / volume.trades if volume.trades > 0.0 else 1.0
