"""The feature row: one at each 1-second close that something happened in."""

import numpy as np

import schemas.features
import udfs.features.microstructure
import udfs.features.momentum
import udfs.features.trend
import udfs.features.volatility
import udfs.features.volume
import udfs.features.window
from schemas.control import Term
from schemas.features import INDEX, WARM_UP_BARS, WIDTH
from schemas.frame import Records
from schemas.records import FEATURE
from udfs.arrays import CLOSE
from udfs.features.microstructure import book_imbalance, microprice_distance_bp, order_flow_imbalance, spread_bp
from udfs.features.momentum import rsi
from udfs.features.trend import TREND, change_bp, macd_histogram_bp
from udfs.features.volatility import atr_bp, bollinger, volatility_bp
from udfs.features.volume import VOLUME, trade_imbalance, trade_intensity, vwap_distance_bp
from udfs.features.window import CORE, append, mid_before, settle
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State

HEAD = np.dtype([("number", "<i8")])
WIDTHS = 2  # 1 s and 10 s; the 60-s bars have no feature yet

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
_WARM_1S, _WARM_10S = WARM_UP_BARS[0], WARM_UP_BARS[1]


class Features(ArrayMachine):
    """Rows of the channel's own tradable instruments, from the closes of their bars.

    Indicators count bars in which something happened and whose close has both sides of the book. A bar without a mid
    changes nothing: its row leaves with the marks it has and the last values. `warm` is 1 when every width has had its
    warm-up; before that the windows are as long as there are bars. No value is ever infinite or NaN.
    """

    name = "features"
    version = 1

    def __init__(self, term: Term, channel: int) -> None:
        instruments = term.universe.instruments
        self._own = np.array([one.tradable and one.channel == channel for one in instruments], "u1")
        self._out = np.zeros(256, FEATURE)  # scratch, not state

    def initial(self) -> State:
        count = len(self._own)
        return {
            "head": np.ones(1, HEAD),
            "cores": np.zeros((WIDTHS, count), CORE),
            "trends": np.zeros(count, TREND),
            "volumes": np.zeros(count, VOLUME),
            "x": np.zeros((count, WIDTH), "<f4"),
        }

    def step(self, state: State, batch: Batch) -> None:
        closes = batch["closes"]
        if len(closes) == 0:
            return
        if len(closes) > len(self._out):
            self._out = np.zeros(len(closes), FEATURE)
        count = self._fold(state, closes)
        if count:
            batch["features"] = self._out[:count].copy()

    def warm(self) -> None:
        self._fold(self.initial(), np.zeros(1, CLOSE))

    def _fold(self, state: State, closes: Records) -> int:
        count: int = fold(read_only(closes), self._own, *state.values(), self._out)
        return count


@kernel(*_SOURCES)
def _advance_1s(x, core, trend, volume, close, mid):  # type: ignore[no-untyped-def]
    before = mid_before(core, 0)
    x[_RSI_1S] = settle(rsi(core, mid - before, 14))
    x[_MACD] = settle(macd_histogram_bp(trend, mid, core.bars))
    x[_INTENSITY] = settle(trade_intensity(volume, close, core.bars))
    append(core, mid)
    return_bp = change_bp(mid, before)
    x[_RETURN_1S] = return_bp
    x[_RETURN_5S] = change_bp(mid, mid_before(core, 5))
    x[_VOLATILITY_1S] = volatility_bp(core, return_bp)
    x[_SPREAD] = spread_bp(close, mid)
    x[_FLOW_1S] = order_flow_imbalance(close)
    x[_TRADES_1S] = trade_imbalance(close)
    x[_BOOK] = book_imbalance(close)
    x[_MICROPRICE] = microprice_distance_bp(close, mid)
    x[_VWAP] = vwap_distance_bp(volume, close, mid)
    x[_BOLLINGER_1S] = settle(bollinger(core, mid, 20))
    x[_ATR_1S] = settle(atr_bp(core, close, mid, 14))


@kernel(*_SOURCES)
def _advance_10s(x, core, close, mid):  # type: ignore[no-untyped-def]
    before = mid_before(core, 0)
    x[_RSI_10S] = settle(rsi(core, mid - before, 6))
    append(core, mid)
    return_bp = change_bp(mid, before)
    x[_RETURN_10S] = return_bp
    x[_VOLATILITY_10S] = volatility_bp(core, return_bp)
    x[_FLOW_10S] = order_flow_imbalance(close)
    x[_TRADES_10S] = trade_imbalance(close)
    x[_BOLLINGER_10S] = settle(bollinger(core, mid, 6))
    x[_ATR_10S] = settle(atr_bp(core, close, mid, 6))


@kernel()
def _emit(row, close, x):  # type: ignore[no-untyped-def]
    row.position, row.channel_ns, row.instrument = close.position, close.end_ns, close.instrument
    row.bid, row.bid_size, row.ask, row.ask_size = close.bid, close.bid_size, close.ask, close.ask_size
    row.close, row.marks = close.close, close.marks
    for feature in range(WIDTH):
        row.x[feature] = x[feature]


@kernel(*_SOURCES)
def fold(closes, own, head, cores, trends, volumes, x, out):  # type: ignore[no-untyped-def]
    """The number of rows in `out`, which has room for one per close."""
    count = 0
    for i in range(closes.shape[0]):
        close = closes[i]
        at = close.instrument
        if close.width >= WIDTHS or close.empty or not own[at]:
            continue
        mid = close.bid + close.ask
        has_mid = close.bid_size > 0 and close.ask_size > 0
        if close.width == 1:
            if has_mid:
                _advance_10s(x[at], cores[1, at], close, mid)
            continue
        if has_mid:
            _advance_1s(x[at], cores[0, at], trends[at], volumes[at], close, mid)
        row = out[count]
        _emit(row, close, x[at])
        row.number = head[0].number
        row.warm = 1 if cores[0, at].bars >= _WARM_1S and cores[1, at].bars >= _WARM_10S else 0
        head[0].number += 1
        count += 1
    return count
