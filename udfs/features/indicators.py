"""The door from bars to the indicators: what of a bar each is shown, with the usual periods.

Prices are the mids in half price units, or of trades; `schemas.indicators` says which bars count. A name at the end of
a group may be missing on a series where the default set has it: its value is computed with the others and not written.
"""

from typing import Any, NamedTuple

import numpy as np

import udfs.features.average
import udfs.features.band
import udfs.features.directional
import udfs.features.dispersion
import udfs.features.exact
import udfs.features.flow
import udfs.features.logarithm
import udfs.features.moments
import udfs.features.momentum
import udfs.features.oscillator
import udfs.features.parabolic
import udfs.features.ring
import udfs.features.trend
import udfs.features.true_range
import udfs.features.vwap
import udfs.features.window
from udfs.features.average import EMA, ema_distance_bp, observe, prices_of, sma_distance_bp
from udfs.features.band import KELTNER, bollinger, keltner, z_score
from udfs.features.directional import DIRECTIONAL, adx
from udfs.features.dispersion import garman_klass_bp, parkinson_bp, terms_of
from udfs.features.flow import mfi_of, money_flow_index, obv_of, on_balance_volume
from udfs.features.moments import moments, returns_of
from udfs.features.momentum import RSI, past_of, rate_of_change_bp, rsi_of_prices
from udfs.features.oscillator import cci, cci_of, donchian, extremes_of, stochastic, stochastic_of
from udfs.features.parabolic import PARABOLIC, sar_distance_bp
from udfs.features.trend import MACD, macd_bp
from udfs.features.true_range import TRUE_RANGE, atr_close_bp
from udfs.features.vwap import SESSION, rolling_distance_bp, rolling_of, session_distance_bp
from udfs.kernels import kernel

_SOURCES = (
    udfs.features.average,
    udfs.features.band,
    udfs.features.directional,
    udfs.features.dispersion,
    udfs.features.exact,
    udfs.features.flow,
    udfs.features.logarithm,
    udfs.features.moments,
    udfs.features.momentum,
    udfs.features.oscillator,
    udfs.features.parabolic,
    udfs.features.ring,
    udfs.features.trend,
    udfs.features.true_range,
    udfs.features.vwap,
    udfs.features.window,
)
_DAY_NS = 86_400_000_000_000


@kernel(*_SOURCES)
def update_band(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    mid = bar.bid + bar.ask
    observe(own, mid)
    position, width = bollinger(own, mid)
    values[0], values[1] = sma_distance_bp(own, mid), width
    if values.shape[0] > 2:
        values[2] = position


@kernel(*_SOURCES)
def update_ema(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = ema_distance_bp(own, bar.bid + bar.ask, 20)


@kernel(*_SOURCES)
def update_z_score(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    observe(own, bar.bid + bar.ask)
    values[0] = z_score(own, bar.bid + bar.ask)


@kernel(*_SOURCES)
def update_rate_of_change(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = rate_of_change_bp(own, bar.bid + bar.ask)


@kernel(*_SOURCES)
def update_rsi(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = rsi_of_prices(own, bar.bid + bar.ask, 14)


@kernel(*_SOURCES)
def update_macd(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1], histogram = macd_bp(own, bar.bid + bar.ask)
    if values.shape[0] > 2:
        values[2] = histogram


@kernel(*_SOURCES)
def update_moments(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1], values[2] = moments(own, bar.bid + bar.ask)


@kernel(*_SOURCES)
def update_atr(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = atr_close_bp(own, bar.high, bar.low, bar.close, 14)


@kernel(*_SOURCES)
def update_adx(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1], values[2] = adx(own, bar.high, bar.low, bar.close, 14)


@kernel(*_SOURCES)
def update_sar(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = sar_distance_bp(own, bar.high, bar.low, bar.close)


@kernel(*_SOURCES)
def update_stochastic(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1], values[2] = stochastic(own, bar.high, bar.low, bar.close)


@kernel(*_SOURCES)
def update_cci(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = cci(own, bar.high, bar.low, bar.close)


@kernel(*_SOURCES)
def update_keltner(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1] = keltner(own, bar.high, bar.low, bar.close)


@kernel(*_SOURCES)
def update_donchian(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1] = donchian(own, bar.high, bar.low, bar.close)


@kernel(*_SOURCES)
def update_obv(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0], values[1] = on_balance_volume(own, bar.close, bar.volume)


@kernel(*_SOURCES)
def update_mfi(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = money_flow_index(own, bar.high, bar.low, bar.close, bar.volume)


@kernel(*_SOURCES)
def update_vwap(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = rolling_distance_bp(own, bar.value, bar.volume, bar.close)


@kernel(*_SOURCES)
def update_session_vwap(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """A bar that ends at midnight belongs to the day before."""
    values[0] = session_distance_bp(own, (bar.end_ns - 1) // _DAY_NS, bar.value, bar.volume, bar.close)


@kernel(*_SOURCES)
def update_parkinson(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = parkinson_bp(own, bar.high, bar.low)


@kernel(*_SOURCES)
def update_garman_klass(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    values[0] = garman_klass_bp(own, bar.open, bar.high, bar.low, bar.close)


class Group(NamedTuple):
    """A kernel, and the indicators that it computes."""

    stems: tuple[str, ...]
    update: Any
    state: np.dtype[Any]


OF_PRICES = (
    Group(("sma_distance_20", "bollinger_width_20", "bollinger_20"), update_band, prices_of(20)),
    Group(("ema_distance_20",), update_ema, EMA),
    Group(("z_score_60",), update_z_score, prices_of(60)),
    Group(("rate_of_change_10",), update_rate_of_change, past_of(10)),
    Group(("rsi_14",), update_rsi, RSI),
    Group(("macd_line", "macd_signal", "macd_histogram"), update_macd, MACD),
    Group(("realised_volatility_60", "skew_60", "kurtosis_60"), update_moments, returns_of(60)),
)
OF_TRADES = (
    Group(("atr_14",), update_atr, TRUE_RANGE),
    Group(("adx_14", "plus_di_14", "minus_di_14"), update_adx, DIRECTIONAL),
    Group(("sar_distance",), update_sar, PARABOLIC),
    Group(("stochastic_k_14", "stochastic_d_14", "williams_r_14"), update_stochastic, stochastic_of(14)),
    Group(("cci_20",), update_cci, cci_of(20)),
    Group(("keltner_20", "keltner_width_20"), update_keltner, KELTNER),
    Group(("donchian_20", "donchian_width_20"), update_donchian, extremes_of(20)),
    Group(("obv", "obv_share_20"), update_obv, obv_of(20)),
    Group(("mfi_14",), update_mfi, mfi_of(14)),
    Group(("vwap_distance_20",), update_vwap, rolling_of(20)),
    Group(("vwap_distance_session",), update_session_vwap, SESSION),
    Group(("parkinson_20",), update_parkinson, terms_of(20)),
    Group(("garman_klass_20",), update_garman_klass, terms_of(20)),
)
