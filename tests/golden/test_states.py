"""States that earlier releases left load under the code of today and go on as if nothing had happened."""

import pytest

from tests.builders import demo_resources
from tests.golden import CHANNELS, Golden, made_of, read, releases
from udfs.channel import Channel
from udfs.journal import Keeper, Memory
from udfs.play import play

CASES = [(release, channel) for release in releases() for channel in CHANNELS]


@pytest.fixture(params=CASES, ids=str)
def golden(request: pytest.FixtureRequest) -> tuple[int, Golden]:
    release, channel = request.param
    return channel, read(release)[channel]


def test_the_log_of_a_release_is_decided_as_it_was(golden: tuple[int, Golden]) -> None:
    channel, told = golden
    outputs = list(play(told.log, channel, demo_resources()))
    assert made_of(outputs[: told.taken]) == told.before
    assert made_of(outputs[told.taken :]) == told.after


def test_a_state_of_a_release_goes_on_with_the_same_outputs(golden: tuple[int, Golden]) -> None:
    channel, told = golden
    machine = Channel(channel, demo_resources())
    state = machine.load(told.state)
    assert made_of([machine.step(state, data) for data in told.log[told.taken :]]) == told.after


def test_a_journal_of_a_release_goes_on_with_the_same_outputs(golden: tuple[int, Golden]) -> None:
    channel, told = golden
    store = Memory()
    for entry in told.journal:
        store.append(entry)
    keeper = Keeper(Channel(channel, demo_resources()), store, 1 << 20)
    assert made_of([keeper.step(data) for data in told.log[told.taken :]]) == told.after


def test_the_states_were_taken_where_it_is_hard(golden: tuple[int, Golden]) -> None:
    """Orders under way, a journal that holds messages, and outputs of every topic after."""
    channel, told = golden
    state = Channel(channel, demo_resources()).load(told.state)
    assert state.own[-1].ledger.timers
    assert len(told.journal) > 1
    assert told.after.keys() == {
        *("decisions.v1", "executions.v1", "features.v1", "orders.v1", "outcomes.v1", "progress.v1")
    }


def test_every_version_of_today_has_golden_states() -> None:
    """Another version, another folder: `python -m tests.golden RELEASE`."""
    told = read(releases()[-1])[0]
    pipeline = Channel(0, demo_resources()).load(told.state).pipeline
    assert pipeline is not None
    for machine in pipeline.machines:
        part = machine.name.encode().ljust(16, b"\0") + machine.version.to_bytes(4, "little")
        found = [release for release in releases() if part in read(release)[0].state]
        assert found, f"no golden state of {machine.name} version {machine.version}"
