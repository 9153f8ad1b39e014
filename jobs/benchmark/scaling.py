"""One TaskManager against two: the same preloaded log, four channels, a slot and so an interpreter each.

Ticks are counted while every subtask is at work: from the last channel's opening to the first subtask's end. Which
channel runs where stands in `udfs.keys`; a subtask that gets another one stops the job, and so the measurement.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from jobs.adapters.broker import Broker
from jobs.adapters.cluster import Cluster
from jobs.adapters.kafka import create_topics
from jobs.benchmark.broker import preload
from jobs.benchmark.cpu import CpuUse
from jobs.benchmark.log import CHANNELS, Log
from jobs.benchmark.measure import ratio, spread, throughput_logs
from jobs.benchmark.operators import times_of
from jobs.benchmark.plan import Plan
from schemas.errors import DataError, SetupError
from udfs.keys import subtask_of

__all__ = ["FRAME_TICKS", "PARALLELISMS", "measure_scaling", "rates_of_all"]

PARALLELISMS = (1, 2)
FRAME_TICKS = 4096
TICKS = 2_000_000  # of a channel: two subtasks do not begin at the same moment
TOPIC = "bench.scaling"
JOB_S_MAX = 120.0


def measure_scaling(plan: Plan, models: Path | None, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Both in turn, in the same warm JVMs; the first pair only warms up. SetupError or FlinkError when one hangs."""
    broker = Broker(folder / "broker")
    cluster = Cluster(folder / "flink", checkpoints=folder / "checkpoints", savepoints=folder / "savepoints")
    try:
        say("starting a broker and two TaskManagers")
        bootstrap = broker.start()
        create_topics(bootstrap, range(CHANNELS))
        cluster.start(taskmanagers=max(PARALLELISMS))
        say("writing the log")
        logs = throughput_logs(models, TICKS, FRAME_TICKS)
        preload(bootstrap, TOPIC, logs)
        runs: dict[int, list[dict[str, Any]]] = {parallelism: [] for parallelism in PARALLELISMS}
        for run in range(plan.runs + 1):
            for parallelism in PARALLELISMS:
                say(f"{parallelism} TaskManager(s), " + (f"run {run} of {plan.runs}" if run else "to warm up"))
                times, used = _run(cluster, broker, bootstrap, parallelism, models, folder)
                if run:
                    runs[parallelism].append(_figures(times, used, logs))
    finally:
        say("stopping")
        cluster.stop()
        broker.stop()
    together = {str(count): _together(made) for count, made in runs.items()}
    return {**together, "ratio": ratio(runs[1], runs[2], "ticks_per_s")}


def rates_of_all(times: Sequence[dict[str, Any]], logs: Sequence[Log]) -> tuple[int, int, int]:
    """Begin and end, by `perf_counter_ns`, of the time that every subtask is at work, and the ticks that came in it."""
    begins, ends, arrived, ticks = [], [], [], []
    for found in times:
        arrived_ns, channel = np.array(found["arrived_ns"]), np.array(found["channel"])
        for number in np.unique(channel).tolist():
            log, mine = logs[number], arrived_ns[channel == number]
            if len(mine) != len(log.messages):
                raise DataError(f"channel {number}: {len(mine)} messages came of {len(log.messages)}")
            begins.append(int(mine[log.dense]))
            arrived.append(mine)
            ticks.append(np.diff(log.position))
        ends.append(int(arrived_ns[-1]))
    begin_ns, end_ns = max(begins), min(ends)
    if begin_ns >= end_ns:
        raise DataError("no time in which every subtask was at work: the log is too short for this machine")
    inside = np.concatenate(arrived)
    inside = (inside >= begin_ns) & (inside < end_ns)
    return begin_ns, end_ns, int(np.concatenate(ticks)[inside].sum())


def _run(
    cluster: Cluster, broker: Broker, bootstrap: str, parallelism: int, models: Path | None, folder: Path
) -> tuple[list[dict[str, Any]], CpuUse]:
    """One job to the end of the log: the times of each subtask, and who used the cores meanwhile."""
    paths = [times_of(folder, subtask) for subtask in range(parallelism)]
    for path in paths:
        path.unlink(missing_ok=True)
    arguments = ["--bootstrap", bootstrap, "--topic", TOPIC, "--parallelism", str(parallelism)]
    arguments += ["--folder", str(folder), *(["--models", str(models)] if models else [])]
    pids = {**cluster.taskmanager_pids(), "jobmanager": cluster.jobmanager_pid(), "broker": broker.pid}
    with CpuUse({name: pid for name, pid in pids.items() if pid is not None}) as used:
        job = cluster.submit("jobs.benchmark.scaled", *arguments)
        cluster.rest.wait_state(job, "FINISHED", JOB_S_MAX)
    times = [json.loads(path.read_bytes()) for path in paths]
    _check_places(times)
    return times, used


def _figures(times: Sequence[dict[str, Any]], used: CpuUse, logs: Sequence[Log]) -> dict[str, Any]:
    begin_ns, end_ns, ticks = rates_of_all(times, logs)
    cores, seconds = used.cores(begin_ns, end_ns), (end_ns - begin_ns) / 1e9
    worked = sum(count for name, count in cores.items() if name.startswith("taskmanager"))
    return {
        "ticks": ticks,
        "seconds": seconds,
        "ticks_per_s": ticks / seconds,
        "ticks_per_cpu_s": ticks / seconds / worked,
        "cores": cores,
        "rows": [dict(sorted((int(channel), count) for channel, count in found["rows"].items())) for found in times],
    }


def _check_places(times: Sequence[dict[str, Any]]) -> None:
    """What the operator refuses at a channel's first message, looked at once more from outside."""
    for subtask, found in enumerate(times):
        expected = {channel for channel in range(CHANNELS) if subtask_of(channel, len(times)) == subtask}
        if set(found["channel"]) != expected:
            raise SetupError(f"subtask {subtask} took channels {sorted(set(found['channel']))}, not {sorted(expected)}")


def _together(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    figures = [{name: run[name] for name in ("ticks_per_s", "ticks_per_cpu_s", "seconds")} for run in runs]
    cores = {name: median(run["cores"][name] for run in runs) for name in runs[0]["cores"]}
    return {"runs": runs, **spread(figures), "cores": cores, "rows": runs[-1]["rows"]}
