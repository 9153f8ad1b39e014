"""From ticks to rows: where frames are cut and where a process is restarted cannot be seen in any output."""

from itertools import chain, cycle, repeat

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import StateError
from tests.udfs.market.logs import CHANNEL, LAYOUTS, Segment, play, real, segments, term
from udfs.features.row import Features
from udfs.machine import Pipeline
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality

MACHINES = (Quality, Book, Bars, Features)


def machines() -> list:
    return [kind(term(), CHANNEL) for kind in MACHINES]


def assert_same(found: dict, expected: dict) -> None:
    for name, array in expected.items():
        assert found[name].tobytes() == array.tobytes(), name


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments(), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_frame_cuts_are_invisible(parts: list[Segment], sizes: list[int]) -> None:
    whole = play(machines(), parts)
    assert_same(play(machines(), parts, cycle(sizes)), whole)
    assert_same(play(machines(), parts, repeat(1)), whole)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments(), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_restarts_are_invisible(parts: list[Segment], sizes: list[int]) -> None:
    """Each frame is folded by new machines from the bytes of the state before."""
    assert_same(play(machines(), parts, cycle(sizes), restart=True), play(machines(), parts))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments(), segments(events_max=10), st.integers(0, 60))
def test_the_future_changes_nothing_before_it(parts: list[Segment], other: list[Segment], at: int) -> None:
    ticks = parts[0].ticks
    changed = np.concatenate([ticks[:at], *[part.ticks for part in other]])
    left, right = play(machines(), [Segment(False, ticks)]), play(machines(), [Segment(False, changed)])
    common = len(play(machines(), [Segment(False, ticks[:at])])["ticks"])
    for name in LAYOUTS:
        if name != "ticks":
            kept = [one[name][one[name]["position"] < common] for one in (left, right)]
            assert kept[0].tobytes() == kept[1].tobytes(), name


def test_real_ticks_in_frames_of_every_size() -> None:
    parts = real(20_000)
    whole = play(machines(), parts)
    assert len(whole["features"]) > 10
    sizes = chain([1, 1, 2], cycle([3, 64, 1000, 4096, 7]))
    assert_same(play(machines(), parts, sizes, restart=True), whole)


@pytest.mark.parametrize("kind", MACHINES)
def test_a_state_has_bytes_of_fixed_length(kind: type) -> None:
    machine = kind(term(), CHANNEL)
    data = machine.dump(machine.initial())
    assert machine.dump(machine.load(data)) == data
    with pytest.raises((StateError, ValueError)):
        machine.load(data[:-8])
    with pytest.raises(StateError):
        machine.load(data + bytes(8))


def test_a_pipeline_of_them_finds_its_states_again() -> None:
    pipeline = Pipeline(machines())
    data = pipeline.dump(pipeline.initial())
    assert pipeline.dump(pipeline.load(data)) == data
