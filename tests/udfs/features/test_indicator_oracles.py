"""Each indicator against its slow formula, on cuts of real data, on ugly bars, and against TA-Lib."""

import math
from collections.abc import Callable
from decimal import localcontext
from typing import Any, NamedTuple

import numpy as np
import pytest
import talib
from hypothesis import HealthCheck, given, settings

from tests.udfs.features import formulas
from tests.udfs.features.candles import REAL, UGLY, Candle, candles, es_trades, fx_hourly, wander
from udfs.features import average, band, directional, dispersion, flow, moments, momentum, oscillator, trend, vwap
from udfs.features.parabolic import PARABOLIC, sar_distance_bp
from udfs.features.true_range import TRUE_RANGE, atr_close_bp


class Indicator(NamedTuple):
    state: Any
    update: Callable[..., Any]
    arguments: Callable[[Candle], tuple[int, ...]]
    formula: formulas.Formula


def hlc(bar: Candle) -> tuple[int, ...]:
    return bar.high, bar.low, bar.close


def close(bar: Candle) -> tuple[int, ...]:
    return (bar.close,)


def observed(readout: Callable[..., Any]) -> Callable[..., Any]:
    def update(window: Any, price: int) -> Any:
        average.observe(window, price)
        return readout(window, price)

    return update


def with_period(kernel: Callable[..., Any], n: int) -> Callable[..., Any]:
    return lambda *arguments: kernel(*arguments, n)


PRICES_20 = average.prices_of(20)
INDICATORS = {
    "sma": Indicator(PRICES_20, observed(average.sma_distance_bp), close, formulas.sma_20),
    "ema": Indicator(average.EMA, with_period(average.ema_distance_bp, 20), close, formulas.ema_20),
    "z_score": Indicator(PRICES_20, observed(band.z_score), close, formulas.z_score),
    "bollinger": Indicator(PRICES_20, observed(band.bollinger), close, formulas.bollinger),
    "keltner": Indicator(band.KELTNER, band.keltner, hlc, formulas.keltner),
    "atr": Indicator(TRUE_RANGE, with_period(atr_close_bp, 14), hlc, formulas.atr),
    "adx": Indicator(directional.DIRECTIONAL, with_period(directional.adx, 14), hlc, formulas.adx),
    "parabolic": Indicator(PARABOLIC, sar_distance_bp, hlc, formulas.parabolic),
    "stochastic": Indicator(oscillator.stochastic_of(14), oscillator.stochastic, hlc, formulas.stochastic),
    "donchian": Indicator(oscillator.extremes_of(20), oscillator.donchian, hlc, formulas.donchian),
    "cci": Indicator(oscillator.cci_of(20), oscillator.cci, hlc, formulas.cci),
    "obv": Indicator(flow.obv_of(20), flow.on_balance_volume, lambda b: (b.close, b.volume), formulas.obv),
    "mfi": Indicator(flow.mfi_of(14), flow.money_flow_index, lambda b: (*hlc(b), b.volume), formulas.mfi),
    "vwap": Indicator(
        vwap.rolling_of(20), vwap.rolling_distance_bp, lambda b: (b.value, b.volume, b.close), formulas.vwap_20
    ),
    "parkinson": Indicator(
        dispersion.terms_of(20), dispersion.parkinson_bp, lambda b: (b.high, b.low), formulas.parkinson
    ),
    "garman_klass": Indicator(
        dispersion.terms_of(20), dispersion.garman_klass_bp, lambda b: (b.open, *hlc(b)), formulas.garman_klass
    ),
    "moments": Indicator(moments.returns_of(60), moments.moments, close, formulas.moments),
    "rate_of_change": Indicator(momentum.past_of(10), momentum.rate_of_change_bp, close, formulas.roc_10),
    "macd": Indicator(trend.MACD, trend.macd_bp, close, formulas.macd),
    "rsi": Indicator(momentum.RSI, with_period(momentum.rsi_of_prices, 14), close, formulas.rsi),
}


def run(indicator: Indicator, bars: list[Candle]) -> list[tuple[float, ...]]:
    return feed(indicator.state, indicator.update, [indicator.arguments(bar) for bar in bars])


def feed(dtype: Any, update: Callable[..., Any], rows: list[tuple[int, ...]]) -> list[tuple[float, ...]]:
    """The kernel's values at each row, one state all the way."""
    state = np.zeros(1, dtype)[0]
    found = [update(state, *row) for row in rows]
    return [one if isinstance(one, tuple) else (one,) for one in found]


def compare(found: list[tuple[float, ...]], formula: formulas.Formula, bars: list[Candle]) -> None:
    with localcontext() as context:
        context.prec = 60
        expected = [tuple(float(value) for value in row) for row in formula(bars)]
    assert len(found) == len(expected) == len(bars)
    for place, (left, right) in enumerate(zip(found, expected, strict=True)):
        assert np.isfinite(left).all()
        for a, b in zip(left, right, strict=True):
            assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9), (place, left, right)


@pytest.mark.parametrize("data", [*REAL, *UGLY])
@pytest.mark.parametrize("name", INDICATORS)
def test_oracle(name: str, data: str) -> None:
    bars = (REAL | UGLY)[data]()
    compare(run(INDICATORS[name], bars), INDICATORS[name].formula, bars)


