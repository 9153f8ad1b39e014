"""The features of the default set in one compiled walk; what a set does not ask for is neither kept nor computed."""

import numpy as np
import numpy.typing as npt

import schemas.features
import udfs.features.microstructure
import udfs.features.momentum
import udfs.features.trend
import udfs.features.volatility
import udfs.features.volume
import udfs.features.window
from schemas.features import INDEX
from udfs.features.microstructure import book_imbalance, microprice_distance_bp, order_flow_imbalance, spread_bp
from udfs.features.momentum import rsi
from udfs.features.trend import TREND, change_bp, macd_histogram_bp
from udfs.features.volatility import atr_bp, bollinger, volatility_bp
from udfs.features.volume import VOLUME, trade_imbalance, trade_intensity, vwap_distance_bp
from udfs.features.window import CORE, append, mid_before, settle
from udfs.kernels import kernel
from udfs.machine import State

_SOURCES = (
    schemas.features,
    udfs.features.microstructure,
    udfs.features.momentum,
    udfs.features.trend,
    udfs.features.volatility,
    udfs.features.volume,
    udfs.features.window,
)
_RETURN_1S, _RETURN_5S, _VOLATILITY_1S = INDEX["return_1s"], INDEX["return_5s"], INDEX["volatility_1s"]
_SPREAD, _FLOW_1S, _TRADES_1S = INDEX["spread"], INDEX["order_flow_imbalance_1s"], INDEX["trade_imbalance_1s"]
_BOOK, _MICROPRICE, _VWAP = INDEX["book_imbalance"], INDEX["microprice_distance"], INDEX["vwap_distance_30s"]
_RSI_1S, _MACD, _BOLLINGER_1S = INDEX["rsi_14_1s"], INDEX["macd_histogram_1s"], INDEX["bollinger_20_1s"]
_ATR_1S, _INTENSITY = INDEX["atr_14_1s"], INDEX["trade_intensity_1s"]
_RETURN_10S, _VOLATILITY_10S, _FLOW_10S = (
    INDEX["return_10s"],
    INDEX["volatility_10s"],
    INDEX["order_flow_imbalance_10s"],
)
_TRADES_10S, _RSI_10S = INDEX["trade_imbalance_10s"], INDEX["rsi_6_10s"]
_BOLLINGER_10S, _ATR_10S = INDEX["bollinger_6_10s"], INDEX["atr_6_10s"]


def initial(count: int, places: npt.NDArray[np.int64], warm_up: npt.NDArray[np.int64]) -> State:
    """The state of so many instruments; `places` as in `fold`."""
    asked, (narrow, wide) = places >= 0, warm_up > 0
    return {
        "cores_1s": np.zeros(count if narrow else 0, CORE),
        "cores_10s": np.zeros(count if wide else 0, CORE),
        "trends": np.zeros(count if asked[_MACD] else 0, TREND),
        "volumes": np.zeros(count if asked[_VWAP] or asked[_INTENSITY] else 0, VOLUME),
    }


