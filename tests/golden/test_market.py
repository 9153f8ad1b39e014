"""States of levels, prints and bars of activity that earlier releases left go on under the code of today."""

import pytest

from tests.golden.market import ARRAYS, Market, made, pipeline, read, releases, ticks_of


@pytest.fixture(params=releases())
def told(request: pytest.FixtureRequest) -> Market:
    return read(request.param)


def test_a_state_of_a_release_goes_on_with_the_same_arrays(told: Market) -> None:
    machines = pipeline()
    state = machines.load(told.state)
    assert made(machines, state, ticks_of(told), told.taken) == told.after
    assert all(not digest.startswith("0 bytes") for digest in told.after.values()) and {*told.after} == {*ARRAYS}


def test_the_ticks_of_a_release_lead_to_its_state(told: Market) -> None:
    machines = pipeline()
    state = machines.initial()
    made(machines, state, ticks_of(told)[: told.taken], 0)
    assert made(machines, state, ticks_of(told), told.taken) == told.after


def test_every_version_of_today_has_a_golden_state() -> None:
    """Another version, another file: `python -m tests.golden.market RELEASE`."""
    for machine in pipeline().machines:
        part = machine.name.encode().ljust(16, b"\0") + machine.version.to_bytes(4, "little")
        assert any(part in read(release).state for release in releases()), f"{machine.name} version {machine.version}"
