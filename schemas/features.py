"""Every feature that can be computed: the one list of names, units, series, warm-up and sources.

A feature is computed when a bar of its series closes and keeps its value until the next such bar. "Mid" is the middle
of the best quotes at the bar's end. `warm_up` counts bars of that series, after which the value is used.

FEATURES is the default set, TABLE everything; which of them a term computes, in which order, is a set
(`schemas.feature_sets`). A new feature is a line in TABLE, a kernel and an oracle: the recipe is in
`udfs.features.ideas`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from schemas.indicators import OF_PRICES, OF_TRADES, Indicator
from schemas.microstructure import OF_DEPTH, OF_PAIRS, OF_PRINTS, OF_QUOTES
from schemas.mirror import OF_100, SIGNED, UNSIGNED
from schemas.preprocessing import OF_COLUMNS

SECOND_NS = 1_000_000_000
BAR_WIDTHS_NS = (1 * SECOND_NS, 10 * SECOND_NS, 60 * SECOND_NS)
ROW_WIDTH_NS = BAR_WIDTHS_NS[0]  # a decision row exists at each close of a bar of this width
ACTIVITY_LOOK_BACK_NS = 3600 * SECOND_NS  # what a bar of activity is taken to look back at: its length has no bound


@dataclass(frozen=True, slots=True)
class Series:
    """A series of bars: where its bars lie in a batch (`udfs.arrays`), and which number they carry there."""

    name: str
    array: str
    number: int  # `width` of its records
    width_ns: int = 0  # 0 = as long as it takes

    @property
    def suffix(self) -> str:
        """How the names of features end that are computed on its bars."""
        return self.name if self.width_ns else f"{self.name}_bar"


ONE_SECOND = Series("1s", "closes", 0, BAR_WIDTHS_NS[0])
TEN_SECONDS = Series("10s", "closes", 1, BAR_WIDTHS_NS[1])
ONE_MINUTE = Series("60s", "closes", 2, BAR_WIDTHS_NS[2])
VOLUME_BARS = Series("volume", "activity", 0)
NOTIONAL_BARS = Series("notional", "activity", 1)
TRADE_BARS = Series("trades", "activity", 2)
DEPTH_1S, DEPTH_10S = (Series(f"{ns // SECOND_NS}s", "depths", n, ns) for n, ns in enumerate(BAR_WIDTHS_NS[:2]))
PRINTS_1S, PRINTS_10S = (Series(f"{ns // SECOND_NS}s", "prints", n, ns) for n, ns in enumerate(BAR_WIDTHS_NS[:2]))
PAIRS_1S, PAIRS_10S, PAIRS_60S = (Series(f"{ns // SECOND_NS}s", "pairs", n, ns) for n, ns in enumerate(BAR_WIDTHS_NS))
COLUMNS_1S = Series("1s", "columns", 0, BAR_WIDTHS_NS[0])
_OF_TIME, _OF_ACTIVITY = (ONE_SECOND, TEN_SECONDS, ONE_MINUTE), (VOLUME_BARS, NOTIONAL_BARS, TRADE_BARS)
BAR_SERIES = (*_OF_TIME, *_OF_ACTIVITY)  # whose bars have prices
SERIES = (*BAR_SERIES, DEPTH_1S, DEPTH_10S, PRINTS_1S, PRINTS_10S, PAIRS_1S, PAIRS_10S, PAIRS_60S, COLUMNS_1S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    name: str
    unit: str
    series: Series
    warm_up: int
    source: str
    mirror: str  # `schemas.mirror`
    dtype: str = "f4"  # of its value in a row

    @property
    def width_ns(self) -> int:
        return self.series.width_ns

    @property
    def code(self) -> int:
        """Stands for the name in a record: 32 bits that no other name of the table has."""
        return crc32(self.name.encode())


def _one(name: str, unit: str, warm_up: int, source: str, mirror: str = UNSIGNED) -> Feature:
    return Feature(name=name, unit=unit, series=ONE_SECOND, warm_up=warm_up, source=source, mirror=mirror)


def _ten(name: str, unit: str, warm_up: int, source: str, mirror: str = UNSIGNED) -> Feature:
    return Feature(name=name, unit=unit, series=TEN_SECONDS, warm_up=warm_up, source=source, mirror=mirror)


def _sixty(name: str, unit: str, warm_up: int, source: str, mirror: str = UNSIGNED) -> Feature:
    return Feature(name=name, unit=unit, series=ONE_MINUTE, warm_up=warm_up, source=source, mirror=mirror)


_OFI = "Cont, Kukanov, Stoikov 2014, eq. 2: sum of best-level flow / mean of bid and ask size at the close"
_EWMA = "RiskMetrics 1996: sqrt of EWMA (0.94) of squared mid returns"
_RSI = "Wilder 1978: 100 G / (G + L), G and L smoothed by 1/n; 50 when both are zero"
_ATR = "Wilder 1978: true range of trade prices, smoothed by 1/n, over the mid"
_BOLLINGER = "Bollinger 2001: (mid - SMA n) / (2 population standard deviations); 0 when constant"
_IMBALANCE = "(buy - sell) / (buy + sell) traded size by aggressor; 0 without trades"

# The default set, in its order.
FEATURES = (
    _one("return_1s", "bp", 1, "mid / mid one bar ago - 1", SIGNED),
    _one("return_5s", "bp", 5, "mid / mid five bars ago - 1", SIGNED),
    _one("volatility_1s", "bp", 20, _EWMA),
    _one("spread", "bp", 1, "(ask - bid) / mid"),
    _one("order_flow_imbalance_1s", "1", 1, _OFI, SIGNED),
    _one("trade_imbalance_1s", "1", 1, _IMBALANCE, SIGNED),
    _one("book_imbalance", "1", 1, "(bid size - ask size) / (bid size + ask size) at the close", SIGNED),
    _one(
        "microprice_distance",
        "bp",
        1,
        "Stoikov 2018, level 0: (ask * bid size + bid * ask size) / both sizes over mid - 1",
        SIGNED,
    ),
    _one("vwap_distance_30s", "bp", 30, "mid / VWAP of the last 30 bars - 1; 0 without trades", SIGNED),
    _one("rsi_14_1s", "1..100", 14, _RSI, OF_100),
    _one("macd_histogram_1s", "bp", 26, "Appel 1979: EMA 12 - EMA 26 of the mid, less its EMA 9, over the mid", SIGNED),
    _one("bollinger_20_1s", "1", 20, _BOLLINGER, SIGNED),
    _one("atr_14_1s", "bp", 14, _ATR),
    _one("trade_intensity_1s", "1", 20, "trades in the bar / their EWMA (alpha 1/20); 1 when that is zero"),
    _ten("return_10s", "bp", 1, "mid / mid one bar ago - 1", SIGNED),
    _ten("volatility_10s", "bp", 3, _EWMA),
    _ten("order_flow_imbalance_10s", "1", 1, _OFI, SIGNED),
    _ten("trade_imbalance_10s", "1", 1, _IMBALANCE, SIGNED),
    _ten("rsi_6_10s", "1..100", 6, _RSI, OF_100),
    _ten("bollinger_6_10s", "1", 6, _BOLLINGER, SIGNED),
    _ten("atr_6_10s", "bp", 6, _ATR),
)

NAMES = tuple(feature.name for feature in FEATURES)
WIDTH = len(FEATURES)
INDEX = {name: index for index, name in enumerate(NAMES)}
WARM_UP_BARS = tuple(
    max((feature.warm_up for feature in FEATURES if feature.width_ns == width_ns), default=0)
    for width_ns in BAR_WIDTHS_NS
)

_MINUTE = (
    _sixty("return_60s", "bp", 1, "mid / mid one bar ago - 1", SIGNED),
    _sixty("volatility_60s", "bp", 3, _EWMA),
)
_ACTIVITY = tuple(
    Feature(name=f"{name}_{series.suffix}", unit=unit, series=series, warm_up=2, source=source, mirror=mirror)
    for series in _OF_ACTIVITY
    for name, unit, source, mirror in (
        ("return", "bp", "Lopez de Prado 2018, ch. 2: last trade of the bar / of the bar before - 1", SIGNED),
        ("seconds", "s", "Lopez de Prado 2018, ch. 2: channel time from the last bar's end to this one's", UNSIGNED),
        ("trade_imbalance", "1", _IMBALANCE, SIGNED),
    )
)
_TIME = (
    _one(
        "session_phase", "phase", 1, "0 closed, 1 before the open, 2 open, 3 after the close, by the venue's calendar"
    ),
    _one("seconds_since_open", "s", 1, "channel time since the session's open; -1 while it is not open"),
    _one("volume_usual_share", "1", 1, "share of a day's volume in this half hour, EWMA (0.2) over earlier days"),
    _one("volume_over_usual", "1", 1, "the day's volume so far / what earlier days had by now; 1 when that is zero"),
)


def _on(series: Series, indicators: tuple[Indicator, ...]) -> Iterator[Feature]:
    """Those that the default set has not."""
    for stem, unit, warm_up, mirror, source in indicators:
        name = f"{stem}_{series.suffix}"
        if name not in NAMES:
            mirror = mirror.format(series.suffix)
            yield Feature(name=name, unit=unit, series=series, warm_up=warm_up, source=source, mirror=mirror)


INDICATORS = tuple(feature for series in BAR_SERIES for feature in _on(series, (*OF_PRICES, *OF_TRADES)))
_READ = (
    *((series, OF_DEPTH) for series in (DEPTH_1S, DEPTH_10S)),
    *((series, OF_PRINTS) for series in (PRINTS_1S, PRINTS_10S)),
    *((series, OF_QUOTES) for series in (ONE_SECOND, TEN_SECONDS)),
    *((series, OF_PAIRS) for series in (PAIRS_1S, PAIRS_10S, PAIRS_60S)),
)
MICROSTRUCTURE = tuple(feature for series, indicators in _READ for feature in _on(series, indicators))
PREPROCESSING = tuple(_on(COLUMNS_1S, OF_COLUMNS))
TABLE = (*FEATURES, *_MINUTE, *INDICATORS, *MICROSTRUCTURE, *_ACTIVITY, *_TIME, *PREPROCESSING)
BY_NAME = {feature.name: feature for feature in TABLE}
BY_CODE = {feature.code: feature for feature in TABLE}
