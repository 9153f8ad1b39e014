"""The preprocessing kernel against a slow one in Python's own integers, and against what its numbers mean."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest

from schemas.frame import Records
from schemas.records import PREPROCESSED, TICK, TickKind
from tests.builders import captured
from tests.rtl.ticks import burst, filling, ticks
from udfs.features.preprocess import FULL, STATE, SUM_MAX, SUM_MIN, preprocess


@dataclass
class Slow:
    """One instrument, by the definitions; nothing here can overflow."""

    mean: int | None = None
    variance: int = 0
    value: int = 0
    volume: int = 0
    signed_volume: int = 0
    flow: int = 0
    bid: tuple[int, int] | None = None
    ask: tuple[int, int] | None = None
    last_bid: tuple[int, int] = (0, 0)
    last_ask: tuple[int, int] = (0, 0)

    def step(self, tick: np.void) -> tuple[int, ...]:
        kind, exact = int(tick["kind"]), (int(tick["price"]), int(tick["size"]))
        price, size = (min(max(number, 0), 2**32 - 1) for number in exact)
        distance, z, marks = 0, 0, 0
        if kind <= 2 and not (kind == 0 and tick["flags"] & 24):
            marks = 2 * ((price, size) != exact)
        if kind == 0 and not tick["flags"] & 24:
            distance, z, clipped = self.trade(price, size, int(tick["side"]))
            marks |= clipped
        elif kind in (1, 2):
            self.quote(kind, price, size)
        elif kind == 4 and exact[1] == 3 and exact[0] in (-1, 1, 2):
            self.bid = self.ask = None
        marks |= 4 * any(one in (SUM_MIN, SUM_MAX) for one in (self.value, self.volume, self.signed_volume, self.flow))
        marks |= 8 * (self.mean is not None) | 16 * (self.bid is not None) | 32 * (self.ask is not None)
        sums = (self.value, self.volume, self.signed_volume, self.flow)
        averages = ((self.mean or 0) << 4, self.variance << 3)
        return (*averages, *sums, *self.last_bid, *self.last_ask, distance, z, marks)

    def trade(self, price: int, size: int, side: int) -> tuple[int, int, int]:
        before = price * 16 if self.mean is None else self.mean
        self.mean = before - before // 16 + price
        exact = (price * 16 - before) // 16
        distance = max(-131071, min(131071, exact))
        self.variance += distance**2 - self.variance // 32
        self.value = min(self.value + price * size, SUM_MAX)
        self.volume = min(self.volume + size, SUM_MAX)
        signed = self.signed_volume + {0: size, 1: -size}.get(side, 0)
        self.signed_volume = max(SUM_MIN, min(SUM_MAX, signed))
        return distance, self.normalise(distance), int(distance != exact)

    def normalise(self, distance: int) -> int:
        if self.variance == 0:
            return 0
        fixed = self.variance * 8
        pair = (fixed.bit_length() - 1) // 2
        mantissa = fixed * 4 ** (20 - pair) // 2**34
        return distance * round(2**19 / (mantissa + 0.5) ** 0.5) // 2 ** (2 + pair)

    def quote(self, kind: int, price: int, size: int) -> None:
        if kind == 1:
            new = (price if size else 0, size)
            if self.bid is not None:
                self.move((new[1] if new[0] >= self.bid[0] else 0) - (self.bid[1] if new[0] <= self.bid[0] else 0))
            self.bid = self.last_bid = new
            return
        new = (price if size else 2**32 - 1, size)
        if self.ask is not None:
            self.move((self.ask[1] if new[0] >= self.ask[0] else 0) - (new[1] if new[0] <= self.ask[0] else 0))
        self.ask = self.last_ask = new

    def move(self, flow: int) -> None:
        self.flow = max(SUM_MIN, min(SUM_MAX, self.flow + flow))


COLUMNS = [name for name in PREPROCESSED.names[len(TICK.names) :] if name != "pad"]


def slowly(given: Records) -> list[tuple[int, ...]]:
    rows: defaultdict[int, Slow] = defaultdict(Slow)
    return [rows[int(tick["instrument"])].step(tick) if tick["instrument"] < 64 else (0,) * 13 for tick in given]


def columns(records: Records) -> list[tuple[int, ...]]:
    return [tuple(record) for record in records[COLUMNS].tolist()]


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_slow_one_on_ugly_ticks(seed: int) -> None:
    given = ticks(4_000, seed, edges=0.1)
    assert columns(preprocess(given, np.zeros(64, STATE))) == slowly(given)


def test_equals_the_slow_one_on_real_ticks() -> None:
    given = captured(0, 60)
    found = preprocess(given, np.zeros(16, STATE))
    assert columns(found) == slowly(given)
    assert found[[*TICK.names]].tolist() == given.tolist()


@pytest.mark.parametrize("distance", range(4))
def test_equals_the_slow_one_in_bursts(distance: int) -> None:
    given = burst(distance, 500, distance)
    assert columns(preprocess(given, np.zeros(64, STATE))) == slowly(given)


def test_sums_stay_at_their_end() -> None:
    given = filling(64)
    found = preprocess(given, np.zeros(2, STATE))
    assert columns(found) == slowly(given)
    assert found["value"].max() == SUM_MAX and found["marks"][-1] & FULL


def test_does_not_depend_on_where_frames_are_cut() -> None:
    given = ticks(1_000, 9)
    whole, state = preprocess(given, np.zeros(64, STATE)), np.zeros(64, STATE)
    parts = [preprocess(given[at : at + 7], state) for at in range(0, len(given), 7)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_z_is_the_distance_in_standard_deviations() -> None:
    given = ticks(20_000, 5, edges=0.0)
    found = preprocess(given, np.zeros(64, STATE))
    trades = found[(found["kind"] == TickKind.TRADE) & (found["variance"] > 256 * 100)]
    exact = trades["distance"] / np.sqrt(trades["variance"] / 256)
    assert np.max(np.abs(trades["z"] / 1024 - exact)) < 0.008 * np.max(np.abs(exact)) + 1 / 1024
