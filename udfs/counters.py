"""A channel's counts in Flink's own metrics: telemetry, brought up now and then to what the ledger has counted."""

from typing import Protocol

from schemas.topics import DECISIONS, FEATURES
from udfs.channel import Ledger

TELL_NS = 100_000_000  # between two tellings: a call into Java costs as much as many ticks


class Counter(Protocol):
    def inc(self, n: int) -> None: ...


class Group(Protocol):
    """Where Flink takes counters; `pyflink.metrics.MetricGroup` is one."""

    def add_group(self, name: str, extra: str) -> "Group": ...

    def counter(self, name: str) -> Counter: ...


class Counters:
    """One channel's. What a restored state has counted before is told with the first message."""

    def __init__(self, group: Group, channel: int) -> None:
        own = group.add_group("channel", str(channel))
        self._counters = {name: own.counter(name) for name in _counts(Ledger(), 0)}
        self._told = dict.fromkeys(self._counters, 0)
        self._frames, self._due_ns = 0, 0

    def took(self, ledger: Ledger, now_ns: int) -> None:
        """The channel has taken a message; `now_ns` is a wall clock, which nothing but the telling depends on."""
        self._frames += 1
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + TELL_NS
        for name, count in _counts(ledger, self._frames).items():
            if count != self._told[name]:
                self._counters[name].inc(count - self._told[name])
                self._told[name] = count


def _counts(ledger: Ledger, frames: int) -> dict[str, int]:
    """By the names of schemas.metrics."""
    return {
        "frames": frames,
        "records": ledger.position,
        "dropped": ledger.dropped,
        "refused": ledger.refused,
        "gaps": ledger.gaps,
        "ignored": ledger.ignored,
        "rows": ledger.written.get(FEATURES.name, 0),
        "decisions": ledger.written.get(DECISIONS.name, 0),
    }
