"""Trades against quotes: a list of all that has happened, searched anew for each trade."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.features import SECOND_NS
from schemas.records import NO_INSTRUMENT, TICK, Mark, Side, TickFlag, TickKind
from tests.udfs.market.logs import CHANNEL, LAST, START_NS, Segment, play, segments, term
from tests.udfs.market.test_levels import held, real
from udfs.arrays import PRINT
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.prints import HORIZON_SLOTS, SLOT_NS, Prints
from udfs.market.quality import Quality

SUMS = PRINT.names[2:-3]
BAD = Mark.GAP | Mark.ONE_SIDED | Mark.CROSSED


def machines() -> list:
    return [kind(term(), CHANNEL) for kind in (Quality, Book, Bars, Prints)]


@dataclass
class Trade:
    """A trade as one would tell it, with where it counts: at its own position, and at the one where it matures."""

    position: int
    at_ns: int
    price: int
    size: int
    venue: int
    tick_rule: int
    mid: int | None  # twice the mid before
    due: int | None = None  # the position at which channel time reaches its time
    after: int | None = None  # twice the mid then

    @property
    def lee_ready(self) -> int:
        distance = 2 * self.price - (self.mid if self.mid is not None else 2 * self.price)
        return self.tick_rule if distance == 0 else (1 if distance > 0 else -1)

    @property
    def sign(self) -> int:
        return self.venue or self.lee_ready


def mid_before(quotes: list[tuple], position: int, marks_too: int) -> int | None:
    """Twice the mid of the last quote before a position, if the marks up to `marks_too` allow it."""
    prices = [one for one in quotes if one[0] < position]
    marks = [one for one in quotes if one[0] <= marks_too]
    if not prices or marks[-1][7] & BAD or not (prices[-1][3] and prices[-1][5]):
        return None
    return prices[-1][2] + prices[-1][4]


def tell_trades(made: dict[str, np.ndarray], number: int) -> list[Trade]:
    quotes = [one for one in made["quotes"].tolist() if one[6] == number]
    time_ns = np.maximum.accumulate(made["ticks"]["receive_ns"])
    told: list[Trade] = []
    for position, tick in enumerate(made["ticks"]):
        is_other = tick["kind"] != TickKind.TRADE or tick["instrument"] != number
        if is_other or tick["flags"] & (TickFlag.CORRECTION | TickFlag.CANCEL):
            continue
        price, venue = int(tick["price"]), {Side.BUY: 1, Side.SELL: -1}.get(int(tick["side"]), 0)
        changes = [one.price for one in told if one.price != price]
        rule = 0 if not changes else (1 if price > changes[-1] else -1)
        mid = mid_before(quotes, position, position)
        trade = Trade(position, int(time_ns[position]), price, int(tick["size"]), venue, rule, mid)
        due_ns = (trade.at_ns // SLOT_NS + 1 + HORIZON_SLOTS) * SLOT_NS
        later = int(np.searchsorted(time_ns, due_ns))
        if later < len(time_ns):
            trade.due, trade.after = later, mid_before(quotes, later, later - 1)
        told.append(trade)
    return told


def sums(came: list[Trade], matured: list[Trade]) -> list[int]:
    """Exact: no sum of these logs leaves the range."""
    quoted = [one for one in came if one.mid is not None and one.sign]
    old = [one for one in matured if one.mid is not None and one.sign and one.after is not None]
    sided = [one for one in came if one.venue]
    return [
        len(came),
        sum(one.size for one in came),
        sum(one.tick_rule * one.size for one in came),
        sum(one.lee_ready * one.size for one in came),
        sum(one.size for one in quoted),
        sum(one.sign * (2 * one.price - one.mid) * one.size for one in quoted),
        sum(one.size for one in old),
        sum(one.sign * (2 * one.price - one.after) * one.size for one in old),
        sum(one.sign * (one.after - one.mid) * one.size for one in old),
        len(sided),
        sum(one.tick_rule == one.venue for one in sided),
        sum(one.lee_ready == one.venue for one in sided),
    ]


def check(parts: list[Segment]) -> np.ndarray:
    made = play(machines(), parts)
    trades = {number: tell_trades(made, number) for number in set(made["closes"]["instrument"].tolist())}
    last: dict[tuple[int, int], int] = {}
    assert len(made["prints"]) == len(made["closes"])
    for found, close in zip(made["prints"], made["closes"], strict=True):
        number, width, position = int(close["instrument"]), int(close["width"]), int(close["position"])
        before, last[number, width] = last.get((number, width), 0), position
        came = [one for one in trades[number] if before <= one.position < position]
        matured = [one for one in trades[number] if one.due is not None and before < one.due <= position]
        assert [int(found[name]) for name in SUMS] == sums(came, matured)
        mid = int(close["bid"] + close["ask"]) if close["bid_size"] and close["ask_size"] else 0
        assert (int(found["position"]), int(found["width"]), int(found["mid_half"])) == (position, width, mid)
        assert found["instrument"] == number
    return made["prints"]


def calm(parts: list[Segment]) -> list[Segment]:
    """Sizes and prices whose products fit: what saturates has a test of its own."""
    for part in parts:
        ticks = part.ticks
        traded = ticks["kind"] == TickKind.TRADE
        ticks["size"][traded] %= 1009
        ticks["price"] = np.where(ticks["price"] > 2**50, ticks["price"] % (20 * 2**30) + 400, ticks["price"])
    return parts


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments())
def test_oracle_of_lists_on_ugly_logs(parts: list[Segment]) -> None:
    check(calm(parts))


@pytest.mark.parametrize(("market", "symbol"), [("spot", "btcusdt"), ("usdm", "ethusdt")])
def test_oracle_of_lists_on_real_trades(market: str, symbol: str) -> None:
    prints = check(real(market, symbol, 15_000))
    assert prints["matured"].sum() > 0


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments(60), st.integers(0, 2**32))
def test_frames_and_restarts_cannot_be_seen(parts: list[Segment], seed: int) -> None:
    random = Random(seed)

    def sizes() -> Iterator[int]:
        while True:
            yield random.randint(1, 9)

    whole, cut = play(machines(), parts), play(machines(), parts, sizes(), restart=True)
    assert whole["prints"].tobytes() == cut["prints"].tobytes()


def test_oracle_of_pandas_for_lee_and_ready_on_real_trades() -> None:
    """The quote before each trade by `merge_asof`; the share that agrees with the venue's own side."""
    parts = real("usdm", "ethusdt", 120_000)
    made = play(machines(), parts)
    quotes = pd.DataFrame(made["quotes"][["position", "bid", "ask"]]).astype("int64")
    ticks = pd.DataFrame(made["ticks"][["kind", "price", "size", "side"]]).astype("int64")
    trades = ticks[ticks["kind"] == TickKind.TRADE].rename_axis("position").reset_index()
    joined = pd.merge_asof(trades, quotes, on="position", allow_exact_matches=False)
    rule = np.sign(trades["price"].diff()).replace(0, np.nan).ffill().fillna(0)
    distance = np.sign(2 * joined["price"] - joined["bid"] - joined["ask"])
    lee_ready = distance.where(distance != 0, rule)
    venue = 1 - 2 * joined["side"]
    seconds = made["prints"][made["prints"]["width"] == 0]
    ended = joined["position"] < int(made["closes"]["position"][-1])
    assert seconds["tick_rule_right"].sum() == (rule == venue)[ended].sum()
    assert seconds["lee_ready_right"].sum() == (lee_ready == venue)[ended].sum()
    assert seconds["lee_ready"].sum() == (lee_ready * joined["size"])[ended].sum()
    assert 0.75 < (lee_ready == venue).mean() < 1


