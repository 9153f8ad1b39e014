"""A channel's counts in Flink's metrics: what the ledger has, told now and then, under the names of the table."""

from collections import Counter

from schemas.metrics import FLINK, METRICS
from schemas.topics import DECISIONS
from udfs.channel import Ledger
from udfs.counters import TELL_NS, Counters


class Group:
    """Stands in for Flink's; `told` by name, `calls` into it."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.scope, self.calls = "", 0

    def add_group(self, name: str, extra: str) -> "Group":
        self.scope = f"{name}={extra}"
        return self

    def counter(self, name: str) -> "One":
        self.told[name] = 0
        return One(self, name)


class One:
    def __init__(self, group: Group, name: str) -> None:
        self._group, self._name = group, name

    def inc(self, n: int) -> None:
        assert n > 0
        self._group.told[self._name] += n
        self._group.calls += 1


def test_the_names_are_those_of_the_table():
    group = Group()
    Counters(group, 3)
    assert {f"{FLINK}{name}" for name in group.told} == {one.name for one in METRICS if one.by == ("flink",)}
    assert group.scope == "channel=3"


def test_a_restored_ledger_is_told_at_once_and_then_at_most_every_tenth_of_a_second():
    group, ledger = Group(), Ledger(position=500, dropped=2, written={DECISIONS.name: 7})
    counters = Counters(group, 0)
    counters.took(ledger, now_ns=1)
    assert group.told == Counter(frames=1, records=500, dropped=2, decisions=7)
    calls = group.calls
    for now_ns in range(2, 1000):
        ledger.position += 64
        counters.took(ledger, now_ns)
    assert group.calls == calls, "not for every message"
    counters.took(ledger, now_ns=1 + TELL_NS)
    assert group.told == Counter(frames=1000, records=500 + 998 * 64, dropped=2, decisions=7)
    assert group.calls == calls + 2, "only what has changed"
