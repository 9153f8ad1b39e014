"""Feature sets: what is not asked for is neither kept nor computed; what is asked for does not depend on the rest."""

from functools import cache
from itertools import cycle

import numpy as np
import pytest

from schemas.features import NAMES, TABLE
from tests.udfs.features.oracle import rows_of, term_of
from tests.udfs.market.logs import CHANNEL, play, real
from udfs.features.ideas import IDEAS
from udfs.features.row import Features
from udfs.features.walks import Walks, loop_of
from udfs.pipeline import market

ALL = tuple(feature.name for feature in TABLE)
SHARED = [(name,) for name in NAMES]
EACH_KERNEL = [(name,) for name in {idea.update: idea.names[-1] for idea in IDEAS}.values()]
TICKS = cache(lambda: real(60_000))
MIXED = ("return_60s", "rsi_6_10s", "spread", "volatility_60s")


def market_of(names: tuple[str, ...]) -> list:
    return market(term_of(*names), CHANNEL)


@pytest.fixture(scope="module")
def whole() -> dict:
    return play(market_of(ALL), TICKS())


@pytest.mark.parametrize(
    "names", [*SHARED, *EACH_KERNEL, MIXED, NAMES, ALL[::-1]], ids=lambda names: f"{names[0]}..{len(names)}"
)
def test_a_value_does_not_depend_on_what_else_is_asked_for(whole: dict, names: tuple[str, ...]) -> None:
    rows, all_rows = play(market_of(names), TICKS())["features"], whole["features"]
    assert len(rows) == len(all_rows) > 10
    for place, name in enumerate(names):
        assert rows["x"][:, place].tobytes() == all_rows["x"][:, ALL.index(name)].tobytes(), name


def test_frame_cuts_and_restarts_are_invisible_with_every_feature(whole: dict) -> None:
    machines = market_of(ALL)
    made = play(machines, TICKS(), cycle([1, 700, 4096, 3]), restart=True, under=term_of(*ALL))
    for name, array in whole.items():
        assert made[name].tobytes() == array.tobytes(), name


def test_the_default_set_keeps_nothing_of_the_ideas() -> None:
    state = Features(term_of(*NAMES), CHANNEL).initial()
    assert list(state) == ["head", "cores_1s", "cores_10s", "trends", "volumes", "x"]
    assert all(len(array) for array in state.values())


def test_what_is_not_asked_for_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list = []
    monkeypatch.setattr("udfs.features.walks.loop_of", lambda update: compiled.append(update) or loop_of(update))
    machine = Features(term_of("return_60s"), CHANNEL)
    sizes = {name: array.nbytes for name, array in machine.initial().items()}
    assert [name for name, size in sizes.items() if size] == ["head", "x", "own of return_60s", "bars of return_60s"]
    assert len(compiled) == 1
    assert not Walks(term_of(*NAMES), np.ones(5, "u1")).initial()


def test_no_rows_still_have_the_records_of_the_set() -> None:
    names = ("return_60s",)
    assert rows_of(names).dtype.names[-2:] == ("x", "codes")