def log(*rows: tuple[float, int, int, int, int]) -> list[Segment]:
    """(seconds, kind, price, size, side) of instrument 0; a bid has the ask 20 above it in the same event."""
    ticks = []
    for seconds, kind, price, size, side in rows:
        at_ns = START_NS + round(seconds * 1000) * 1_000_000
        ends = 0 if kind == TickKind.BID else LAST
        ticks.append((0, at_ns, price, size, 0, kind, side, ends))
        if kind == TickKind.BID:
            ticks.append((0, at_ns, price + 20, size, 0, TickKind.ASK, side, LAST))
    ticks.append((0, START_NS + 20 * SECOND_NS, 0, 0, NO_INSTRUMENT, int(TickKind.HEARTBEAT), 0, LAST))
    return [Segment(False, np.array(ticks, TICK))]


def totals(parts: list[Segment]) -> dict[str, int]:
    seconds = [one for one in check(parts) if one["width"] == 0]
    return {name: sum(int(one[name]) for one in seconds) for name in SUMS}


BID, TRADE = int(TickKind.BID), int(TickKind.TRADE)


def test_a_buy_that_moves_the_market_costs_the_maker() -> None:
    """Bought at the ask, 10 above the mid; 5 s later the mid is 40 higher."""
    found = totals(log((0, BID, 100, 5, 2), (0.05, TRADE, 120, 3, 0), (1, BID, 140, 5, 2), (9, BID, 140, 6, 2)))
    assert found["effective"] == 3 * 2 * 10
    assert found["realised"] == 3 * 2 * (10 - 40)
    assert found["impact"] == found["effective"] - found["realised"]


