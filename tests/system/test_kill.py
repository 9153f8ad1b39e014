"""SIGKILL of the TaskManager in the middle of a run: nothing is lost, nothing changes, nothing is doubled."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.adapters.cluster import Cluster
from schemas.topics import DECISIONS
from tests.builders import captured, demo_resources, demo_term, log, messages
from tests.system.rig import CHANNELS, Rig
from udfs.play import canonical_bytes, play

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

SECONDS = 100
WRITE_S = 12.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = Path(tmp_path_factory.mktemp("cluster"))
    made = Cluster(folder / "flink", checkpoints=folder / "checkpoints", savepoints=folder / "savepoints")
    made.start(taskmanagers=2)
    yield made
    made.stop()


def until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.2)


def test_a_killed_taskmanager_cannot_be_seen_in_the_output(rig: Rig, cluster: Cluster) -> None:
    logs = {channel: messages(log(captured(channel, SECONDS), demo_term(), channel)) for channel in CHANNELS}
    played = {channel: canonical_bytes(play(logs[channel], channel, demo_resources())) for channel in CHANNELS}
    job = cluster.submit("jobs.trade", *rig.trade_arguments())
    writers = [
        threading.Thread(target=rig.write, args=(channel, logs[channel], WRITE_S / len(logs[channel])))
        for channel in CHANNELS
    ]
    for writer in writers:
        writer.start()
    until(lambda: any(rig.canonical(channel).get(DECISIONS.name) for channel in CHANNELS), 90, "a first decision")
    (host,) = cluster.rest.hosts(job)
    os.kill(cluster.taskmanager_pids()[host], signal.SIGKILL)
    cluster.add_taskmanager()
    for writer in writers:
        writer.join()
    until(lambda: all(rig.canonical(channel) == played[channel] for channel in CHANNELS), 90, "the uninterrupted bytes")
    assert host not in cluster.rest.hosts(job)
    assert cluster.rest.job_state(job) == "RUNNING"
