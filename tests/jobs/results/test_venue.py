"""Bars by venue time in numpy against one trade after the other in a dict; and every difference is told."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as some

from jobs.results.venue import (
    BAR,
    OUT_OF_ORDER_MS,
    TRADE,
    VALUES,
    is_late,
    middle_close,
    venue_bars,
    venue_parities,
)
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from tests.jobs.results.slow_venue import slow_bars

START_NS = 1_790_000_000_000_000_000
one_trade = some.tuples(
    some.integers(-1_500, 1_500), some.integers(0, 999_999), some.integers(0, 2), some.integers(-3, 3)
)


def trades_of(steps: list[tuple[int, int, int, int]]) -> Records:
    """Trades whose venue time moves by the given ms, mostly on, sometimes far back."""
    trades, now_ms = np.zeros(len(steps), TRADE), 0
    for position, (step_ms, rest_ns, instrument, price) in enumerate(steps):
        now_ms += step_ms + 300
        trades[position] = (position, instrument, START_NS + now_ms * 1_000_000 + rest_ns, 100 + price, position + 1)
    return trades


@given(some.lists(one_trade, max_size=60), some.sampled_from(BAR_WIDTHS_NS))
def test_bars_and_late_trades_equal_those_of_one_trade_after_the_other(
    steps: list[tuple[int, int, int, int]], width_ns: int
) -> None:
    trades = trades_of(steps)
    bars, late = slow_bars(trades.tolist(), width_ns, OUT_OF_ORDER_MS)
    found = venue_bars(trades, width_ns)
    assert {(int(one["instrument"]), int(one["end_ns"])): one.tolist()[2:] for one in found} == bars
    assert trades["position"][is_late(trades["venue_ns"], width_ns)].tolist() == late
    assert int(found["trades"].sum()) + len(late) == len(trades)


def table_of(records: Records) -> pa.Table:
    return pa.table({name: records[name] for name in records.dtype.names})


def tables(trades: Records) -> tuple[pa.Table, pa.Table]:
    """What Flink should say, from numpy itself."""
    bars, late = [], defaultdict(list)
    for width_ns in BAR_WIDTHS_NS:
        found = table_of(venue_bars(trades, width_ns))
        bars.append(found.append_column("width_ns", pa.array([width_ns] * len(found), pa.int64())))
        for position in trades["position"][is_late(trades["venue_ns"], width_ns)].tolist():
            late["width_ns"].append(width_ns)
            late["position"].append(position)
    schema = {name: pa.array(late[name], pa.int64()) for name in ("width_ns", "position")}
    return pa.concat_tables(bars), pa.table(schema)


RANDOM = np.random.default_rng(7)
TRADES = trades_of([(int(RANDOM.integers(-900, 400)), 0, int(RANDOM.integers(3)), 0) for _ in range(400)])


def test_equal_bars_agree_and_late_trades_are_among_what_is_compared() -> None:
    found = list(venue_parities(TRADES, *tables(TRADES)))
    assert len(found) == len(BAR_WIDTHS_NS) * (len(VALUES) + 1)
    assert not any(one.different or one.missing for one in found)
    assert next(one for one in found if one.quantity == "1-s venue-time bars: late trades").compared > 0


def test_a_missing_bar_a_missing_late_trade_and_a_doubled_one_are_told() -> None:
    bars, late = tables(TRADES)
    without = {one.quantity: one for one in venue_parities(TRADES, bars.slice(1), late.slice(1))}
    assert without["1-s venue-time bars: open"].missing == 1
    assert without["1-s venue-time bars: late trades"].missing == 1
    twice = {one.quantity: one for one in venue_parities(TRADES, bars, pa.concat_tables([late, late.slice(0, 1)]))}
    assert twice["1-s venue-time bars: late trades"].different == 1


def test_the_trade_that_is_mutated_shows_in_a_close() -> None:
    changed = TRADES.copy()
    changed["price_units"][middle_close(TRADES)] += 1
    found = {one.quantity: one for one in venue_parities(TRADES, *tables(changed))}
    assert found["1-s venue-time bars: close"].different == 1


def test_without_trades_there_are_no_bars_and_nothing_is_compared() -> None:
    none = np.zeros(0, TRADE)
    assert venue_bars(none, BAR_WIDTHS_NS[0]).tolist() == np.zeros(0, BAR).tolist()
    assert middle_close(none) is None
    assert not any(one.compared for one in venue_parities(none, *tables(none)))
