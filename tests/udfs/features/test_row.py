"""The feature row against the formulas of the table, computed anew from the whole history for each row."""

import itertools
import math
import statistics
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from schemas.features import BAR_WIDTHS_NS, NAMES, SECOND_NS, WARM_UP_BARS
from schemas.records import FEATURE, Kind, Mark
from tests.udfs.market.logs import CHANNEL, START_NS, Segment, play, real, segments, term, universe
from udfs.arrays import CLOSE
from udfs.features.row import Features
from udfs.machine import Batch
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality

OWN = {one.number for one in universe().instruments if one.channel == CHANNEL and one.tradable}
MARKET = (Quality, Book, Bars)


def bp(ratio: Fraction) -> float:
    return float(10_000 * (ratio - 1))


def volatility(mids: list[Fraction]) -> float:
    returns = [bp(after / before) for before, after in itertools.pairwise(mids)]
    if not returns:
        return 0.0
    squared = pd.Series([value * value for value in returns])
    return math.sqrt(squared.ewm(alpha=0.06, adjust=False).mean().iloc[-1])


def wilder(values: list[Fraction], n: int) -> float:
    """Wilder's smoothing: the mean of the first n, then 1/n of what is new."""
    smoothed = float(sum(values[:n]) / len(values[:n]))
    for value in values[n:]:
        smoothed = (smoothed * (n - 1) + float(value)) / n
    return smoothed


def rsi(mids: list[Fraction], n: int) -> float:
    moves = [after - before for before, after in itertools.pairwise(mids)]
    if not any(moves):
        return 50.0
    gain, loss = wilder([max(m, Fraction()) for m in moves], n), wilder([max(-m, Fraction()) for m in moves], n)
    return 100 * gain / (gain + loss)


def bollinger(mids: list[Fraction], n: int) -> float:
    window = mids[-n:]
    variance = statistics.pvariance(window)
    if variance == 0:
        return 0.0
    return float(window[-1] - statistics.mean(window)) / (2 * math.sqrt(variance))


def atr(closes: list[dict], mids: list[Fraction], n: int) -> float:
    ranges, last = [], 0
    for close in closes:
        prices = [close["high"], close["low"], last or close["high"]] if close["open"] else [0]
        ranges.append(Fraction(max(prices) - min(prices)))
        last = close["close"]
    return 10_000 * wilder(ranges, n) / float(mids[-1])


def imbalance(left: int, right: int) -> float:
    return float(Fraction(left - right, left + right)) if left + right else 0.0


def macd(mids: list[Fraction]) -> float:
    series = pd.Series([float(mid - mids[0]) for mid in mids])

    def ema(values: pd.Series, n: int) -> pd.Series:
        return values.ewm(span=n, adjust=False).mean()

    # each average begins at its first value, so the difference begins at zero
    line = ema(series, 12) - ema(series, 26)
    return 10_000 * (line - ema(line, 9)).iloc[-1] / float(mids[-1])


def vwap_distance(closes: list[dict], mid: Fraction) -> float:
    value, volume = (sum(close[name] for close in closes[-30:]) for name in ("value", "volume"))
    return bp(mid / Fraction(value, volume)) if value else 0.0


def intensity(closes: list[dict]) -> float:
    usual = pd.Series([float(close["trades"]) for close in closes]).ewm(alpha=1 / 20, adjust=False).mean().iloc[-1]
    return closes[-1]["trades"] / usual if usual else 1.0


def microprice(close: dict) -> Fraction:
    sizes = close["bid_size"] + close["ask_size"]
    return Fraction(close["ask"] * close["bid_size"] + close["bid"] * close["ask_size"], sizes)


def common(closes: list[dict], mids: list[Fraction], windows: dict[str, int], suffix: str) -> dict[str, float]:
    """What both widths have."""
    now, n = closes[-1], windows
    return {
        f"return_{suffix}": bp(mids[-1] / mids[-2]) if len(mids) > 1 else 0.0,
        f"volatility_{suffix}": volatility(mids),
        f"order_flow_imbalance_{suffix}": float(Fraction(2 * now["flow"], now["bid_size"] + now["ask_size"])),
        f"trade_imbalance_{suffix}": imbalance(now["buy_volume"], now["sell_volume"]),
        f"rsi_{n['rsi']}_{suffix}": rsi(mids, n["rsi"]),
        f"bollinger_{n['bollinger']}_{suffix}": bollinger(mids, n["bollinger"]),
        f"atr_{n['atr']}_{suffix}": atr(closes, mids, n["atr"]),
    }