@pytest.mark.parametrize(("late", "moved"), [(5.099, 40), (5.1, 0)])
def test_what_comes_after_the_horizon_is_not_seen(late: float, moved: int) -> None:
    """A trade in the first tenth matures at 5.1 s, before the effect of a quote of that moment."""
    found = totals(log((0, BID, 100, 5, 2), (0.02, TRADE, 120, 1, 0), (late, BID, 140, 5, 2)))
    assert found["realised"] == 2 * (10 - moved)


def test_the_sign_without_a_venues_side() -> None:
    quote = (0, BID, 100, 5, 2)
    above, below = totals(log(quote, (1, TRADE, 120, 1, 2))), totals(log(quote, (1, TRADE, 100, 1, 2)))
    assert (above["lee_ready"], below["lee_ready"]) == (1, -1)
    up = totals(log(quote, (1, TRADE, 100, 7, 2), (1.1, TRADE, 110, 1, 2), (1.2, TRADE, 110, 1, 2)))
    assert (up["lee_ready"], up["tick_rule"]) == (-7 + 1 + 1, 0 + 1 + 1)
    assert totals(log((1, TRADE, 110, 1, 2)))["lee_ready"] == 0


def test_trades_after_a_gap_have_no_quote_before_them() -> None:
    first, then = log((0, BID, 100, 5, 2))[0].ticks[:2], log((0.2, TRADE, 120, 3, 0))[0].ticks
    found = totals([Segment(False, first), Segment(True, then)])
    assert (found["trades"], found["quoted"], found["effective"]) == (1, 0, 0)


def test_sums_stop_at_the_end_of_the_range() -> None:
    huge = 2**62 - 4
    rows = [(0, BID, 20, 5, 2), *[(0.05, TRADE, huge, huge, side) for side in (0, 0, 1, 0)], (8, BID, huge, 5, 2)]
    made = play(machines(), log(*rows))["prints"]
    seconds = made[made["width"] == 0]
    limit = 2**63 - 1
    distance = 2 * huge - 60
    effective = reduce(lambda a, b: held(a + b), [held(sign * distance * huge) for sign in (1, 1, -1, 1)])
    assert (seconds["volume"].max(), seconds["effective"].max()) == (limit, effective)
    assert seconds["realised"].min() >= -limit
