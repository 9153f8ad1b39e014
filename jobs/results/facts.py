"""The facts of a run: record arrays and counts, whether it was played here or lies in the warehouse."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from schemas.control import Term, read_quarantined
from schemas.frame import Frame, Records
from schemas.layouts import feature_record, names_of
from schemas.records import DECISION, OUTCOME, REPORT, Status, TickKind
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, OUTCOMES, QUARANTINE, Topic
from schemas.trading import Order
from udfs.channel import Output

_LAYOUTS = {DECISIONS.name: DECISION, OUTCOMES.name: OUTCOME, EXECUTIONS.name: REPORT}


def layouts(term: Term) -> dict[str, Any]:
    """The record of each topic that a term's channels write."""
    return {FEATURES.name: feature_record(term.feature_set.names), **_LAYOUTS}


def as_of(rows: Records, term: Term) -> Records:
    """Feature rows as the records of a term. Those of another feature set keep book and marks, count as cold and have
    no values: they were computed, but the term has no names for them.
    """
    layout = layouts(term)[FEATURES.name]
    if rows.dtype == layout and ("codes" not in layout.names or names_of(rows) == term.feature_set.names):
        return rows
    made = np.zeros(len(rows), layout)
    for name in set(layout.names) - {"x", "codes", "warm", "pad"}:
        made[name] = rows[name]
    if "codes" in layout.names:
        made["codes"] = [feature.code for feature in term.feature_set.features]
    return made


def with_all(terms: Sequence[Term]) -> Term:
    """The last term, with the strategies that have left behind its own."""
    found = {one.name: one for term in terms for one in term.strategies}
    last = terms[-1].strategies
    gone = [found[name] for name in found.keys() - {one.name for one in last}]
    return msgspec.structs.replace(terms[-1], strategies=(*last, *sorted(gone, key=lambda one: one.name)))


def by_last(decisions: Records, term: Term, last: Term) -> Records:
    """Decisions of a term with the strategies' places in a later one, which has them all."""
    places = {one.name: place for place, one in enumerate(last.strategies)}
    made = decisions.copy()
    made["strategy"] = np.array([places[one.name] for one in term.strategies], "u1")[decisions["strategy"]]
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All channels of a run, told in the words of its last term; records by term, then channel, then log order.

    `latency_ns` holds the samples of each hop; None where nothing was stamped, as in a run without Kafka.
    """

    term: Term
    ticks: int
    gaps: int  # places where the feed told of a gap, and jumps in its own numbers
    quarantined: Mapping[str, int]  # records, or whole messages, by schemas.errors.Fault
    features: Records
    decisions: Records
    outcomes: Records
    orders: tuple[Order, ...]
    reports: Records
    latency_ns: Mapping[str, npt.NDArray[np.int64]] | None = None


@dataclass(slots=True)
class Gathered:
    """What the frames and orders of one channel add up to."""

    layouts: Mapping[str, Any]
    records: defaultdict[str, list[Records]] = field(default_factory=lambda: defaultdict(list))
    orders: list[Order] = field(default_factory=list)
    quarantined: Counter[str] = field(default_factory=Counter)

    def add(self, output: Output) -> None:
        """Take what one message made."""
        self.orders += output.orders
        for topic, frame in output.frames:
            self.add_frame(topic, frame)

    def add_frame(self, topic: Topic, frame: Frame) -> None:
        if topic.name in self.layouts:
            self.records[topic.name].append(frame.records)
        if topic.name == QUARANTINE.name:
            document = read_quarantined(frame)
            self.quarantined[document.fault] += document.count

    def of(self, topic: Topic) -> Records:
        """The records of a topic as one array."""
        return np.concatenate([np.zeros(0, self.layouts[topic.name]), *self.records[topic.name]])


def join(term: Term, channels: Iterable[Gathered], ticks: Iterable[Records]) -> Facts:
    """The facts of channels that were played here."""
    gathered, logs = list(channels), list(ticks)
    return Facts(
        term=term,
        ticks=sum(len(log) for log in logs),
        gaps=sum(gap_count(log) for log in logs),
        quarantined=sum((one.quarantined for one in gathered), Counter[str]()),
        features=np.concatenate([one.of(FEATURES) for one in gathered]),
        decisions=np.concatenate([one.of(DECISIONS) for one in gathered]),
        outcomes=np.concatenate([one.of(OUTCOMES) for one in gathered]),
        orders=tuple(order for one in gathered for order in one.orders),
        reports=np.concatenate([one.of(EXECUTIONS) for one in gathered]),
    )


def gap_count(ticks: Records) -> int:
    """The records by which a feed says that messages of a stream were lost."""
    return int(((ticks["kind"] == TickKind.STATUS) & (ticks["size"] == Status.GAP)).sum())