def ten_seconds(closes: list[dict], mids: list[Fraction]) -> dict[str, float]:
    return common(closes, mids, {"rsi": 6, "bollinger": 6, "atr": 6}, "10s")


def one_second(closes: list[dict], mids: list[Fraction]) -> dict[str, float]:
    now, mid = closes[-1], mids[-1]
    return common(closes, mids, {"rsi": 14, "bollinger": 20, "atr": 14}, "1s") | {
        "return_5s": bp(mid / mids[-6]) if len(mids) > 5 else 0.0,
        "spread": float(10_000 * (now["ask"] - now["bid"]) / mid),
        "book_imbalance": imbalance(now["bid_size"], now["ask_size"]),
        "microprice_distance": bp(microprice(now) / mid),
        "vwap_distance_30s": vwap_distance(closes, mid),
        "macd_histogram_1s": macd(mids),
        "trade_intensity_1s": intensity(closes),
    }


FORMULAS = (one_second, ten_seconds)


def tell(closes: np.ndarray) -> list[dict]:
    """The rows of these closes."""
    history: dict[tuple[int, int], list[dict]] = {}
    values: dict[int, dict[str, float]] = {number: dict.fromkeys(NAMES, 0.0) for number in OWN}
    rows: list[dict] = []
    for close in (dict(zip(CLOSE.names, one, strict=True)) for one in closes.tolist()):
        number, width = close["instrument"], close["width"]
        if close["empty"] or number not in OWN or width == 2:
            continue
        past = history.setdefault((number, width), [])
        if close["bid_size"] and close["ask_size"]:
            past.append(close)
            mids = [Fraction(one["bid"] + one["ask"], 2) for one in past]
            values[number].update(FORMULAS[width](past, mids))
        if width == 0:
            counts = [len(history.get((number, w), [])) for w in (0, 1)]
            same = ("position", "bid", "bid_size", "ask", "ask_size", "close", "instrument", "marks")
            row = {name: close[name] for name in same}
            row |= {"number": len(rows) + 1, "channel_ns": close["end_ns"], "pad": 0}
            row |= {"warm": int(counts[0] >= WARM_UP_BARS[0] and counts[1] >= WARM_UP_BARS[1])}
            rows.append(row | {"x": dict(values[number])})
    return rows


def compare(rows: np.ndarray, closes: np.ndarray) -> None:
    told = tell(closes)
    assert len(rows) == len(told)
    for row, expected in zip(rows, told, strict=True):
        for name in FEATURE.names:
            if name != "x":
                assert row[name] == expected[name], name
        for name, found in zip(NAMES, row["x"].tolist(), strict=True):
            assert math.isclose(found, expected["x"][name], rel_tol=1e-5, abs_tol=1e-6), (name, found, expected["x"])


def features_of(closes: np.ndarray) -> np.ndarray:
    machine = Features(term(), CHANNEL)
    batch = Batch(CHANNEL, Kind.TICKS, 0, 0)
    batch["closes"] = closes
    machine.step(machine.initial(), batch)
    return batch["features"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments())
def test_formulas_on_ugly_logs(parts: list[Segment]) -> None:
    made = play([kind(term(), CHANNEL) for kind in (*MARKET, Features)], parts)
    assert np.isfinite(made["features"]["x"]).all()
    compare(made["features"], made["closes"])


def test_formulas_on_real_ticks() -> None:
    made = play([kind(term(), CHANNEL) for kind in (*MARKET, Features)], real(60_000))
    assert made["features"]["warm"].tolist().count(1) > 20
    compare(made["features"], made["closes"])


def walk(base: int, steps: list[int], *, width: int = 0, traded: bool = True, **fields: int) -> np.ndarray:
    """Closes of instrument 0 around a price."""
    closes = np.zeros(len(steps), CLOSE)
    price = base + np.array(steps, "<i8")
    closes["bid"], closes["ask"], closes["bid_size"], closes["ask_size"] = price - 1, price + 1, 3, 5
    closes["end_ns"] = START_NS + (np.arange(len(steps)) + 1) * BAR_WIDTHS_NS[width]
    closes["width"] = width
    if traded:
        for name in ("open", "high", "low", "close"):
            closes[name] = price
        closes["volume"], closes["value"], closes["buy_volume"], closes["trades"] = 1, price, 1, 1
    for name, value in fields.items():
        closes[name] = value
    return closes


