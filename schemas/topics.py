"""One table for everything that crosses a process: topic, what, who writes, who reads, how long it is kept."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

HOUR_MS = 3_600_000
FOR_EVER = -1


class Source(IntEnum):
    """The writers of frames; each numbers its own records by (source, epoch, sequence)."""

    FEED = 1
    GATEWAY = 2
    OPERATOR = 3  # halt and resume
    TERM = 4  # genesis, terms
    TRADE = 5  # features, decisions, outcomes, progress, quarantine; epoch = term
    ALLOCATE = 6
    NEWS = 7
    QUALITY = 8
    TRADE_B = 9  # progress of the second replica of a hot pair; epoch = term


NO_CHANNEL = 0xFFFF  # of bytes that name no channel: what trade says of them stands in partition 0 of quarantine.v1
SOURCES_MAX = 16
assert max(Source) < SOURCES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    name: str
    what: str
    writes: str
    reads: str
    retention_ms: int


def _topic(name: str, what: str, writes: str, reads: str, retention_ms: int) -> Topic:
    return Topic(name=name, what=what, writes=writes, reads=reads, retention_ms=retention_ms)


# Partition c of every topic is channel c.
TICKS = _topic(
    "ticks.v1",
    "the channel's log: all that a decision may depend on",
    "feed, gateway, operator, term",
    "all",
    FOR_EVER,
)
MARKS = _topic("marks.v1", "conflated best quotes, at most 10 a second an instrument", "feed", "gateway", 24 * HOUR_MS)
ORDERS = _topic("orders.v1", "orders, one JSON message each", "trade", "gateway, archive", FOR_EVER)
FEATURES = _topic("features.v1", "feature rows", "trade", "archive", 168 * HOUR_MS)
DECISIONS = _topic("decisions.v1", "a decision a row and strategy", "trade", "archive", FOR_EVER)
OUTCOMES = _topic("outcomes.v1", "labels as they mature, with what was predicted", "trade", "archive", 168 * HOUR_MS)
EXECUTIONS = _topic("executions.v1", "reports of the lock-step exchange", "trade", "archive", FOR_EVER)
PROGRESS = _topic("progress.v1", "position and digest every K records", "trade", "gateway, archive", 168 * HOUR_MS)
QUARANTINE = _topic("quarantine.v1", "what was refused, and why", "trade, feed, gateway", "archive", FOR_EVER)
STAMPS = _topic(
    "stamps.v1",
    "wall clocks: of the gateway by order, of each feed's pace; telemetry",
    "gateway, feed",
    "archive",
    168 * HOUR_MS,
)

TOPICS = (TICKS, MARKS, ORDERS, FEATURES, DECISIONS, OUTCOMES, EXECUTIONS, PROGRESS, QUARANTINE, STAMPS)
TRADE_FRAMES = (FEATURES, DECISIONS, OUTCOMES, EXECUTIONS, PROGRESS, QUARANTINE)  # what trade writes besides orders

TRADE_GROUP = "penstock-trade"  # under which trade tells Kafka, at each checkpoint, how far it has read
ReplicaName = Literal["a", "b"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One of a hot pair: two jobs on two clusters decide the same logs, so that either may be lost without a pause.

    Both write orders (the gateway takes the first of each id) and progress (the gateway compares it); all the rest is
    written once, by `a`. Their states are the same bytes under the same uids.
    """

    name: ReplicaName
    source: Source
    group: str
    topics: tuple[Topic, ...]  # that it writes besides orders


REPLICA_A = Replica(name="a", source=Source.TRADE, group=TRADE_GROUP, topics=TRADE_FRAMES)  # without a pair, too
REPLICA_B = Replica(name="b", source=Source.TRADE_B, group=f"{TRADE_GROUP}-b", topics=(PROGRESS,))
REPLICAS: dict[str, Replica] = {replica.name: replica for replica in (REPLICA_A, REPLICA_B)}

# Flink operator uids: state is found again by these.
UID_LOG = "log-v1"
UID_TRADE = "trade-v1"


def uid_sink(topic: Topic) -> str:
    return f"sink-{topic.name}"
