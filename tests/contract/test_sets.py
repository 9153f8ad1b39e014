"""The contract battery over the machines that only other feature sets run: levels, prints, bars of activity, ideas."""

from functools import cache

import msgspec
import pytest

from jobs.adapters.strategies import load_strategy
from schemas.config import FeaturesConfig, FeedConfig
from schemas.control import Term
from schemas.feature_sets import SETS
from schemas.frame import Frame
from schemas.instrument import Universe
from tests.builders import captured, demo_term, generated, log, messages
from tests.contract.battery import (
    check_causality,
    check_frame_boundaries,
    check_interleaving,
    check_needs,
    check_repeats,
    check_restarts,
    run,
)
from tests.models.small import open_small, small_model
from udfs.machine import Pipeline
from udfs.pipeline import resources

COUNTED = {"bar_volume": 3_000, "bar_notional": 2_000 * 10**8, "bar_trades": 7}
CHOSEN = {
    "levels": ("depth_imbalance_5_1s", "level_flow_imbalance_10_1s", "spread", "volatility_1s"),
    "prints": ("effective_spread_1s", "realised_spread_10s", "lee_ready_imbalance_1s", "spread", "volatility_1s"),
    "activity": ("return_volume_bar", "rsi_14_trades_bar", "seconds_notional_bar", "spread", "volatility_1s"),
    "pairs": ("beta_60_1s", "beta_60_10s", "spread", "volatility_1s"),
    "all": SETS["all"],
}
REFERENCE = 2  # of channel 1, which gives channel 0 nothing of it here
ARRAYS = {
    "levels": {"depths"},
    "prints": {"prints"},
    "activity": {"activity"},
    "pairs": {"pairs"},
    "all": {"depths", "prints", "activity", "pairs"},
}


def term(names: tuple[str, ...]) -> Term:
    model, plain = small_model(names), demo_term()
    instruments = [msgspec.structs.replace(one, **COUNTED) for one in plain.universe.instruments]
    reference = instruments[REFERENCE] = msgspec.structs.replace(instruments[REFERENCE], reference_of=(0,))
    return msgspec.structs.replace(
        plain,
        universe=Universe(tuple(instruments)),
        features=FeaturesConfig(names=names, reference=f"{reference.venue} {reference.symbol}"),
        feature_hash=model.feature_hash,
        models=(model,),
    )


def build(given: Term, channel: int) -> Pipeline:
    return resources(open_small, load_strategy).build(given, channel)


@cache
def real(name: str, seconds: int) -> list[Frame]:
    """Real ticks with every change of the book."""
    return list(log(captured(1, seconds), term(CHOSEN[name]), 1, FeedConfig(frame_wait_us_max=100_000)))


@pytest.fixture(params=CHOSEN)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_logs_reach_the_machines_of_the_set(name: str) -> None:
    trace = run(build, messages(real(name, 15)), 1)
    assert trace.keys() >= ARRAYS[name] | {"features", "scores", "rows", "decisions"}


def test_frame_boundaries_cannot_be_seen(name: str) -> None:
    check_frame_boundaries(build, real(name, 15), 1, 1, 200)


def test_frame_boundaries_cannot_be_seen_in_a_rough_log(name: str) -> None:
    check_frame_boundaries(build, list(log(generated(0, 40), term(CHOSEN[name]), 0)), 0, 2, 7)


def test_restarts_cannot_be_seen(name: str) -> None:
    check_restarts(build, messages(real(name, 15)), 1, 1)


def test_machines_need_what_they_say(name: str) -> None:
    check_needs(build, messages(real(name, 6)), 1)
    check_needs(build, messages(log(generated(0, 40), term(CHOSEN[name]), 0)), 0)


def test_repeats_cannot_be_seen(name: str) -> None:
    check_repeats(build, messages(real(name, 6)), 1)


def test_the_future_cannot_be_seen(name: str) -> None:
    frames = real(name, 15)
    check_causality(build, frames, 1, int(0.6 * len(frames)))


def test_channels_do_not_see_each_other() -> None:
    frames = {one: messages(log(generated(one, 15, seed=one), term(SETS["all"]), one)) for one in (0, 1)}
    check_interleaving(build, frames)
