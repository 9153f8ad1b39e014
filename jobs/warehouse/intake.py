"""Which records of a message are new: the archive's reading of the log, by the rules by which a channel reads it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from schemas.arrow import ORDER, UNREADABLE, Raw
from schemas.arrow_documents import order_row
from schemas.control import Control, Epoch, Genesis, Quarantined, Term, read_control, read_quarantined
from schemas.errors import BadFrame, Fault
from schemas.frame import Frame, decode, log_tag
from schemas.records import Kind
from schemas.topics import (
    DECISIONS,
    EXECUTIONS,
    FEATURES,
    MARKS,
    NO_CHANNEL,
    ORDERS,
    OUTCOMES,
    PROGRESS,
    QUARANTINE,
    STAMPS,
    TICKS,
    Source,
)
from udfs.admission import ALLOWED

# What a topic may carry, and the table that its records go to; None = they stand in frames only.
ROUTES: dict[tuple[str, int], str | None] = {
    (TICKS.name, Kind.TICKS): "ticks",
    (TICKS.name, Kind.PREPROCESSED): "ticks",  # the columns stand in frames only
    (TICKS.name, Kind.REPORTS): "executions",
    (TICKS.name, Kind.HEARTBEAT): None,
    (TICKS.name, Kind.CONTROL): None,
    (MARKS.name, Kind.MARKS): None,
    (FEATURES.name, Kind.FEATURES): "features",
    (DECISIONS.name, Kind.DECISIONS): "decisions",
    (OUTCOMES.name, Kind.OUTCOMES): "outcomes",
    (EXECUTIONS.name, Kind.REPORTS): "executions",
    (PROGRESS.name, Kind.PROGRESS): "progress",
    (QUARANTINE.name, Kind.QUARANTINE): "quarantine",
    (STAMPS.name, Kind.STAMPS): "stamps",
    (STAMPS.name, Kind.CLOCK): "clocks",
}


_KINDS = {int(kind): kind.name for kind in Kind}
_SOURCES = frozenset(int(source) for source in Source)


class Taken(NamedTuple):
    """A message as it will stand in `frames`, and what was read from it."""

    raw: Raw
    table: str | None = None
    document: Quarantined | dict[str, Any] | Term | None = None


class Intake:
    """Takes messages in the order of their partitions and tells what to make of each; it holds a number a writer.

    In the channels' logs a writer's epoch must be announced and lower epochs are refused; in all other topics the
    records of (source, epoch) are counted each for themselves, because two replicas may be in different terms. What
    trade says of bytes that name no channel is taken as often as it comes.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[str, int, int, int], int] = {}  # topic, partition, source, epoch
        self._epochs: dict[tuple[int, int], int] = {}  # partition, source: the epoch announced last, in the log
        self._logs: dict[int, int] = {}  # partition: the tag of its log
        self.gaps: Counter[int] = Counter()  # by channel: how often numbers of a writer are missing in its log

    def resume(self, marks: Iterable[tuple[str, int, int, int, int]], logs: Mapping[int, str]) -> None:
        """Go on after what the archive holds: (topic, partition, source, epoch, next sequence), and log ids."""
        for topic, partition, source, epoch, sequence in marks:
            self._next[self._key(topic, partition, source, epoch)] = sequence
            if topic == TICKS.name:
                self._epochs[partition, source] = max(epoch, self._epochs.get((partition, source), 0))
        self._logs = {partition: log_tag(log_id) for partition, log_id in logs.items()}

    def take(self, topic: str, partition: int, offset: int, data: bytes, kafka_ms: int) -> Taken:
        """What a message becomes; a fault's message stands in `frames` only, with the fault's name."""
        if topic == ORDERS.name:
            return _order(Raw(topic, partition, offset, data, kafka_ms, kind=ORDER))
        try:
            frame = decode(data)
        except BadFrame as refusal:
            return Taken(Raw(topic, partition, offset, data, kafka_ms, fault=refusal.fault.name))
        kind = _KINDS[frame.kind]
        try:
            repeated, document = self._accept(topic, partition, frame)
        except BadFrame as refusal:
            return Taken(Raw(topic, partition, offset, data, kafka_ms, frame, kind, fault=refusal.fault.name))
        raw = Raw(topic, partition, offset, data, kafka_ms, frame, kind, repeated)
        if repeated == len(frame):
            return Taken(raw)
        return Taken(raw, ROUTES[topic, frame.kind], document)

    def _accept(self, topic: str, partition: int, frame: Frame) -> tuple[int, Quarantined | Term | None]:
        """How many of the first records are known, and the document that makes rows."""
        document = _document(frame)
        if topic == QUARANTINE.name and frame.channel == NO_CHANNEL and isinstance(document, Quarantined):
            return 0, document  # of several logs' bytes: their numbers are others after a recovery; none may be lost
        self._check(topic, partition, frame, document)
        key = self._key(topic, partition, frame.source, frame.epoch)
        expected = self._next.get(key, 0)
        repeated = min(len(frame), max(0, expected - frame.sequence))
        self.gaps[partition] += topic == TICKS.name and frame.sequence > expected
        self._next[key] = max(expected, frame.sequence + len(frame))
        if repeated < len(frame) and topic == TICKS.name:
            self._epochs[partition, frame.source] = frame.epoch
        if isinstance(document, Genesis):
            self._logs.setdefault(partition, log_tag(document.log_id))
        return repeated, document if isinstance(document, Quarantined | Term) else None

    def _check(self, topic: str, partition: int, frame: Frame, document: Control | Quarantined | None) -> None:
        """Raise BadFrame for what its channel refuses whole."""
        if frame.channel != partition:
            raise BadFrame(Fault.WRONG_CHANNEL, f"channel {frame.channel}")
        if frame.source not in _SOURCES:
            raise BadFrame(Fault.UNKNOWN_SOURCE, f"source {frame.source}")
        if (topic, frame.kind) not in ROUTES:
            raise BadFrame(Fault.BAD_KIND, f"{_KINDS[frame.kind]} in {topic}")
        if topic != TICKS.name:
            return
        if frame.source not in ALLOWED[frame.kind]:
            raise BadFrame(Fault.BAD_KIND, f"{_KINDS[frame.kind]} from {frame.source}")
        if frame.log != self._logs.get(partition, frame.log):
            raise BadFrame(Fault.WRONG_LOG, f"log {frame.log}")
        epoch = self._epochs.get((partition, frame.source), 0)
        if frame.epoch < epoch:
            raise BadFrame(Fault.ZOMBIE, f"epoch {frame.epoch}")
        if frame.epoch > epoch and not _announces(frame, document):
            raise BadFrame(Fault.UNANNOUNCED_EPOCH, f"epoch {frame.epoch}")

    def _key(self, topic: str, partition: int, source: int, epoch: int) -> tuple[str, int, int, int]:
        return topic, partition, source, -1 if topic == TICKS.name else epoch


def _order(raw: Raw) -> Taken:
    try:
        return Taken(raw, "orders", order_row(raw.topic, raw.partition, raw.offset, raw.data))
    except (msgspec.DecodeError, ValueError):
        return Taken(raw._replace(kind=UNREADABLE, fault=Fault.BAD_DOCUMENT.name))


def _document(frame: Frame) -> Control | Quarantined | None:
    if frame.kind == Kind.CONTROL:
        return read_control(frame)
    if frame.kind != Kind.QUARANTINE:
        return None
    try:
        return read_quarantined(frame)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadFrame(Fault.BAD_DOCUMENT, str(error)) from error


def _announces(frame: Frame, document: Control | Quarantined | None) -> bool:
    return isinstance(document, Epoch) and (document.source, document.epoch) == (frame.source, frame.epoch)
