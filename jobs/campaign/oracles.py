"""What must hold after any number of strikes: three witnesses that do not know of each other's code.

replay      the log, decided again without an interruption, gives every byte that was archived
reconcile   ledger, exchange journal and log: each order one end, at most one order at the exchange, each fill once
archive     the warehouse holds each message of each topic once, byte for byte, and each record once
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from jobs.adapters.kafka import partition_count, read_all
from jobs.reconcile import reconcile, running_broker
from jobs.replay import replay
from jobs.results.store import Store, open_archive
from schemas.errors import BadFrame
from schemas.frame import decode
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, PROGRESS, TOPICS, Topic
from schemas.trading import read_order_message

__all__ = ["Verdict", "judge"]

DECIDED = (ORDERS, FEATURES, DECISIONS, OUTCOMES, EXECUTIONS, PROGRESS)  # what trade writes again after a strike


class Verdict(msgspec.Struct, frozen=True):
    """What the oracles found in one run; the run is without a fault when nothing is lost, doubled or different."""

    orders: int
    executions: int
    messages: int
    repeats: int  # records that trade wrote again after a strike: that they are there shows that strikes struck
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.different)


def judge(folder: Path) -> Verdict:
    """Ask all three about a run that has ended."""
    with running_broker(folder) as bootstrap, open_archive(folder) as store:
        books = reconcile(folder, bootstrap)
        messages, lost, different = _archived(bootstrap, store)
        repeats = _repeats(bootstrap, different)
    if replay(folder):
        different.append("replay: the log decided again gives other bytes, see above")
    return Verdict(
        orders=books.orders,
        executions=books.executions,
        messages=messages,
        repeats=repeats,
        lost=(*books.lost, *lost),
        doubled=books.doubled,
        different=(*books.different, *different),
    )


def _archived(bootstrap: str, store: Store) -> tuple[int, list[str], list[str]]:
    """Messages compared, those that the archive lacks, and every other difference."""
    count, lost, different = 0, [], []
    for topic in TOPICS:
        for channel in range(partition_count(bootstrap, topic.name)):
            archived = store.messages(topic, channel)
            for message in read_all(bootstrap, topic.name, channel):
                at, count = f"{topic.name}[{channel}] offset {message.offset}", count + 1
                found = next(archived, None)
                if found is None:
                    lost.append(f"archive: {at} is missing, and all behind it")
                    break
                if (found.offset, found.data) != (message.offset, message.value):
                    different.append(f"archive: {at} is not what stands there (offset {found.offset})")
                    break
            if next(archived, None) is not None:
                different.append(f"archive: {topic.name}[{channel}] holds more than the topic")
    return count, lost, [*different, *_rows(store)]


def _rows(store: Store) -> Iterator[str]:
    """Records that stand in their table twice: the same number of the same writer."""
    for table in ("ticks", "features", "decisions", "outcomes", "executions"):
        query = f"SELECT count() - uniqExact(_topic, _partition, source, sequence) AS n FROM {table}"
        if doubled := store.number(query):
            yield f"archive: {doubled} records stand in {table} twice"


def _repeats(bootstrap: str, different: list[str]) -> int:
    """Records that trade wrote more than once; a repeat with other bytes is a difference."""
    repeats = 0
    for topic in DECIDED:
        for channel in range(partition_count(bootstrap, topic.name)):
            seen: dict[object, bytes] = {}
            for key, data in _records(bootstrap, topic, channel):
                repeats += key in seen
                if seen.setdefault(key, data) != data:
                    different.append(f"{topic.name}[{channel}]: {key} was written again with other bytes")
    return repeats


def _records(bootstrap: str, topic: Topic, channel: int) -> Iterator[tuple[object, bytes]]:
    for message in read_all(bootstrap, topic.name, channel):
        if topic is ORDERS:
            order, canonical, _ = read_order_message(message.value)
            yield order.id, canonical
            continue
        try:
            frame = decode(message.value)
        except BadFrame:
            continue
        for place, record in enumerate(frame.records):
            yield (frame.source, frame.epoch, frame.sequence + place), record.tobytes()
