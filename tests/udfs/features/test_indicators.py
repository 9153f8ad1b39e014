"""Every indicator through the whole pipeline, from ticks to rows of a set that asks for everything."""

from collections.abc import Callable
from decimal import localcontext
from functools import cache

import numpy as np
import pytest

from schemas.features import BAR_SERIES, INDICATORS, TABLE
from schemas.indicators import OF_PRICES
from tests.udfs.features import formulas
from tests.udfs.features.candles import Candle
from tests.udfs.features.oracle import Bar, events, is_shown, rows_of, walk
from tests.udfs.features.test_sets import market_of
from tests.udfs.market.logs import play, real
from udfs.features.ideas import MID, TRADE

ALL = tuple(feature.name for feature in TABLE)
DAY_NS = 86_400 * 10**9

FORMULAS: dict[str, tuple[Callable[[list[Candle]], formulas.Rows], int]] = {
    "sma_distance_20": (formulas.sma_20, 0),
    "bollinger_20": (formulas.bollinger, 0),
    "bollinger_width_20": (formulas.bollinger, 1),
    "ema_distance_20": (formulas.ema_20, 0),
    "z_score_60": (formulas.z_score_60, 0),
    "rate_of_change_10": (formulas.roc_10, 0),
    "rsi_14": (formulas.rsi, 0),
    "macd_line": (formulas.macd, 0),
    "macd_signal": (formulas.macd, 1),
    "macd_histogram": (formulas.macd, 2),
    "realised_volatility_60": (formulas.moments, 0),
    "skew_60": (formulas.moments, 1),
    "kurtosis_60": (formulas.moments, 2),
    "atr_14": (formulas.atr, 0),
    "adx_14": (formulas.adx, 0),
    "plus_di_14": (formulas.adx, 1),
    "minus_di_14": (formulas.adx, 2),
    "sar_distance": (formulas.parabolic, 0),
    "stochastic_k_14": (formulas.stochastic, 0),
    "stochastic_d_14": (formulas.stochastic, 1),
    "williams_r_14": (formulas.stochastic, 2),
    "cci_20": (formulas.cci, 0),
    "keltner_20": (formulas.keltner, 0),
    "keltner_width_20": (formulas.keltner, 1),
    "donchian_20": (formulas.donchian, 0),
    "donchian_width_20": (formulas.donchian, 1),
    "obv": (formulas.obv, 0),
    "obv_share_20": (formulas.obv, 1),
    "mfi_14": (formulas.mfi, 0),
    "vwap_distance_20": (formulas.vwap_20, 0),
    "vwap_distance_session": (formulas.vwap_session, 0),  # its sessions of 50 bars are made from the bars' times
    "parkinson_20": (formulas.parkinson, 0),
    "garman_klass_20": (formulas.garman_klass, 0),
}
OF_THE_MID = {one.stem for one in OF_PRICES}


def candle(bar: Bar, of_mid: bool) -> Candle:
    if of_mid:
        return Candle(0, 0, 0, bar["bid"] + bar["ask"], 0, 0)
    return Candle(bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"], bar["value"])


def expected(stem: str, series, arrays: dict[str, np.ndarray], told: Callable) -> list[float]:
    """The value of each row: what the formula gives for the bars of the row's instrument up to then."""
    of_mid, values = stem in OF_THE_MID, []
    past: dict[int, list[Bar]] = {}
    for bar, of_series, is_row in events(series, arrays):
        bars = past.setdefault(bar["instrument"], [])
        if of_series and is_shown(bar, MID if of_mid else TRADE):
            bars.append(bar)
        if is_row:
            values.append((bar["instrument"], len(bars)))
    rows = {number: told(stem, tuple(candle(bar, of_mid) for bar in bars)) for number, bars in past.items()}
    return [rows[number][count - 1] if count else 0.0 for number, count in values]


@cache
def computed(stem: str, candles: tuple[Candle, ...]) -> list[float]:
    function, place = FORMULAS[stem]
    return [float(row[place]) for row in told(function, candles)]


@cache
def told(function: Callable, candles: tuple[Candle, ...]) -> formulas.Rows:
    with localcontext() as context:
        context.prec = 60
        return function(list(candles)) if candles else []


def compare(rows: np.ndarray, arrays: dict[str, np.ndarray], names: tuple[str, ...]) -> None:
    for series in BAR_SERIES:
        for stem in FORMULAS:
            name = f"{stem}_{series.suffix}"
            if name in {feature.name for feature in INDICATORS}:
                found = rows["x"][:, names.index(name)]
                np.testing.assert_allclose(
                    found, expected(stem, series, arrays, computed), rtol=1e-5, atol=1e-6, err_msg=name
                )


def test_every_indicator_has_a_formula() -> None:
    assert {f"{stem}_{series.suffix}" for stem in FORMULAS for series in BAR_SERIES} >= {one.name for one in INDICATORS}


def test_oracle_from_real_ticks_to_rows_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "session", lambda place: 0)  # the capture begins and ends on one day, UTC
    made = play(market_of(ALL), real(60_000))
    assert len(made["features"]) > 50
    assert np.bincount(made["activity"]["width"]).min() > 60
    compare(made["features"], {name: made[name] for name in ("closes", "activity")}, ALL)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("base", [60, 6_000_000, 2**61])
def test_oracle_on_ugly_bars_of_every_series(monkeypatch: pytest.MonkeyPatch, base: int, number: int) -> None:
    """Of time, and of activity beside them, whose bars close with the trade at their position."""
    monkeypatch.setattr(formulas, "session", lambda place: 0)
    told.cache_clear()
    computed.cache_clear()
    closes, activity = walk(number, 120, base, number=number), walk(7 + number, 120, base, number=number)
    arrays = {"closes": closes, "activity": activity[activity["width"] == number]}
    compare(rows_of(ALL, **arrays), arrays, ALL)


def test_a_session_begins_with_the_day() -> None:
    closes = walk(1, 40, 6_000_000)[:1].repeat(4)
    closes["open"] = closes["high"] = closes["low"] = closes["close"] = [100, 200, 300, 300]
    closes["volume"], closes["empty"], closes["instrument"], closes["width"] = 1, 0, 0, 0
    closes["value"] = closes["close"]
    day = closes["end_ns"][0] // DAY_NS * DAY_NS
    closes["end_ns"] = [day + DAY_NS - 1, day + DAY_NS, day + DAY_NS + 1, day + DAY_NS + 2]
    closes["position"] = range(4)
    rows = rows_of(("vwap_distance_session_1s",), closes=closes)
    np.testing.assert_allclose(rows["x"][:, 0], [0, 1e4 * (200 / 150 - 1), 0, 0], rtol=1e-6)
