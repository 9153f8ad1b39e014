"""What must hold after any number of strikes: three witnesses that do not know of each other's code.

replay      the log, decided again without an interruption, gives every byte that was archived
reconcile   ledger, exchange journal and log: each order one end, at most one order at the exchange, each fill once
archive     the warehouse holds each message of each topic once, byte for byte, and each record once
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec

from jobs.adapters.kafka import partition_count, read_all
from jobs.adapters.sqlite import read_only
from jobs.execution.agreement import Agreement
from jobs.execution.flag import Flag
from jobs.reconcile import LEDGER, reconcile, running_broker
from jobs.replay import replay
from jobs.results.store import Store, open_archive
from schemas.errors import BadFrame
from schemas.frame import decode
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, PROGRESS, TOPICS, Topic
from schemas.trading import read_order_message

__all__ = ["Verdict", "compared", "fills", "judge", "records", "repeated", "weighed"]

DECIDED = (ORDERS, FEATURES, DECISIONS, OUTCOMES, EXECUTIONS, PROGRESS)  # what trade writes again after a strike


class Verdict(msgspec.Struct, frozen=True):
    """What the oracles found in one run."""

    orders: int
    executions: int
    messages: int
    repeats: int  # records that trade wrote again after a strike: that they are there shows that strikes struck
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    different: tuple[str, ...]

    def __str__(self) -> str:
        found = f"lost {len(self.lost)} doubled {len(self.doubled)} different {len(self.different)}"
        return (
            f"{self.repeats:,} records decided again; {self.orders} orders, {self.executions} executions, "
            f"{self.messages:,} messages: {found}"
        )

    @property
    def faults(self) -> tuple[str, ...]:
        """All that must not be: what is lost, doubled or different, and that nothing was at stake."""
        idle = () if self.executions else ("no order was filled: nothing was at stake, so nothing is shown",)
        return (*self.lost, *self.doubled, *self.different, *idle)


def judge(folder: Path) -> Verdict:
    """Ask all three about a run that has ended."""
    with running_broker(folder) as bootstrap, open_archive(folder) as store:
        books, archived, again = reconcile(folder, bootstrap), _archived(bootstrap, store), _again(bootstrap)
    others = ["replay: the log decided again gives other bytes, see above"] if replay(folder) else []
    flag = Flag(folder).read()
    if flag.halted:
        others.append(f"the gateway has halted, and vetoed every order since: {flag.reason}")
    return weighed(books, archived, again, others)


def weighed(
    books: Agreement, archived: tuple[int, list[str], list[str]], again: tuple[int, list[str]], others: list[str]
) -> Verdict:
    """One verdict of what `agree`, `compared` and `repeated` found; `others` are differences of no list of theirs."""
    messages, lost, different = archived
    repeats, changed = again
    return Verdict(
        orders=books.orders,
        executions=books.executions,
        messages=messages,
        repeats=repeats,
        lost=(*books.lost, *lost),
        doubled=books.doubled,
        different=(*books.different, *different, *changed, *others),
    )


def fills(folder: Path) -> int:
    """Executions in the ledger of a run, which may be running; 0 before there is one."""
    if not (folder / LEDGER).exists():
        return 0
    with read_only(folder / LEDGER) as ledger:
        if ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'executions'").fetchone() is None:
            return 0  # its gateway is just making it
        return int(ledger.execute("SELECT count(*) AS n FROM executions").fetchone()["n"])


def compared(
    name: str, logged: Iterable[tuple[int, bytes]], archived: Iterable[tuple[int, bytes]]
) -> tuple[int, list[str], list[str]]:
    """Offsets and bytes of a topic's partition beside those of the archive, in order.

    How many messages were compared, those that the archive lacks, and every other difference; the first one ends it.
    """
    count = 0
    for written, kept in zip_longest(logged, archived):
        if written is None:
            return count, [], [f"archive: {name} holds more than the topic"]
        count += 1
        if kept is None:
            return count, [f"archive: {name} offset {written[0]} is missing, and all behind it"], []
        if kept != written:
            return count, [], [f"archive: {name} offset {written[0]} is not what stands there (offset {kept[0]})"]
    return count, [], []


def repeated(name: str, written: Iterable[tuple[object, bytes]]) -> tuple[int, list[str]]:
    """How many records were written more than once, and those of them that came with other bytes."""
    repeats, different = 0, []
    seen: dict[object, bytes] = {}
    for key, data in written:
        repeats += key in seen
        if seen.setdefault(key, data) != data:
            different.append(f"{name}: {key} was written again with other bytes")
    return repeats, different


def records(topic: Topic, values: Iterable[bytes]) -> Iterator[tuple[object, bytes]]:
    """What says which record it is, and its bytes, of each record in a topic's messages."""
    for value in values:
        if topic is ORDERS:
            order, canonical, _ = read_order_message(value)
            yield order.id, canonical
            continue
        try:
            frame = decode(value)
        except BadFrame:
            continue
        for place, record in enumerate(frame.records):
            yield (frame.source, frame.epoch, frame.sequence + place), record.tobytes()


def _again(bootstrap: str) -> tuple[int, list[str]]:
    count: int = 0
    different: list[str] = []
    for topic in DECIDED:
        for channel in range(partition_count(bootstrap, topic.name)):
            values = (message.value for message in read_all(bootstrap, topic.name, channel))
            found = repeated(f"{topic.name}[{channel}]", records(topic, values))
            count, different = count + found[0], different + found[1]
    return count, different


def _archived(bootstrap: str, store: Store) -> tuple[int, list[str], list[str]]:
    count: int = 0
    lost: list[str] = []
    different: list[str] = []
    for topic in TOPICS:
        for channel in range(partition_count(bootstrap, topic.name)):
            logged = ((one.offset, one.value) for one in read_all(bootstrap, topic.name, channel))
            kept = ((one.offset, one.data) for one in store.messages(topic, channel))
            found = compared(f"{topic.name}[{channel}]", logged, kept)
            count, lost, different = count + found[0], lost + found[1], different + found[2]
    return count, lost, [*different, *_rows(store)]


def _rows(store: Store) -> Iterator[str]:
    """Records that stand in their table twice: the same number of the same writer."""
    for table in ("ticks", "features", "decisions", "outcomes", "executions"):
        query = f"SELECT count() - uniqExact(_topic, _partition, source, sequence) AS n FROM {table}"
        if doubled := store.number(query):
            yield f"archive: {doubled} records stand in {table} twice"
