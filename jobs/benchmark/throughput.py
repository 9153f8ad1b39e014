"""Ticks a second of a job in Flink over a preloaded log, from the times that its operator noted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jobs.benchmark.log import INSTRUMENTS, TICKS_PER_S, Log
from jobs.benchmark.operators import CPU_EVERY


def rates(times: dict[str, Any], logs: Sequence[Log]) -> dict[str, float]:
    """Ticks a second by the wall, by the CPU of the whole process (JVM, fetcher, sinks) and of the operator's thread.

    Timed from the first message after every channel's opening to the last message; start-up and the openings are not
    in it.
    """
    arrived_ns, channel = np.array(times["arrived_ns"]), np.array(times["channel"])
    if len(arrived_ns) != sum(len(log.messages) for log in logs):
        raise ValueError(f"the operator saw {len(arrived_ns)} messages of {sum(len(log.messages) for log in logs)}")
    ticks = np.zeros(len(channel), np.int64)
    first = 0
    for number, log in enumerate(logs):
        places = np.flatnonzero(channel == number)
        ticks[places] = np.diff(log.position)
        first = max(first, int(places[log.dense]))
    begin = -(-first // CPU_EVERY)
    end = (len(channel) - 1) // CPU_EVERY
    inside = slice(begin * CPU_EVERY, end * CPU_EVERY)
    count = int(ticks[inside].sum())
    seconds = (int(arrived_ns[inside.stop]) - int(arrived_ns[inside.start])) / 1e9
    cpu_s, thread_s = ((times[name][end] - times[name][begin]) / 1e9 for name in ("cpu_ns", "thread_ns"))
    return {
        "ticks": count,
        "seconds": seconds,
        "ticks_per_s": count / seconds,
        "rows_per_s": count / TICKS_PER_S * INSTRUMENTS / seconds,
        "ticks_per_cpu_s": count / cpu_s,
        "ticks_per_operator_cpu_s": count / thread_s,
        "us_per_frame": seconds * 1e6 / (inside.stop - inside.start),
    }
