"""Depth, spreads, signs and messages in the feature row, against fractions of what the market's machines say."""

import math
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from schemas.features import BY_NAME, TABLE
from schemas.records import Mark
from tests.udfs.features.oracle import OWN, term_of
from tests.udfs.market.logs import CHANNEL, Segment, play
from tests.udfs.market.test_levels import LOGS, real
from udfs.arrays import Standing
from udfs.market.levels import Levels
from udfs.market.prints import Prints
from udfs.pipeline import market

DEPTH = tuple(
    f"{name}_{n}_{s}" for s in ("1s", "10s") for n in (5, 10) for name in ("depth_imbalance", "level_flow_imbalance")
)
PRINTS = ("effective_spread", "realised_spread", "price_impact", "tick_rule_imbalance", "lee_ready_imbalance")
NAMES = (*DEPTH, *(f"{name}_{s}" for s in ("1s", "10s") for name in (*PRINTS, "quote_to_trade_ratio")))
Values = dict[str, float]


def ratio(numerator: int, denominator: int) -> float:
    return float(Fraction(numerator, denominator)) if denominator else 0.0


def of_depth(depth: np.void, suffix: str) -> Values:
    told: Values = {}
    for n in (5, 10):
        bids, asks, flow = (sum(depth[name].tolist()[:n]) for name in ("bid_size", "ask_size", "flow"))
        if not depth["standing"] & Standing.LOST and depth["known"] >= n:
            told[f"depth_imbalance_{n}_{suffix}"] = ratio(bids - asks, bids + asks)
            told[f"level_flow_imbalance_{n}_{suffix}"] = ratio(2 * n * flow, bids + asks)
    return told


def of_print(print_: np.void, suffix: str) -> Values:
    one = {name: int(print_[name]) for name in print_.dtype.names if name != "pad"}
    told = {
        f"tick_rule_imbalance_{suffix}": ratio(one["tick_rule"], one["volume"]),
        f"lee_ready_imbalance_{suffix}": ratio(one["lee_ready"], one["volume"]),
    }
    for name, field, size in zip(PRINTS, ("effective", "realised", "impact"), ("quoted", "matured", "matured")):  # noqa: B905
        if one["mid_half"] and one[size]:
            told[f"{name}_{suffix}"] = ratio(20_000 * one[field], one[size] * one["mid_half"])
    return told


def of_close(close: np.void, suffix: str) -> Values:
    if close["empty"] or not (close["bid_size"] and close["ask_size"]):
        return {}
    return {f"quote_to_trade_ratio_{suffix}": ratio(int(close["quotes"]), max(1, int(close["trades"])))}


def tell(made: dict[str, np.ndarray]) -> list[Values]:
    held = {number: dict.fromkeys(NAMES, 0.0) for number in OWN}
    rows = []
    for close, depth, print_ in zip(made["closes"], made["depths"], made["prints"], strict=True):
        number, width = int(close["instrument"]), int(close["width"])
        if number not in OWN or width == 2:
            continue
        suffix = ("1s", "10s")[width]
        held[number] |= of_depth(depth, suffix) | of_print(print_, suffix) | of_close(close, suffix)
        if width == 0 and not close["empty"]:
            is_known = not depth["standing"] & Standing.LOST and depth["known"] >= 10
            rows.append({**held[number], "marks": int(close["marks"]) | (0 if is_known else Mark.GAP)})
    return rows


def check(parts: list[Segment]) -> np.ndarray:
    made = play(market(term_of(*NAMES), CHANNEL), parts)
    told = tell(made)
    assert len(made["features"]) == len(told)
    for row, expected in zip(made["features"], told, strict=True):
        assert row["marks"] == expected["marks"]
        for name, found in zip(NAMES, row["x"].tolist(), strict=True):
            assert math.isclose(found, expected[name], rel_tol=1e-5, abs_tol=1e-6), (name, found, expected[name])
    return made["features"]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS)
def test_oracle_of_fractions_on_ugly_logs(parts: list[Segment]) -> None:
    assert np.isfinite(check(parts)["x"]).all()


@pytest.mark.parametrize(("market_", "symbol"), [("spot", "ethusdt"), ("usdm", "btcusdt")])
def test_oracle_of_fractions_on_real_ticks(market_: str, symbol: str) -> None:
    rows = check(real(market_, symbol, 100_000))
    assert (rows["marks"][5:] == 0).all()
    late = rows[-10:]["x"]
    assert (np.abs(late).max(axis=0) > 0).all()  # every feature says something
    assert np.abs(late[:, NAMES.index("depth_imbalance_5_1s")]).max() <= 1


def test_the_machines_run_only_when_their_features_are_asked_for() -> None:
    def extra(*names: str) -> list[type]:
        return [type(machine) for machine in market(term_of(*names), CHANNEL)[3:-1]]

    assert extra(*[feature.name for feature in TABLE if feature.series.array == "closes"]) == []
    assert extra("depth_imbalance_5_1s") == [Levels]
    assert extra("effective_spread_10s") == [Prints]
    assert extra(*NAMES) == [Levels, Prints]


def test_a_row_is_marked_only_for_levels_that_its_set_asks_for() -> None:
    """Without a snapshot nothing is known; a set that does not look at the levels does not mind."""
    parts = real("spot", "ethusdt", 20_000)
    changes = [Segment(False, parts[0].ticks[(parts[0].ticks["flags"] & 2) == 0])]
    marks = {name: set(play(market(term_of(name), CHANNEL), changes)["features"]["marks"].tolist())
             for name in ("spread", "depth_imbalance_5_1s")}  # fmt: skip
    assert marks["spread"] == {0}
    assert all(mark & Mark.GAP for mark in marks["depth_imbalance_5_1s"])


def test_the_words_of_the_table() -> None:
    assert {BY_NAME[name].series.array for name in NAMES} == {"depths", "prints", "closes"}
    assert msgspec.json.encode(term_of(*NAMES).features)
