"""States of machines that other feature sets run, left by earlier releases, go on under the code of today."""

import pytest

from tests.golden.market import PORTRAITS, Market, Portrait, made, pipeline, read, releases, ticks_of

CASES = [(of, release) for of in PORTRAITS for release in releases(of)]
Told = tuple[Portrait, Market]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].file} {case[1]}")
def told(request: pytest.FixtureRequest) -> Told:
    of, release = request.param
    return of, read(of, release)


def test_a_state_of_a_release_goes_on_with_the_same_arrays(told: Told) -> None:
    of, market = told
    machines = pipeline(of)
    state = machines.load(market.state)
    assert made(of, machines, state, ticks_of(market), market.taken) == market.after
    assert all(not digest.startswith("0 bytes") for digest in market.after.values())
    assert {*market.after} == {*of.arrays}


def test_the_ticks_of_a_release_lead_to_its_state(told: Told) -> None:
    of, market = told
    machines = pipeline(of)
    state = machines.initial()
    made(of, machines, state, ticks_of(market)[: market.taken], 0)
    assert made(of, machines, state, ticks_of(market), market.taken) == market.after


@pytest.mark.parametrize("of", PORTRAITS, ids=lambda of: of.file)
def test_every_version_of_today_has_a_golden_state(of: Portrait) -> None:
    """Another version, another file: `python -m tests.golden.market RELEASE`."""
    for machine in pipeline(of).machines:
        part = machine.name.encode().ljust(16, b"\0") + machine.version.to_bytes(4, "little")
        assert any(part in read(of, release).state for release in releases(of)), f"{machine.name} {machine.version}"
