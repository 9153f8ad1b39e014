"""The processes of a run, found by the records that it keeps of them."""

import signal
import time
from pathlib import Path

import psutil

from jobs.adapters.cluster import Cluster
from jobs.adapters.rest import FlinkError, Rest
from jobs.campaign.events import warm
from jobs.campaign.plan import Strike
from jobs.supervision.events import read_events
from schemas.errors import SetupError

__all__ = ["find", "has_warm_spare", "strike", "working_taskmanager"]

JOBS = ("feed", "gateway", "exchange", "archive")


def find(folder: Path, kind: str) -> psutil.Process | None:
    """The running process of a kind; of the TaskManagers the one that works, not the spare."""
    if kind == "taskmanager":
        name = working_taskmanager(folder)
        return None if name is None else _recorded(folder / "cluster" / f"{name}.pid")
    place = "processes" if kind in JOBS else {"broker": "broker", "jobmanager": "cluster"}[kind]
    return _recorded(folder / place / f"{kind}.pid")


def working_taskmanager(folder: Path) -> str | None:
    """The id of the TaskManager that `trade` runs on, whatever rehearses; None when that cannot be said now."""
    cluster = Cluster(folder / "cluster", checkpoints=folder, savepoints=folder)
    try:
        rest = Rest(cluster.rest_address, 1.0)
        running = [job for job, name in rest.live_jobs().items() if name == "trade" and rest.is_processing(job)]
        hosts = [host for job in running for host in rest.hosts(job)]
    except (FlinkError, SetupError):
        return None
    return hosts[0] if len(hosts) == 1 else None


def has_warm_spare(folder: Path) -> bool:
    """Whether a TaskManager that knows the job stands by; False also when that cannot be said now."""
    worker = working_taskmanager(folder)
    if worker is None:
        return False
    records = (folder / "cluster").glob("taskmanager-*.pid")
    living = {record.stem for record in records if _recorded(record) is not None}
    return bool((living - {worker}) & warm(read_events(folder)))


def strike(victim: psutil.Process, one: Strike) -> None:
    """Kill it, or stop it for a while; one that was ended meanwhile is not woken."""
    if not one.freeze_s:
        victim.send_signal(signal.SIGKILL)
        return
    victim.send_signal(signal.SIGSTOP)
    time.sleep(one.freeze_s)
    if victim.is_running():  # the same process still: psutil compares the time of its start
        victim.send_signal(signal.SIGCONT)


def _recorded(record: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(record.read_text()))
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
    return process if process.status() != psutil.STATUS_ZOMBIE else None