@pytest.mark.parametrize("name", INDICATORS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(candles())
def test_oracle_on_ugly_bars(name: str, bars: list[Candle]) -> None:
    compare(run(INDICATORS[name], bars), INDICATORS[name].formula, bars)


@pytest.mark.parametrize("data", [*REAL, *UGLY])
def test_oracle_of_the_session_vwap(data: str) -> None:
    bars = (REAL | UGLY)[data]()
    rows = [(formulas.session(place), bar.value, bar.volume, bar.close) for place, bar in enumerate(bars)]
    compare(feed(vwap.SESSION, vwap.session_distance_bp, rows), formulas.vwap_session, bars)


@pytest.mark.parametrize("data", [*REAL, *UGLY])
def test_oracle_of_beta(data: str) -> None:
    bars = (REAL | UGLY)[data]()
    rows = [(a.close, b.close) for a, b in zip(bars, formulas.reference(bars), strict=True)]
    compare(feed(moments.pairs_of(60), moments.beta, rows), formulas.beta, bars)


def test_beta_of_what_moves_twice_as_much_is_two() -> None:
    """A million steps of 1 against steps of 2 at twice the move: the slope of log returns is 2 to their square."""
    steps = np.random.default_rng(3).integers(-1000, 1000, 300).tolist()
    rows = [(10**9 + 2 * step, 10**9 + step) for step in steps]
    assert feed(moments.pairs_of(60), moments.beta, rows)[-1][0] == pytest.approx(2.0, rel=1e-5)


SCALED = sorted(set(INDICATORS) - {"obv"})


@pytest.mark.parametrize("name", SCALED)
def test_another_price_unit_changes_nothing(name: str) -> None:
    bars = es_trades()
    scaled = [Candle(*(value * 2**20 for value in bar[:4]), volume=bar.volume, value=bar.value * 2**20) for bar in bars]
    left, right = run(INDICATORS[name], bars), run(INDICATORS[name], scaled)
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)


WINDOWS = {"sma": 20, "z_score": 20, "bollinger": 20, "donchian": 20, "cci": 20, "vwap": 20, "parkinson": 20}


@pytest.mark.parametrize(("name", "n"), WINDOWS.items())
def test_what_has_left_the_window_leaves_no_trace(name: str, n: int) -> None:
    """After a whole range of prices and 10,000 bars, the window's values to the last bit or nearly so."""
    rough = wander(2**61, [-(2**61), 2**61, 0, 5] * 2500, volume=2**63 - 1)
    calm = wander(6_000_000, [0, 1, -1, 2, 1] * 5)
    after, alone = run(INDICATORS[name], [*rough, *calm])[-1], run(INDICATORS[name], calm)[-1]
    assert len(calm) >= n
    np.testing.assert_allclose(after, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", INDICATORS)
def test_one_move_and_then_nothing_for_hours(name: str) -> None:
    """What decays ends at zero and not in denormal numbers, and no ratio of two of them runs away."""
    indicator = INDICATORS[name]
    state = np.zeros(1, indicator.state)[0]
    for bar in [*wander(6_000_000, [0, 50, 0]), *wander(6_000_000, [0] * 4000, spread=0)]:
        values = indicator.update(state, *indicator.arguments(bar))
        assert np.isfinite(values).all()
        assert np.abs(values).max() < 1e6 or name == "obv"
    for field in _floats(state):
        assert all(value == 0.0 or abs(value) > 1e-300 for value in np.ravel(field))


def _floats(record: Any) -> list[Any]:
    """Every floating field of a record, also of those inside it."""
    found = []
    for name in record.dtype.names:
        value = record[name]
        if getattr(value.dtype, "names", None):
            found += _floats(value)
        elif value.dtype.kind == "f":
            found.append(value)
    return found


def columns(bars: list[Candle]) -> dict[str, np.ndarray]:
    return {name: np.array([getattr(bar, name) for bar in bars], "f8") for name in Candle._fields}


def reference_values(bars: list[Candle]) -> dict[str, list[np.ndarray]]:
    """TA-Lib's values, brought to our units."""
    c = columns(bars)
    price, high, low, volume = c["close"], c["high"], c["low"], c["volume"]
    upper, middle, lower = talib.BBANDS(price, 20, 2, 2)
    deviation = talib.STDDEV(price, 20, 1)
    fast = list(talib.STOCHF(high, low, price, 14, 3, 0))
    return {
        "sma": [1e4 * (price / talib.SMA(price, 20) - 1)],
        "ema": [1e4 * (price / talib.EMA(price, 20) - 1)],
        "z_score": [(price - middle) / deviation],
        "bollinger": [(price - middle) / (2 * deviation), 1e4 * (upper - lower) / middle],
        "atr": [1e4 * talib.ATR(high, low, price, 14) / price],
        "adx": [f(high, low, price, 14) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)],
        "parabolic": [1e4 * (price - talib.SAR(high, low, 0.02, 0.2)) / price],
        "stochastic": [*fast, talib.WILLR(high, low, price, 14)],
        "cci": [talib.CCI(high, low, price, 20)],
        "obv": [talib.OBV(price, volume) - volume[0]],
        "mfi": [talib.MFI(high, low, price, volume, 14)],
        "rate_of_change": [100 * talib.ROC(price, 10)],
        "macd": [1e4 * one / price for one in talib.MACD(price, 12, 26, 9)],
        "rsi": [talib.RSI(price, 14)],
    }


SETTLED = 300  # bars after which it no longer matters how an average began


@pytest.mark.parametrize("symbol", ["GBPUSD", "XAUUSD"])
def test_oracle_talib(symbol: str) -> None:
    """The same numbers as a library of many years, wherever it has the indicator: to 1e-6, it sums in floats."""
    bars = fx_hourly(symbol)
    for name, expected in reference_values(bars).items():
        found = np.array(run(INDICATORS[name], bars))[SETTLED:]
        for ours, theirs in zip(found.T, expected, strict=False):
            np.testing.assert_allclose(ours, theirs[SETTLED:], rtol=1e-6, atol=1e-6, err_msg=name)