@pytest.mark.parametrize("base", [60, 6_000_000, 10**8, 10**16, 2**61])
@pytest.mark.parametrize("width", [0, 1])
def test_small_moves_at_large_prices(base: int, width: int) -> None:
    """60,000 +- 0.01 and worse: no variance may come from the size of the price."""
    random = np.random.default_rng(7)
    closes = walk(base, random.integers(-1, 2, 200).tolist(), width=width)
    if width == 1:  # a row shows them: one close of a second at the end
        closes = np.concatenate([closes, walk(base, [0])])
    compare(features_of(closes), closes)


@pytest.mark.parametrize("base", [60, 6_000_000, 2**61])
def test_a_constant_price_is_calm(base: int) -> None:
    rows = features_of(walk(base, [0] * 5000))
    x = dict(zip(NAMES, rows["x"][-1].tolist(), strict=True))
    calm = ("return_1s", "return_5s", "volatility_1s", "macd_histogram_1s", "bollinger_20_1s", "atr_14_1s")
    assert [x[name] for name in (*calm, "vwap_distance_30s")] == [0.0] * 7
    assert x["rsi_14_1s"] == 50.0
    assert x["trade_intensity_1s"] == 1.0


def test_what_decays_ends_at_zero_and_not_in_denormal_numbers() -> None:
    """One move, then nothing for hours: every sum that decays passes through the smallest numbers there are."""
    machine = Features(term(), CHANNEL)
    state, batch = machine.initial(), Batch(CHANNEL, Kind.TICKS, 0, 0)
    batch["closes"] = walk(6_000_000, [0, 50, 0] + [0] * 20_000)
    machine.step(state, batch)
    core, trend = state["cores_1s"][0], state["trends"][0]
    held = [core[name] for name in ("variance", "gain", "loss", "range")] + [
        trend[n] for n in ("fast", "slow", "signal")
    ]
    assert held == [0.0] * 7
    assert batch["features"]["x"][-1][NAMES.index("rsi_14_1s")] == 50.0


def test_a_bar_without_a_mid_keeps_the_last_values() -> None:
    closes = walk(6_000_000, [0, 3, 90, 4])
    closes["ask_size"][2] = closes["ask"][2] = 0
    closes["marks"][2] = Mark.ONE_SIDED
    rows = features_of(closes)
    assert rows["marks"].tolist() == [0, 0, Mark.ONE_SIDED, 0]
    assert rows["x"][2].tobytes() == rows["x"][1].tobytes()
    compare(rows, closes)


def test_without_trades_or_sides_nothing_divides_by_zero() -> None:
    rows = features_of(walk(6_000_000, [0, 1], traded=False))
    x = dict(zip(NAMES, rows["x"][-1].tolist(), strict=True))
    assert (x["trade_imbalance_1s"], x["vwap_distance_30s"], x["atr_14_1s"], x["trade_intensity_1s"]) == (0, 0, 0, 1)
    assert features_of(walk(6_000_000, [0], bid_size=0, ask_size=0))["x"].tolist() == [[0.0] * len(NAMES)]


def test_saturated_sums_stay_finite() -> None:
    huge = dict.fromkeys(("volume", "value", "buy_volume", "sell_volume", "flow"), 2**63 - 1)
    closes = walk(2**61, [-(2**60), 2**60] * 40, **huge, trades=2**32 - 1, bid_size=2**62 - 1, ask_size=1)
    rows = features_of(closes)
    assert np.isfinite(rows["x"]).all()
    closes = closes.copy()
    closes["flow"] *= -1
    assert np.isfinite(features_of(closes)["x"]).all()


def test_warm_after_every_width_had_its_bars() -> None:
    """30 bars of 1 s and 6 of 10 s."""
    second = [walk(6_000_000, [0]) for _ in range(70)]
    closes = []
    for count, one in enumerate(second, 1):
        if count % 10 == 0:
            closes.append(walk(6_000_000, [0], width=1))
        closes.append(one)
    assert features_of(np.concatenate(closes))["warm"].tolist() == [0] * 59 + [1] * 11
    assert features_of(np.concatenate([walk(60, [0] * 6, width=1), *second]))["warm"].tolist() == [0] * 29 + [1] * 41


def test_only_own_tradable_instruments_have_rows() -> None:
    closes = np.concatenate([walk(6_000_000, [0], instrument=number) for number in (0, 1, 3, 4)])
    assert features_of(closes)["instrument"].tolist() == [0, 1]


def test_empty_bars_and_wide_bars_make_no_row() -> None:
    closes = np.concatenate([walk(60, [0], empty=1), walk(60, [0], width=1), walk(60, [0], width=2), walk(60, [5])])
    rows = features_of(closes)
    assert rows["number"].tolist() == [1]
    assert rows["channel_ns"].tolist() == [START_NS + SECOND_NS]
