"""The facts of a run from the warehouse: the raw bytes of `frames`, decoded as they were written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.results.facts import Facts, as_of, by_last, layouts, with_all
from jobs.sql import questions
from schemas.control import Term
from schemas.errors import DataError
from schemas.frame import Records, decode
from schemas.records import OUTCOME, REPORT
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, TICKS, Source, Topic
from schemas.trading import Order, read_order_message

ACCEPTED = "fault = '' AND repeated < count"
PAGE_MESSAGES, PAGE_BYTES = 20_000, 24 << 20
_PAGE = f"""
SELECT _offset, repeated, bytes FROM (
    SELECT *, sum(length(bytes)) OVER (ORDER BY _offset) - length(bytes) AS before FROM (
        SELECT _offset, repeated, bytes FROM frames
        WHERE _topic = '{{topic}}' AND _partition = {{channel}} AND _offset >= {{begin}} AND {{where}}
        ORDER BY _offset LIMIT {PAGE_MESSAGES}))
WHERE before < {PAGE_BYTES} ORDER BY _offset
"""
_HOPS = {
    "feed to trade": "wall_received_ns - wall_published_ns",
    "in trade": "wall_decided_ns - wall_received_ns",
    "feed to decision": "wall_decided_ns - wall_published_ns",
}
_ANSWERED = f"""
SELECT min(frames.publish_ns) - any(orders.wall_decided_ns) AS ns
FROM executions
JOIN frames ON frames._topic = executions._topic AND frames._partition = executions._partition
    AND frames._offset = executions._offset
