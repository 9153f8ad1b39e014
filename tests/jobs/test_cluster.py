"""`penstock cluster`: up outlives the command, status sees it, down ends it."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jobs.adapters.endpoints import read
from jobs.cluster import down, local_cluster, status

UP = (
    "import sys; from pathlib import Path; from jobs.cluster import up; sys.exit(up(Path(sys.argv[1]), taskmanagers=2))"
)


def run_up(folder: Path) -> str:
    """In a process of its own, which ends."""
    return subprocess.run(
        [sys.executable, "-c", UP, folder], capture_output=True, text=True, timeout=90, check=True
    ).stdout


@pytest.mark.system
@pytest.mark.timeout(180)
def test_up_status_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert "Flink is up with 2 TaskManager(s)" in run_up(tmp_path)
        address = read(tmp_path)["flink"]
        assert f"already up: http://{address}" in run_up(tmp_path)
        assert status(tmp_path) == 0
        assert "taskmanager-2: 1 free slot(s)" in capsys.readouterr().out
        running = local_cluster(tmp_path)
        assert running.attach()
        pids = [running.jobmanager_pid(), *running.taskmanager_pids().values()]
        running.release()
        assert len(pids) == 3 and all(psutil.pid_exists(pid or 0) for pid in pids)
    finally:
        assert down(tmp_path) == 0
    assert "Flink is down." in capsys.readouterr().out
    assert "flink" not in read(tmp_path)
    for process in psutil.process_iter(["cmdline"]):  # of a process that ends just now: None
        assert str(tmp_path) not in " ".join(process.info["cmdline"] or [])


def test_down_and_status_without_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert down(tmp_path) == 0
    assert "No Flink cluster was running" in capsys.readouterr().out
    assert status(tmp_path) == 1
    assert "penstock cluster up" in capsys.readouterr().out
