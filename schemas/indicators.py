"""The indicators of the literature: what each is called on any series of bars, with its usual period.

Those of prices look at the mid of bars that have one; those of trades at bars in which something was traded, their
open, high, low and close, and "price" is then the close. Windows are as long as there are bars before they are full.
"""

from typing import NamedTuple

from schemas.mirror import OF_1, OF_100, OF_MINUS_100, SIGNED, UNSIGNED


class Indicator(NamedTuple):
    """A feature without its series; `{}` in `mirror` stands for that."""

    stem: str
    unit: str
    warm_up: int
    mirror: str
    source: str


OF_PRICES = (
    Indicator("sma_distance_20", "bp", 20, SIGNED, "mid / simple moving average of 20 - 1"),
    Indicator("bollinger_width_20", "bp", 20, UNSIGNED, "Bollinger 2001: 4 population standard deviations / SMA 20"),
    Indicator("bollinger_20", "1", 20, SIGNED, "Bollinger 2001: (mid - SMA n) / (2 population standard deviations)"),
    Indicator("ema_distance_20", "bp", 20, SIGNED, "mid / exponential moving average (alpha 2/21) - 1"),
    Indicator("z_score_60", "1", 60, SIGNED, "(mid - mean of 60) / their standard deviation; 0 when constant"),
    Indicator("rate_of_change_10", "bp", 11, SIGNED, "mid / mid 10 bars ago - 1"),
    Indicator("rsi_14", "1..100", 14, OF_100, "Wilder 1978: 100 G / (G + L), G and L smoothed by 1/n; 50 for none"),
    Indicator("macd_line", "bp", 26, SIGNED, "Appel 1979: EMA 12 - EMA 26 of the mid, over the mid"),
    Indicator("macd_signal", "bp", 35, SIGNED, "Appel 1979: EMA 9 of the MACD line, over the mid"),
    Indicator("macd_histogram", "bp", 35, SIGNED, "Appel 1979: MACD line - signal, over the mid"),
    Indicator("realised_volatility_60", "bp", 61, UNSIGNED, "Andersen, Bollerslev 1998: sqrt(mean r^2) of 60 returns"),
    Indicator("skew_60", "1", 61, SIGNED, "Fisher's g1 of 60 log returns of the mid; 0 when equal"),
    Indicator("kurtosis_60", "1", 61, UNSIGNED, "Fisher's g2 (excess) of 60 log returns of the mid; 0 when equal"),
)
OF_TRADES = (
    Indicator("atr_14", "bp", 14, UNSIGNED, "Wilder 1978: true range of trade prices, smoothed by 1/n, over the close"),
    Indicator("adx_14", "1..100", 28, UNSIGNED, "Wilder 1978: directional index, smoothed by 1/n; 0 when constant"),
    Indicator("plus_di_14", "1..100", 15, "minus_di_14_{}", "Wilder 1978: +DM / true range, both smoothed by 1/n"),
    Indicator("minus_di_14", "1..100", 15, "plus_di_14_{}", "Wilder 1978: -DM / true range, both smoothed by 1/n"),
    Indicator("sar_distance", "bp", 20, SIGNED, "Wilder 1978: (close - parabolic stop) / close, factor 0.02 to 0.2"),
    Indicator(
        "stochastic_k_14", "1..100", 14, OF_100, "Lane 1984: 100 (close - lowest) / (highest - lowest); 50 for none"
    ),
    Indicator("stochastic_d_14", "1..100", 16, OF_100, "Lane 1984: mean of the last 3 %K"),
    Indicator("williams_r_14", "1..-100", 14, OF_MINUS_100, "Williams 1973: %K - 100; -50 when highest = lowest"),
    Indicator("cci_20", "1", 20, SIGNED, "Lambert 1980: (typical - SMA 20) / (0.015 mean absolute deviations)"),
    Indicator("keltner_20", "1", 20, SIGNED, "Keltner 1960, Raschke: (close - EMA 20) / (2 ATR 10); 0 when constant"),
    Indicator("keltner_width_20", "bp", 20, UNSIGNED, "Keltner 1960, Raschke: 4 ATR 10 / EMA 20"),
    Indicator("donchian_20", "1", 20, OF_1, "Donchian 1960: (close - lowest) / (highest - lowest); 0.5 when equal"),
    Indicator("donchian_width_20", "bp", 20, UNSIGNED, "Donchian 1960: (highest - lowest) / close"),
    Indicator("obv", "size", 1, SIGNED, "Granville 1963: sum of volume by the sign of the close's move"),
    Indicator("obv_share_20", "1", 20, SIGNED, "Granville 1963: change of OBV over 20 bars / their volume"),
    Indicator("mfi_14", "1..100", 15, OF_100, "Quong, Soudack 1989: RSI of typical price * volume; 50 for none"),
    Indicator("vwap_distance_20", "bp", 20, SIGNED, "close / VWAP of 20 bars - 1"),
    Indicator("vwap_distance_session", "bp", 1, SIGNED, "close / VWAP since 0:00 UTC - 1"),
    Indicator("parkinson_20", "bp", 20, UNSIGNED, "Parkinson 1980: sqrt(mean ln(high / low)^2 / (4 ln 2))"),
    Indicator("garman_klass_20", "bp", 20, UNSIGNED, "Garman, Klass 1980: sqrt(mean(hl^2 / 2 - (2 ln 2 - 1) co^2))"),
)