JOIN orders ON orders.id = executions.order_id
WHERE executions._topic = '{TICKS.name}' AND frames.publish_ns > 0 AND orders.wall_decided_ns > 0
GROUP BY executions.order_id
"""
_JUMPS = f"""
SELECT countIf(sequence > expected) AS jumps FROM (
    SELECT sequence, max(sequence + count) OVER (
        PARTITION BY _partition ORDER BY _offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS expected
    FROM frames WHERE _topic = '{TICKS.name}' AND source = '{Source.FEED.name}' AND {ACCEPTED})
"""


class Stored(NamedTuple):
    """A message as it was archived; its first `repeated` records had been archived before."""

    offset: int
    repeated: int
    data: bytes


class Store:
    """Questions to what was archived; `answer` gives the Arrow stream of an answer."""

    def __init__(self, answer: Callable[[str], bytes], name: str) -> None:
        self._answer, self.name = answer, name

    def ask(self, query: str) -> pa.Table:
        """The answer as an Arrow table."""
        return pa.ipc.open_stream(self._answer(query)).read_all()

    def number(self, query: str) -> int:
        """The one number of an answer."""
        return int(self.ask(query).column(0)[0].as_py() or 0)

    def channels(self) -> list[int]:
        """The channels of the archived logs."""
        query = f"SELECT DISTINCT _partition FROM frames WHERE _topic = '{TICKS.name}' ORDER BY _partition"
        return [int(one) for one in self.ask(query).column(0).to_pylist()]

    def messages(self, topic: Topic, channel: int, where: str = "1", begin: int = 0) -> Iterator[Stored]:
        """The messages of a channel in their order, from an offset on; memory holds a page of them."""
        while True:
            page = self.ask(_PAGE.format(topic=topic.name, channel=channel, begin=begin, where=where))
            if not len(page):
                return
            for at, repeated, data in zip(*page.columns, strict=True):
                yield Stored(int(at.as_py()), int(repeated.as_py()), data.as_buffer().to_pybytes())
            begin = int(page.column(0)[-1].as_py()) + 1

    def records(self, topic: Topic, layout: npt.DTypeLike, where: str = "1") -> Records:
        """The records of a topic of frames, each once, channel after channel."""
        parts = [self.of_channel(topic, layout, channel, where) for channel in self.channels()]
        return np.concatenate([np.zeros(0, layout), *parts])

    def of_channel(self, topic: Topic, layout: npt.DTypeLike, channel: int, where: str = "1") -> Records:
        """The records of a topic of frames in one channel, each once."""
        found = self.messages(topic, channel, f"{ACCEPTED} AND {where}")
        return np.concatenate([np.zeros(0, layout), *(decode(one.data).records[one.repeated :] for one in found)])


@contextmanager
def open_archive(folder: Path, warehouse: str | None = None) -> Iterator[Store]:
    """What was archived in a run's folder, through the archive while it runs; SetupError when there is nothing."""
    with questions(folder, warehouse) as ask:
        yield Store(lambda query: ask(query, "ArrowStream"), warehouse or str(folder))


def read_term(store: Store) -> Term:
    """The last term of the run; raises DataError when there is none, or when channels decide by different ones."""
    return read_terms(store)[-1]


def read_terms(store: Store) -> list[Term]:
    """The terms of the run in their order, with what opens in all channels; raises DataError as `read_term`."""
    found = store.ask("SELECT channel, document FROM controls WHERE control = 'TERM' ORDER BY channel, _offset")
    terms: dict[int, list[Term]] = {}
    for channel, text in zip(*(found.column(name).to_pylist() for name in ("channel", "document")), strict=True):
        terms.setdefault(channel, []).append(msgspec.json.decode(text, type=Term))
    if not terms:
        raise DataError(f"the warehouse of {store.name} holds no TERM: nothing has been run, or nothing archived yet")
    return [_of_all(told) for told in zip_longest(*terms.values())]


def _of_all(told: Sequence[Term | None]) -> Term:
    """A term of which each channel was told what opens in it."""
    opening = tuple(position for term in told if term is not None for position in term.opening)
    first, *others = [term and msgspec.structs.replace(term, opening=opening) for term in told]
    if first is None or any(one != first for one in others):
        raise DataError("the channels of this run are in different terms: ask the tables with penstock sql")
    return first


def read_facts(store: Store) -> Facts:
    """The facts of all that is archived, over all terms of the run."""
    told = store.number("SELECT countIf(kind = 'STATUS' AND size_units = 3) FROM ticks")
    quarantined = store.ask("SELECT fault, sum(count) AS n FROM quarantine GROUP BY fault").to_pylist()
    reports = [store.records(EXECUTIONS, REPORT), store.records(TICKS, REPORT, "kind = 'REPORTS'")]
    terms = read_terms(store)
    last = with_all(terms)
    return Facts(
        term=last,
        ticks=store.number("SELECT count() FROM ticks"),
        gaps=told + store.number(_JUMPS),
        quarantined={row["fault"]: int(row["n"]) for row in quarantined},
        features=np.concatenate([as_of(_of_term(store, FEATURES, one), terms[-1]) for one in terms]),
        decisions=np.concatenate([by_last(_of_term(store, DECISIONS, one), one, last) for one in terms]),
        outcomes=store.records(OUTCOMES, OUTCOME),
        orders=tuple(read_orders(store).values()),
        reports=np.concatenate(reports),
        latency_ns=read_latency(store),
    )


def _of_term(store: Store, topic: Topic, term: Term) -> Records:
    return store.records(topic, layouts(term)[topic.name], of_epoch(term))


def of_epoch(term: Term) -> str:
    """Which messages of a channel's outputs were made in a term."""
    return f"epoch = {term.number}"


def read_orders(store: Store) -> dict[str, Order]:
    """The new orders by id, in the order of their channels."""
    found = (one for channel in store.channels() for one in store.messages(ORDERS, channel, "fault = ''"))
    orders = (read_order_message(one.data)[0] for one in found)
    return {order.id: order for order in orders if isinstance(order, Order)}


def read_latency(store: Store) -> dict[str, npt.NDArray[np.int64]]:
    """Samples of each hop, one an order that was stamped."""
    stamped = "FROM orders WHERE wall_published_ns > 0 AND wall_received_ns > 0 AND wall_decided_ns > 0"
    found = {hop: _column(store.ask(f"SELECT {hop_ns} AS ns {stamped}")) for hop, hop_ns in _HOPS.items()}
    return found | {"decision to first report": _column(store.ask(_ANSWERED))}


def _column(table: Any) -> npt.NDArray[np.int64]:
    return np.array(table.column("ns").to_pylist(), np.int64)
