"""Accounts against a slow oracle with exact fractions: partial closes, flips, linear and inverse."""

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Unsafe
from schemas.instrument import MONEY_UNIT, Instrument, Style, TickSize
from schemas.records import Side
from udfs.risk.account import ACCOUNT, apply_fill, profit

LINEAR = Instrument(
    number=0,
    symbol="X",
    venue="v",
    channel=0,
    price_decimals=2,
    size_decimals=3,
    tick_sizes=(TickSize(0, 1),),
    lot=1,
    size_min=1,
    quote="USDT",
    settle="USDT",
    fee="USDT",
)
INVERSE = msgspec.structs.replace(LINEAR, style=Style.INVERSE, settle="BTC", size_decimals=0, multiplier=100)
FILLS = st.lists(
    st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 10**8), st.integers(1, 10**6)),
    min_size=1,
    max_size=30,
)


def value_of(instrument: Instrument, price: int, size: int) -> Fraction:
    """Exact money of the settle currency, in units."""
    if instrument.style is Style.LINEAR:
        scale = 10 ** (instrument.price_decimals + instrument.size_decimals)
        return Fraction(price * size * instrument.multiplier * MONEY_UNIT, scale)
    shift = 10**instrument.price_decimals * MONEY_UNIT
    return Fraction(size * instrument.multiplier * shift, price * 10**instrument.size_decimals)


class Oracle:
    """Lots, first in at average cost: every size unit of the position has the same cost."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument, self.size, self.cost, self.realised = instrument, 0, Fraction(0), Fraction(0)

    def fill(self, side: int, price: int, size: int) -> None:
        way = 1 if side == Side.BUY else -1
        gain = -1 if self.instrument.style is Style.INVERSE else 1
        each = gain * way * value_of(self.instrument, price, size) / size
        closes = min(size, abs(self.size)) if self.size * way < 0 else 0
        if closes:
            closed_cost = self.cost * closes / abs(self.size)
            self.cost -= closed_cost
            self.realised -= closed_cost + each * closes
            self.size += way * closes
        self.cost += each * (size - closes)
        self.size += way * (size - closes)


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE])
@given(fills=FILLS)
@settings(max_examples=150, deadline=None)
def test_follows_the_oracle(instrument: Instrument, fills: list[tuple[int, int, int]]) -> None:
    account, oracle = np.zeros((), ACCOUNT), Oracle(instrument)
    for number, (side, price, size) in enumerate(fills, 1):
        apply_fill(account, instrument, side, price, size, 7)
        oracle.fill(side, price, size)
        assert account["size"] == oracle.size and account["fees"] == 7 * number
        total = oracle.realised - oracle.cost  # what does not depend on how costs are shared out
        assert abs(int(account["realised"]) - int(account["cost"]) - total) <= number
        assert abs(int(account["realised"]) - oracle.realised) <= 3 * number
        if oracle.size == 0:
            assert account["cost"] == 0


@pytest.mark.parametrize(
    "instrument, sells_at, gain",
    [(LINEAR, 11_000, 1000 * MONEY_UNIT), (LINEAR, 9_000, -1000 * MONEY_UNIT)],
)
def test_a_long_that_is_closed_and_flipped(instrument: Instrument, sells_at: int, gain: int) -> None:
    account = np.zeros((), ACCOUNT)
    apply_fill(account, instrument, Side.BUY, 10_000, 100_000, 5)  # 100.000 at 100.00
    apply_fill(account, instrument, Side.SELL, sells_at, 150_000, 5)
    assert (account["size"], account["realised"], account["fees"]) == (-50_000, gain, 10)
    assert profit(account, instrument, sells_at, sells_at) == gain - 10
    assert profit(account, instrument, sells_at - 100, sells_at - 100) == gain - 10 + 50 * MONEY_UNIT
    assert profit(account, instrument, 0, 0) == gain - 10  # without a quote, the position is worth its cost


def test_an_inverse_long_gains_when_the_price_rises() -> None:
    account = np.zeros((), ACCOUNT)
    apply_fill(account, INVERSE, Side.BUY, 10_000, 10, 0)  # ten contracts of 100 USD at 100.00: ten coins
    assert profit(account, INVERSE, 20_000, 20_000) == 5 * MONEY_UNIT
    assert profit(account, INVERSE, 5_000, 5_000) == -10 * MONEY_UNIT
    apply_fill(account, INVERSE, Side.SELL, 20_000, 10, 0)
    assert (account["size"], account["realised"]) == (0, 5 * MONEY_UNIT)


def test_beyond_the_range_is_unsafe() -> None:
    account = np.zeros((), ACCOUNT)
    with pytest.raises(Unsafe, match="beyond"):
        apply_fill(account, LINEAR, Side.BUY, 10**12, 10**12, 0)
