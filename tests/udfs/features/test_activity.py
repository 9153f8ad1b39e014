"""What bars of activity say, against their definition; and when a row may know of one."""

from fractions import Fraction

import numpy as np
import pytest

from tests.udfs.features.oracle import Bar, bars_of, compare, rows_of, term_of, walk
from tests.udfs.market.logs import real
from udfs.arrays import CLOSE
from udfs.features.ideas import TRADE
from udfs.market.activity import Activity

SERIES = ("volume", "notional", "trades")


def oracle_of(series: str):
    def oracle(bars: list[Bar]) -> dict[str, float]:
        now, (buy, sell) = bars[-1], (bars[-1]["buy_volume"], bars[-1]["sell_volume"])
        is_first = len(bars) < 2 or not bars[-2]["close"]
        return {
            f"return_{series}_bar": 0.0
            if is_first
            else float(10_000 * (Fraction(now["close"], bars[-2]["close"]) - 1)),
            f"seconds_{series}_bar": 0.0 if len(bars) < 2 else (now["end_ns"] - bars[-2]["end_ns"]) / 1e9,
            f"trade_imbalance_{series}_bar": float(Fraction(buy - sell, buy + sell)) if buy + sell else 0.0,
        }

    return oracle


def names_of(series: str) -> tuple[str, ...]:
    return tuple(f"{name}_{series}_bar" for name in ("return", "seconds", "trade_imbalance"))


@pytest.mark.parametrize("place", range(3))
def test_oracle_on_made_up_bars(place: int) -> None:
    arrays = {"closes": walk(1, 200, 6_000_000), "activity": walk(2, 200, 6_000_000, number=place)}
    arrays["activity"] = arrays["activity"][arrays["activity"]["width"] == place]
    assert compare(names_of(SERIES[place]), oracle_of(SERIES[place]), arrays, needs=TRADE) > 100


@pytest.mark.parametrize("series", SERIES)
def test_oracle_on_real_trades(series: str) -> None:
    arrays = bars_of(real(60_000), (Activity,), term_of(*names_of(series)))
    assert len(arrays["activity"]) > 20
    assert compare(names_of(series), oracle_of(series), arrays, needs=TRADE) > 20


def test_a_row_does_not_know_the_trade_at_its_position() -> None:
    """A 1-s bar closes before the record at its position; the trade there closes the bar of activity."""
    closes, activity = np.zeros(2, CLOSE), np.zeros(1, CLOSE)
    closes["position"], closes["bid"], closes["ask"], closes["bid_size"], closes["ask_size"] = [5, 6], 99, 101, 1, 1
    activity["position"], activity["open"], activity["buy_volume"] = 5, 100, 3
    rows = rows_of(("trade_imbalance_volume_bar",), closes=closes, activity=activity)
    assert rows["x"].tolist() == [[0.0], [1.0]]
