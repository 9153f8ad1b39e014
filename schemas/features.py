"""The feature row: the one list of names, units, sources and warm-up; its hash ties a model to it.

A feature is computed when a bar of its width closes and keeps its value until the next such bar. "Mid" is the
middle of the best quotes at the bar's end. `warm_up` counts bars of that width, after which the value is used.
"""

import hashlib
from dataclasses import dataclass

SECOND_NS = 1_000_000_000
BAR_WIDTHS_NS = (1 * SECOND_NS, 10 * SECOND_NS, 60 * SECOND_NS)
ROW_WIDTH_NS = BAR_WIDTHS_NS[0]  # a decision row exists at each close of a bar of this width


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    name: str
    unit: str
    width_ns: int
    warm_up: int
    source: str


def _one(name: str, unit: str, warm_up: int, source: str) -> Feature:
    return Feature(name=name, unit=unit, width_ns=BAR_WIDTHS_NS[0], warm_up=warm_up, source=source)


def _ten(name: str, unit: str, warm_up: int, source: str) -> Feature:
    return Feature(name=name, unit=unit, width_ns=BAR_WIDTHS_NS[1], warm_up=warm_up, source=source)


_OFI = "Cont, Kukanov, Stoikov 2014, eq. 2: sum of best-level flow / mean of bid and ask size at the close"
_EWMA = "RiskMetrics 1996: sqrt of EWMA (0.94) of squared mid returns"
_RSI = "Wilder 1978: 100 G / (G + L), G and L smoothed by 1/n; 50 when both are zero"
_ATR = "Wilder 1978: true range of trade prices, smoothed by 1/n, over the mid"
_BOLLINGER = "Bollinger 2001: (mid - SMA n) / (2 population standard deviations); 0 when constant"
_IMBALANCE = "(buy - sell) / (buy + sell) traded size by aggressor; 0 without trades"

FEATURES = (
    _one("return_1s", "bp", 1, "mid / mid one bar ago - 1"),
    _one("return_5s", "bp", 5, "mid / mid five bars ago - 1"),
    _one("volatility_1s", "bp", 20, _EWMA),
    _one("spread", "bp", 1, "(ask - bid) / mid"),
    _one("order_flow_imbalance_1s", "1", 1, _OFI),
    _one("trade_imbalance_1s", "1", 1, _IMBALANCE),
    _one("book_imbalance", "1", 1, "(bid size - ask size) / (bid size + ask size) at the close"),
    _one(
        "microprice_distance",
        "bp",
        1,
        "Stoikov 2018, level 0: (ask * bid size + bid * ask size) / both sizes over mid - 1",
    ),
    _one("vwap_distance_30s", "bp", 30, "mid / VWAP of the last 30 bars - 1; 0 without trades"),
    _one("rsi_14_1s", "1..100", 14, _RSI),
    _one("macd_histogram_1s", "bp", 26, "Appel 1979: EMA 12 - EMA 26 of the mid, less its EMA 9, over the mid"),
    _one("bollinger_20_1s", "1", 20, _BOLLINGER),
    _one("atr_14_1s", "bp", 14, _ATR),
    _one("trade_intensity_1s", "1", 20, "trades in the bar / their EWMA (alpha 1/20); 1 when that is zero"),
    _ten("return_10s", "bp", 1, "mid / mid one bar ago - 1"),
    _ten("volatility_10s", "bp", 3, _EWMA),
    _ten("order_flow_imbalance_10s", "1", 1, _OFI),
    _ten("trade_imbalance_10s", "1", 1, _IMBALANCE),
    _ten("rsi_6_10s", "1..100", 6, _RSI),
    _ten("bollinger_6_10s", "1", 6, _BOLLINGER),
    _ten("atr_6_10s", "bp", 6, _ATR),
)

NAMES = tuple(feature.name for feature in FEATURES)
WIDTH = len(FEATURES)
INDEX = {name: index for index, name in enumerate(NAMES)}
WARM_UP_BARS = tuple(
    max((feature.warm_up for feature in FEATURES if feature.width_ns == width_ns), default=0)
    for width_ns in BAR_WIDTHS_NS
)


def feature_hash() -> str:
    """The sha256 of the ordered table: another order, unit or formula is another feature set."""
    lines = [f"{f.name}|{f.unit}|{f.width_ns}|{f.warm_up}|{f.source}|f4" for f in FEATURES]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
