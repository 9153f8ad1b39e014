"""The local Flink cluster: its JVMs have known ids, a killed one is replaced, jobs live through it, nothing stays."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jobs.adapters.cluster import Cluster
from jobs.adapters.rest import FlinkError
from schemas.errors import SetupError

pytestmark = [pytest.mark.system, pytest.mark.timeout(360)]

COUNTING = "tests.jobs.adapters.counting"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder / "cluster", checkpoints=folder / "checkpoints", savepoints=folder / "savepoints")
    cluster.start(taskmanagers=2)
    pids = [cluster.jobmanager_pid(), *cluster.taskmanager_pids().values()]
    yield cluster
    pids += [cluster.jobmanager_pid(), *cluster.taskmanager_pids().values()]
    cluster.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids if pid is not None)


def until(condition: Callable[[], object], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def counts(path: Path) -> list[tuple[int, int]]:
    """The complete lines: number, count."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [(int(number), int(count)) for number, count in (line.split() for line in lines)]


def test_taskmanagers_are_registered_under_known_process_ids(cluster: Cluster) -> None:
    pids = cluster.taskmanager_pids()
    assert cluster.rest.taskmanagers() == dict.fromkeys(pids, 1)
    for name, pid in pids.items():
        assert f"taskmanager.resource-id={name}" in psutil.Process(pid).cmdline()


def test_everything_listens_on_this_machine_only(cluster: Cluster) -> None:
    for pid in (cluster.jobmanager_pid(), *cluster.taskmanager_pids().values()):
        found = psutil.Process(pid).net_connections()
        listening = [connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN]
        assert listening and set(listening) == {"127.0.0.1"}


def test_another_run_on_the_folder_is_refused(cluster: Cluster, folder: Path) -> None:
    other = Cluster(folder / "cluster", checkpoints=folder, savepoints=folder)
    for attempt in (other.start, other.attach):
        with pytest.raises(SetupError, match="belongs to another running penstock"):
            attempt()
    other.stop()
    cluster.check()


def test_a_job_lives_through_a_kill_and_a_savepoint(cluster: Cluster, folder: Path) -> None:
    seen = folder / "counts"
    job = cluster.submit(COUNTING, str(seen))
    until(lambda: cluster.rest.is_processing(job) and cluster.rest.checkpoints(job)[0] >= 1 and counts(seen))

    (host,) = cluster.rest.hosts(job)
    os.kill(cluster.taskmanager_pids()[host], signal.SIGKILL)
    until(lambda: host not in cluster.rest.taskmanagers(), 60)
    before = len(counts(seen))
    assert host not in cluster.taskmanager_pids()
    spare = cluster.add_taskmanager()
    assert spare not in (host, "taskmanager-1", "taskmanager-2")
    until(lambda: len(counts(seen)) > before)
    assert cluster.rest.hosts(job) != {host}

    savepoint = cluster.stop_with_savepoint(job)
    assert cluster.rest.job_state(job) == "FINISHED"
    assert savepoint.startswith((folder / "savepoints").as_uri().replace("file:///", "file:/"))
    before = len(counts(seen))
    resumed = cluster.submit(COUNTING, str(seen), savepoint=savepoint)
    until(lambda: len(counts(seen)) > before)
    cluster.rest.cancel(resumed)
    assert cluster.rest.jobs() == {job: "FINISHED", resumed: "CANCELED"}

    found = counts(seen)
    assert all(count == number + 1 for number, count in found), "state and source position were restored together"
    numbers = {number for number, _ in found}  # what the killed worker had written last may not be written again yet
    assert numbers == set(range(max(numbers) + 1)), "nothing was lost"
    assert found[before][0] == found[before - 1][0] + 1, "a savepoint repeats nothing"


def test_a_job_that_cannot_be_submitted_tells_why(cluster: Cluster) -> None:
    with pytest.raises(FlinkError, match=r"not submitted(.|\n)*no_such_job"):
        cluster.submit("jobs.no_such_job")


def test_a_dead_cluster_is_an_error_not_a_hang(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, checkpoints=tmp_path, savepoints=tmp_path)
    with pytest.raises(SetupError, match="penstock cluster up"):
        _ = cluster.rest_address
    assert not cluster.attach()
