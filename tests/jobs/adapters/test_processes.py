"""Child processes: deaths are noticed, leftovers are ended, living owners are respected."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from jobs.adapters.processes import Process, ProcessDiedError
from jobs.adapters.supervisor import Supervisor, written
from schemas.errors import SetupError

SLEEP = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
PARENT = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print('child', p.pid, flush=True); p.wait()"
# It sleeps because the kernel shows a program's environment only a moment after the program has begun.
ORPHAN = """
import os, sys, time
from pathlib import Path
from jobs.adapters.processes import Process
process = Process("worker", Path(sys.argv[1]))
process.start(["sleep", "60"])
time.sleep(0.5)
print(process.pid, flush=True)
os._exit(9)
"""


@pytest.fixture
def worker(tmp_path: Path):
    process = Process("worker", tmp_path)
    yield process
    process.kill()


def started(process: Process, command: list[str]) -> Process:
    process.start(command)
    process.wait_ready(lambda: process.said("ready"), 10)
    return process


def gone(pid: int) -> bool:
    """Polled, for an orphan is reaped by init."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_child_is_stopped_by_the_first_signal(worker: Process) -> None:
    pid = started(worker, SLEEP).pid
    assert pid is not None and os.getsid(pid) == pid != os.getsid(0)
    assert worker.stop(5)
    assert worker.returncode() == -signal.SIGTERM
    assert gone(pid) and worker.pid is None


def test_a_child_that_ignores_the_signal_is_killed_in_time(worker: Process) -> None:
    started(worker, [sys.executable, "-c", STUBBORN])
    begin = time.monotonic()
    assert not worker.stop(0.3)
    assert worker.returncode() == -signal.SIGKILL
    assert time.monotonic() - begin < 5


def test_a_death_is_told_with_status_and_log(worker: Process) -> None:
    worker.start([sys.executable, "-c", "import sys; print('out of money'); sys.exit(3)"])
    with pytest.raises(ProcessDiedError, match=r"worker ended with status 3(.|\n)*out of money"):
        worker.wait_ready(lambda: False, 10)
    worker.start(SLEEP)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.wait(5)
    with pytest.raises(ProcessDiedError, match="killed by SIGKILL"):
        worker.check()


def test_waiting_has_an_end(worker: Process) -> None:
    worker.start(SLEEP)
    with pytest.raises(ProcessDiedError, match=r"not ready within 0.2 s"):
        worker.wait_ready(lambda: False, 0.2)


def test_said_reads_only_what_was_logged_since_the_start(worker: Process) -> None:
    started(worker, SLEEP).stop(5)
    worker.start(["sleep", "60"])
    assert not worker.said("ready") and "ready" in worker.log.read_text()


def test_kill_ends_what_the_child_started(worker: Process) -> None:
    worker.start([sys.executable, "-c", PARENT])
    worker.wait_ready(lambda: worker.said("child"), 10)
    grandchild = int(worker.log.read_text().split()[1])
    worker.send(signal.SIGKILL)
    worker.wait(5)
    assert not gone_now(grandchild)
    worker.kill()
    assert gone(grandchild)


def gone_now(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def test_a_leftover_of_a_killed_owner_is_ended_at_the_next_start(worker: Process, tmp_path: Path) -> None:
    owner = subprocess.run([sys.executable, "-c", ORPHAN, tmp_path], capture_output=True, text=True, timeout=20)
    assert owner.returncode == 9
    orphan = int(owner.stdout)
    assert psutil.pid_exists(orphan)
    started(worker, SLEEP)
    assert gone(orphan) and worker.is_running()


def test_a_leftover_can_be_taken_over(worker: Process, tmp_path: Path) -> None:
    owner = subprocess.run([sys.executable, "-c", ORPHAN, tmp_path], capture_output=True, text=True, timeout=20)
    assert worker.attach() and worker.pid == int(owner.stdout)
    assert worker.stop(5) and gone(int(owner.stdout))
    assert not Process("worker", tmp_path).attach()


def test_a_living_owner_is_respected(worker: Process, tmp_path: Path) -> None:
    pid = started(worker, SLEEP).pid
    other = Process("worker", tmp_path)
    for attempt in (other.attach, lambda: other.start(SLEEP), Supervisor(tmp_path).end_leftovers):
        with pytest.raises(SetupError, match="belongs to another running penstock"):
            attempt()
    other.kill()
    assert worker.pid == pid


def test_a_recycled_process_id_is_left_alone(worker: Process, tmp_path: Path) -> None:
    """The record names a process that is not ours, as after a reboot."""
    with subprocess.Popen(["sleep", "60"]) as foreign:
        (tmp_path / "worker.pid").write_text(str(foreign.pid))
        assert not worker.attach()
        started(worker, SLEEP)
        assert foreign.poll() is None
        foreign.kill()


def test_a_program_that_does_not_exist_is_a_setup_error(worker: Process, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot start worker"):
        worker.start([str(tmp_path / "nothing")])
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot start worker"):
        Process("worker", tmp_path / "file").start(SLEEP)


def test_supervisor(tmp_path: Path) -> None:
    jobs = Supervisor(tmp_path, program=(sys.executable, "-c"))
    ready = tmp_path / "ready"
    jobs.start("feed", "print('replayed')", may_end=True).wait(10)
    jobs.start("gateway", f"import time; open({str(ready)!r}, 'w'); time.sleep(60)", ready=written(ready))
    assert ready.exists() and jobs.running() == ["gateway"]
    jobs.check()
    with pytest.raises(SetupError, match="runs already"):
        jobs.start("gateway", "")
    jobs.start("archive", "import sys; sys.exit('disk full')").wait(10)
    with pytest.raises(ProcessDiedError, match=r"archive ended with status 1(.|\n)*disk full"):
        jobs.check()
    jobs.kill_all()
    assert jobs.running() == [] and jobs.end_leftovers() == []


def test_supervisor_tells_how_a_stopped_job_ended(tmp_path: Path) -> None:
    jobs = Supervisor(tmp_path, program=(sys.executable, "-c"))
    process = jobs.start("trade", STUBBORN)
    process.wait_ready(lambda: process.said("ready"), 10)
    with pytest.raises(ProcessDiedError, match=r"did not end within 0.2 s and was killed"):
        jobs.stop("trade", 0.2)
    jobs.stop("trade", 0.2)
    jobs.start("feed", "import sys; sys.exit(4)").wait(10)
    with pytest.raises(ProcessDiedError, match="status 4"):
        jobs.stop("feed", 5)


def test_a_job_that_does_not_get_ready_is_killed(tmp_path: Path) -> None:
    jobs = Supervisor(tmp_path, program=("sleep",))
    with pytest.raises(ProcessDiedError, match="not ready"):
        jobs.start("trade", "60", ready=lambda: False, timeout_s=0.2)
    assert jobs.end_leftovers() == [] and jobs.running() == []
