"""The CPU of some processes, and of the whole machine, over any part of a measurement."""

import threading
import time
from collections.abc import Mapping
from types import TracebackType

import numpy as np
import psutil

__all__ = ["CpuUse"]

POLL_S = 0.1


class CpuUse:
    """Looks at the processes, by name, ten times a second while the block lasts."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._at_ns: list[int] = []
        self._seconds: dict[str, list[float]] = {name: [] for name in (*pids, "machine")}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "CpuUse":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def cores(self, begin_ns: int, end_ns: int) -> dict[str, float]:
        """How many cores each used between two times of `perf_counter_ns`; `others`: what else used them."""
        found = {}
        for name, seconds in self._seconds.items():
            begin, end = np.interp((begin_ns, end_ns), self._at_ns, seconds)
            found[name] = float(end - begin) * 1e9 / (end_ns - begin_ns)
        machine = found.pop("machine")
        return {**found, "others": max(machine - sum(found.values()), 0.0)}

    def _watch(self) -> None:
        while not self._ended.wait(POLL_S):
            used = {name: sum(process.cpu_times()[:2]) for name, process in self._processes.items()}
            machine = psutil.cpu_times()
            used["machine"] = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0)
            self._at_ns.append(time.perf_counter_ns())
            for name, seconds in used.items():
                self._seconds[name].append(seconds)
