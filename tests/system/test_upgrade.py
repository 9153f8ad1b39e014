"""A savepoint of each earlier release, restored under the code of today, goes on like an uninterrupted run."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden import CHANNELS, FOLDER, digests, read, releases
from tests.golden.savepoint import unpack
from tests.system.rig import Rig, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture(params=releases())
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "rig")
    yield made
    made.close()


def test_a_savepoint_of_a_release_goes_on_byte_for_byte(release: str, broker: Rig, tmp_path: Path) -> None:
    """What the job writes is what followed in the uninterrupted run: the orders before are not sent again."""
    golden, work = read(release), tmp_path / "work"
    for channel in CHANNELS:
        broker.write(channel, golden[channel].log[: golden[channel].taken])
    unpack(FOLDER / release / "savepoint.tar.xz", work)
    job = broker.start_trade(work)
    for channel in CHANNELS:
        broker.write(channel, golden[channel].log[golden[channel].taken :])
    until(broker.is_read, 90, "trade has read the logs")
    assert job.stop(60, signal.SIGTERM)
    for channel in CHANNELS:
        assert digests(broker.canonical(channel)) == golden[channel].after
