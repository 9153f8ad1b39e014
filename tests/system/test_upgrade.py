"""A savepoint of each earlier release, restored under the code of today, goes on like an uninterrupted run."""

import json
import re
import signal
import urllib.request
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
    job = broker.start_trade(work, "--folder", str(work))
    for channel in CHANNELS:
        broker.write(channel, golden[channel].log[golden[channel].taken :])
    until(broker.is_read, 90, "trade has read the logs")
    assert_it_tells(work)
    assert job.stop(60, signal.SIGTERM)
    for channel in CHANNELS:
        assert digests(broker.canonical(channel)) == golden[channel].after


def assert_it_tells(work: Path) -> None:
    """That it does its work, that all is read, and how old its newest checkpoint is."""
    [target] = json.loads((work / "metrics" / "trade.json").read_text())
    own = {"penstock_ready 1.0", 'penstock_lag_messages{channel="0",topic="ticks.v1"} 0.0'}
    until(lambda: own <= {*page(target["targets"][0]).splitlines()}, 20, "trade says that it is ready")
    assert re.search(r"^penstock_checkpoint_age_seconds [0-9.]+$", page(target["targets"][0]), re.M)


def page(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        return str(answer.read().decode())
