"""Returns of the mid, against pandas."""

import math
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest

from tests.udfs.features.oracle import Bar, compare, real_bars, walk

NAMES = ("return_60s", "volatility_60s")


def oracle(bars: list[Bar]) -> dict[str, float]:
    mids = [Fraction(bar["bid"] + bar["ask"], 2) for bar in bars]
    returns = [float(10_000 * (after / before - 1)) for before, after in pairwise(mids)]
    squares = pd.Series([value * value for value in returns]).ewm(alpha=0.06, adjust=False).mean()
    volatility = math.sqrt(squares.iloc[-1]) if returns else 0.0
    return {"return_60s": returns[-1] if returns else 0.0, "volatility_60s": volatility}


@pytest.mark.parametrize("base", [60, 6_000_000, 10**16, 2**61])
def test_oracle_on_ugly_bars(base: int) -> None:
    assert compare(NAMES, oracle, {"closes": walk(1, 300, base, number=2)}) > 50


def test_oracle_on_real_bars() -> None:
    assert compare(NAMES, oracle, real_bars()) > 20


def test_oracle_of_one_of_the_values_and_in_another_order() -> None:
    closes = walk(2, 200, 6_000_000, number=2)
    assert compare(NAMES[1:], lambda bars: {NAMES[1]: oracle(bars)[NAMES[1]]}, {"closes": closes})
    assert compare(NAMES[::-1], oracle, {"closes": closes})
