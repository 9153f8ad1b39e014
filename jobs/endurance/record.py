"""What is measured of the processes again and again: resident memory, and what a JVM's heap holds that is alive."""

from collections.abc import Iterable, Iterator

import msgspec
import psutil

from jobs.adapters.attach import live_heap_bytes
from jobs.endurance.drift import Drift, Verdict, drift

__all__ = ["HEAP", "MEMORY", "Record", "Row", "Series"]

MEMORY = "memory"  # resident, less pages of files and shared ones, which the kernel can drop
HEAP = "live heap"  # after a full collection
JAVA = "java"


class Series(msgspec.Struct):
    """One quantity of one process: seconds since the start of the measurement, and bytes then."""

    process: str
    what: str
    at_s: list[float] = []
    held: list[int] = []

    def add(self, at_s: float, held: int) -> None:
        self.at_s.append(at_s)
        self.held.append(held)


class Row(msgspec.Struct, frozen=True):
    """A series judged; `drift` is None when there are too few samples."""

    process: str
    what: str
    drift: Drift | None

    @property
    def verdict(self) -> Verdict:
        return self.drift.verdict if self.drift else Verdict.UNSURE


class Record:
    """The series of the processes that were there at the beginning; psutil.NoSuchProcess when one has ended."""

    def __init__(self, roles: Iterable[tuple[str, psutil.Process]]) -> None:
        self._roles = dict(roles)
        self._java = {name for name, process in self._roles.items() if process.name() == JAVA}
        self.series = {(name, MEMORY): Series(name, MEMORY) for name in self._roles}
        self.series |= {(name, HEAP): Series(name, HEAP) for name in sorted(self._java)}

    def memory(self, at_s: float) -> None:
        for name, process in self._roles.items():
            found = process.memory_info()
            self.series[name, MEMORY].add(at_s, found.rss - found.shared)

    def heaps(self, at_s: float) -> None:
        for name in self._java:
            self.series[name, HEAP].add(at_s, live_heap_bytes(self._roles[name].pid))

    def judged(self, limit_per_hour: float) -> Iterator[Row]:
        for one in self.series.values():
            yield Row(one.process, one.what, drift(one.at_s, one.held, limit_per_hour))
