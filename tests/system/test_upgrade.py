"""A savepoint of each earlier release, restored under the code of today, goes on like an uninterrupted run."""

import signal
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from jobs.adapters.endpoints import free_port
from schemas.metrics import CHANNEL_RECORDS
from tests.golden import CHANNELS, FOLDER, Golden, digests, read, releases
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


def tells_positions(port: int) -> bool:
    """Whether an embedded job's own page of Flink has counted records of every channel."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    counted = [line for line in lines if line.startswith(f"{CHANNEL_RECORDS.name}{{")]
    return len(counted) == len(CHANNELS) and all(float(line.split()[-1]) > 0 for line in counted)


def test_a_savepoint_of_a_release_goes_on_byte_for_byte(release: str, broker: Rig, tmp_path: Path) -> None:
    """What the job writes is what followed in the uninterrupted run: the orders before are not sent again.

    A third of it is written by one subtask, which brings the channels' state to the keys of today, a third by two, and
    a third by one again.
    """
    golden, work = read(release), tmp_path / "work"
    for channel in CHANNELS:
        broker.write(channel, golden[channel].log[: golden[channel].taken])
    unpack(FOLDER / release / "savepoint.tar.xz", work)
    one_subtask(broker, golden, work)
    for part, parallelism in ((1, "2"), (2, "1")):
        job = broker.start_trade(work, "--parallelism", parallelism)
        write_third(broker, golden, part)
        until(broker.is_read, 90, "trade has read the logs")
        assert job.stop(60, signal.SIGTERM)
    for channel in CHANNELS:
        assert digests(broker.canonical(channel)) == golden[channel].after


def one_subtask(broker: Rig, golden: dict[int, Golden], work: Path) -> None:
    """The first third of what followed; stopped with a savepoint."""
    port = free_port()
    job = broker.start_trade(work, "--folder", str(work), "--flink-metrics", str(port))
    write_third(broker, golden, 0)
    until(broker.is_read, 90, "trade has read the logs")
    until(partial(tells_positions, port), 10, "Flink's page tells of both channels")
    assert str(port) in (work / "metrics" / "flink.json").read_text()
    assert job.stop(60, signal.SIGTERM)
    assert not list((work / "metrics").iterdir())


def write_third(broker: Rig, golden: dict[int, Golden], part: int) -> None:
    """Of the messages that the golden states have not taken."""
    for channel in CHANNELS:
        messages = golden[channel].log[golden[channel].taken :]
        broker.write(channel, messages[len(messages) * part // 3 : len(messages) * (part + 1) // 3])