@kernel(*_SOURCES)
def _advance_1s(x, places, core, trends, volumes, close, mid):  # type: ignore[no-untyped-def]
    at = close.instrument
    before = mid_before(core, 0)
    if places[_RSI_1S] >= 0:
        x[places[_RSI_1S]] = settle(rsi(core, mid - before, 14))
    if places[_MACD] >= 0:
        x[places[_MACD]] = settle(macd_histogram_bp(trends[at], mid, core.bars))
    if places[_INTENSITY] >= 0:
        x[places[_INTENSITY]] = settle(trade_intensity(volumes[at], close, core.bars))
    append(core, mid)
    return_bp = change_bp(mid, before)
    if places[_RETURN_1S] >= 0:
        x[places[_RETURN_1S]] = return_bp
    if places[_RETURN_5S] >= 0:
        x[places[_RETURN_5S]] = change_bp(mid, mid_before(core, 5))
    if places[_VOLATILITY_1S] >= 0:
        x[places[_VOLATILITY_1S]] = volatility_bp(core, return_bp)
    if places[_SPREAD] >= 0:
        x[places[_SPREAD]] = spread_bp(close, mid)
    if places[_FLOW_1S] >= 0:
        x[places[_FLOW_1S]] = order_flow_imbalance(close)
    if places[_TRADES_1S] >= 0:
        x[places[_TRADES_1S]] = trade_imbalance(close)
    if places[_BOOK] >= 0:
        x[places[_BOOK]] = book_imbalance(close)
    if places[_MICROPRICE] >= 0:
        x[places[_MICROPRICE]] = microprice_distance_bp(close, mid)
    if places[_VWAP] >= 0:
        x[places[_VWAP]] = vwap_distance_bp(volumes[at], close, mid)
    if places[_BOLLINGER_1S] >= 0:
        x[places[_BOLLINGER_1S]] = settle(bollinger(core, mid, 20))
    if places[_ATR_1S] >= 0:
        x[places[_ATR_1S]] = settle(atr_bp(core, close, mid, 14))


@kernel(*_SOURCES)
def _advance_10s(x, places, core, close, mid):  # type: ignore[no-untyped-def]
    before = mid_before(core, 0)
    if places[_RSI_10S] >= 0:
        x[places[_RSI_10S]] = settle(rsi(core, mid - before, 6))
    append(core, mid)
    return_bp = change_bp(mid, before)
    if places[_RETURN_10S] >= 0:
        x[places[_RETURN_10S]] = return_bp
    if places[_VOLATILITY_10S] >= 0:
        x[places[_VOLATILITY_10S]] = volatility_bp(core, return_bp)
    if places[_FLOW_10S] >= 0:
        x[places[_FLOW_10S]] = order_flow_imbalance(close)
    if places[_TRADES_10S] >= 0:
        x[places[_TRADES_10S]] = trade_imbalance(close)
    if places[_BOLLINGER_10S] >= 0:
        x[places[_BOLLINGER_10S]] = settle(bollinger(core, mid, 6))
    if places[_ATR_10S] >= 0:
        x[places[_ATR_10S]] = settle(atr_bp(core, close, mid, 6))


@kernel()
def _emit(row, close, x):  # type: ignore[no-untyped-def]
    row.position, row.channel_ns, row.instrument = close.position, close.end_ns, close.instrument
    row.bid, row.bid_size, row.ask, row.ask_size = close.bid, close.bid_size, close.ask, close.ask_size
    row.close, row.marks = close.close, close.marks
    for feature in range(x.shape[0]):
        row.x[feature] = x[feature]


@kernel(*_SOURCES)
def fold(  # type: ignore[no-untyped-def]
    closes, own, places, warm_up, head, cores_1s, cores_10s, trends, volumes, x, out
):
    """The number of rows in `out`, which has room for one per close.

    `places` has, for each feature of the default set, its place in the term's set, -1 = not asked for; `warm_up` the
    bars of 1 s and of 10 s that those of them need which are asked for, 0 = none is.
    """
    count = 0
    for i in range(closes.shape[0]):
        close = closes[i]
        at = close.instrument
        if close.width > 1 or close.empty or not own[at]:
            continue
        mid = close.bid + close.ask
        has_mid = close.bid_size > 0 and close.ask_size > 0
        if close.width == 1:
            if has_mid and warm_up[1]:
                _advance_10s(x[at], places, cores_10s[at], close, mid)
            continue
        if has_mid and warm_up[0]:
            _advance_1s(x[at], places, cores_1s[at], trends, volumes, close, mid)
        row = out[count]
        _emit(row, close, x[at])
        row.number = head[0].number
        is_cold = (warm_up[0] and cores_1s[at].bars < warm_up[0]) or (warm_up[1] and cores_10s[at].bars < warm_up[1])
        row.warm = 0 if is_cold else 1
        head[0].number += 1
        count += 1
    return count
