"""Whether a run keeps up: how far trade is behind its log, the gateway behind its orders, the load behind its time."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from jobs.adapters.kafka import Group, Reader
from jobs.adapters.sqlite import read_only
from jobs.endurance.stage import Stage
from jobs.endurance.steady import Sent, read_sent
from jobs.gateway import LEDGER
from schemas.topics import DECISIONS, ORDERS, TICKS, TRADE_GROUP, Topic

__all__ = ["BEHIND_S_MAX", "Flow", "Moment", "behind_s", "fault"]

BEHIND_S_MAX = 60.0  # trade behind its log, and the load behind its time
SILENT_S_MAX = 60.0  # without a decision
WAITING_ORDERS_MAX = 50


class Moment(NamedTuple):
    """What had been written and what had been done at a time."""

    at_s: float
    written: int  # messages in the logs
    read: int  # of these, by trade as of its last checkpoint
    decided: int  # messages of decisions
    asked: int  # orders, by messages in their topic
    taken: int  # by the gateway
    sent: Sent


class Flow:
    """Asks the broker, the ledger and the load."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._readers = {
            topic: Reader(stage.bootstrap, topic.name, stage.channels, "end") for topic in (TICKS, DECISIONS, ORDERS)
        }
        self._trade = Group(stage.bootstrap, TRADE_GROUP, TICKS.name, stage.channels)
        self.moments: list[Moment] = []

    def look(self, at_s: float) -> Moment:
        """Add a moment; what was done is asked for first, so that it is never ahead of what was written."""
        stage = self._stage
        read = sum(self._trade.committed().values())
        with read_only(stage.folder / LEDGER) as ledger:
            taken = int(ledger.execute("SELECT count(*) FROM orders").fetchone()[0])
        sent = read_sent(stage.processes["load"].output()) or Sent(0, 0.0)
        found = Moment(at_s, self._end(TICKS), read, self._end(DECISIONS), self._end(ORDERS), taken, sent)
        self.moments.append(found)
        return found

    def close(self) -> None:
        self._trade.close()
        for reader in self._readers.values():
            reader.close()

    def _end(self, topic: Topic) -> int:
        return sum(self._readers[topic].high_watermarks().values())


def behind_s(moments: Sequence[Moment], place: int = -1) -> float:
    """How long before a moment the log ended where trade had read up to; at most since the first moment.

    >>> sent = Sent(0, 0.0)
    >>> behind_s([Moment(0, 10, 5, 0, 0, 0, sent), Moment(1, 20, 10, 0, 0, 0, sent), Moment(2, 30, 20, 0, 0, 0, sent)])
    1
    """
    at = bisect_right(moments, moments[place].read, key=lambda one: one.written) - 1
    return moments[place].at_s - moments[max(at, 0)].at_s


def fault(moments: Sequence[Moment]) -> str:
    """What is wrong at the last moment; empty when all keep up."""
    last = moments[-1]
    silent_s = last.at_s - moments[bisect_left(moments, last.decided, key=lambda one: one.decided)].at_s
    if (late_s := behind_s(moments)) > BEHIND_S_MAX:
        return f"trade is {late_s:.0f} s behind its log"
    if silent_s > SILENT_S_MAX:
        return f"no decision for {silent_s:.0f} s"
    if last.sent.late_s > BEHIND_S_MAX:
        return f"the load is {last.sent.late_s:.0f} s behind its time: so many ticks a second are too many here"
    if last.asked - last.taken > WAITING_ORDERS_MAX:
        return f"{last.asked - last.taken} orders wait for the gateway"
    return ""
