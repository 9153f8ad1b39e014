"""Bars for the oracles of the indicators: cuts of real data, and ugly ones."""

import gzip
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from schemas.records import TickKind
from tests.udfs.market.logs import real

DATA = Path(__file__).parents[2] / "data"
PRICE_MAX = 2**62 - 1


class Candle(NamedTuple):
    """A bar in which something was traded; `value` is the sum of price * size."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int


def of_trades(prices: list[int], sizes: list[int], count: int) -> list[Candle]:
    """A bar each `count` trades."""
    made = []
    for at in range(0, len(prices) - count + 1, count):
        price, size = prices[at : at + count], sizes[at : at + count]
        value = sum(one * many for one, many in zip(price, size, strict=True))
        made.append(Candle(price[0], max(price), min(price), price[-1], sum(size), value))
    return made


def es_trades() -> list[Candle]:
    """S&P e-mini, 300 bars of 40 trades; prices in cents."""
    table = pd.read_csv(DATA / "es_trades" / "trades.csv.gz")
    return of_trades((table.Price * 100).round().astype(int).tolist(), table.Volume.tolist(), 40)


def fx_hourly(symbol: str) -> list[Candle]:
    """600 hours; the volume is a count of ticks, with a flat price within each hour for the value."""
    with gzip.open(DATA / "fx_hourly" / f"{symbol}h1.csv.gz", "rt") as lines:
        table = pd.read_csv(lines).drop(columns="Date").astype(int)
    return [Candle(*row, row[3] * row[4]) for row in table.itertuples(index=False, name=None)]


def binance() -> list[Candle]:
    """BTCUSDT spot, bars of 5 trades."""
    ticks = real(60_000)[0].ticks
    trades = ticks[ticks["kind"] == TickKind.TRADE]
    return of_trades(trades["price"].tolist(), trades["size"].tolist(), 5)[:400]


def wander(base: int, steps: list[int], spread: int = 1, volume: int = 3) -> list[Candle]:
    """Bars around a price, each open at the close before it."""
    made, before = [], base
    for step in steps:
        close = min(max(base + step, 1), PRICE_MAX)
        high = min(max(before, close) + spread, PRICE_MAX)
        low = max(min(before, close) - spread, 1)
        made.append(Candle(before, high, low, close, volume, min(close * volume, 2**63 - 1)))
        before = close
    return made


def small_moves(base: int) -> list[Candle]:
    """60,000 +- 0.01 and worse: no variance may come from the size of the price."""
    return wander(base, np.random.default_rng(7).integers(-1, 2, 150).tolist())


REAL = {
    "es_trades": es_trades,
    "gbpusd": lambda: fx_hourly("GBPUSD"),
    "xauusd": lambda: fx_hourly("XAUUSD"),
    "binance": binance,
}
UGLY = {
    "cent at 60,000": lambda: small_moves(6_000_000),
    "one at 2^61": lambda: small_moves(2**61),
    "constant": lambda: wander(6_000_000, [0] * 120, spread=0),
    "constant and huge": lambda: wander(PRICE_MAX, [0] * 80, spread=0, volume=2**62 - 1),
    "one bar": lambda: wander(6_000_000, [0]),
    "one unit": lambda: wander(1, [0, 1, 0, 0, 2, 0] * 12),
    "a gap": lambda: wander(6_000_000, [*range(40), *range(900_000, 900_040), *range(-5_000_000, -4_999_960)]),
    "whole range": lambda: wander(2**61, [-(2**61), 2**61, 0, 5] * 20, volume=2**63 - 1),
}


def ugly(seed: int, count: int) -> list[Candle]:
    """Moves of every size about a price of every size; flat stretches; volumes at the end of their range."""
    random = Random(seed)
    price = random.choice([1, 60, 6_000_000, 2**40, 2**61, PRICE_MAX])
    scale = random.choice([1, 3, max(price // 1000, 1), price])
    made = []
    for _ in range(count):
        move = random.choice([0, 0, random.randint(-scale, scale)])
        after = min(max(price + move, 1), PRICE_MAX)
        reach = random.choice([0, 0, 1, scale])
        high, low = min(max(price, after) + reach, PRICE_MAX), max(min(price, after) - random.choice([0, reach]), 1)
        volume = random.choice([1, 2, 1000, 2**40, 2**63 - 1])
        made.append(Candle(price, high, low, after, volume, min(after * volume, 2**63 - 1)))
        price = after
    return made


def candles(count_max: int = 70) -> st.SearchStrategy[list[Candle]]:
    return st.builds(ugly, st.integers(0, 2**32), st.integers(1, count_max))
