"""The facts of a run from the warehouse: the raw bytes of `frames`, decoded as they were written."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.results.facts import LAYOUTS, Facts
from jobs.sql import sql
from schemas.control import Term
from schemas.errors import DataError
from schemas.frame import Records, decode
from schemas.records import REPORT
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, TICKS, Source, Topic
from schemas.trading import Order, read_order_message

_ACCEPTED = "fault = '' AND repeated < count"
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
    FROM frames WHERE _topic = '{TICKS.name}' AND source = '{Source.FEED.name}' AND {_ACCEPTED})
"""


@dataclass(frozen=True, slots=True)
class Store:
    """The archive of a run's folder, or the warehouse at an address; questions go through `penstock sql`."""

    folder: Path
    warehouse: str | None = None

    def ask(self, query: str) -> pa.Table:
        """The answer as an Arrow table."""
        return pa.ipc.open_stream(sql(query, "ArrowStream", self.folder, self.warehouse)).read_all()

    def number(self, query: str) -> int:
        """The one number of an answer."""
        return int(self.ask(query).column(0)[0].as_py() or 0)

    def messages(self, where: str) -> Iterator[tuple[bytes, int]]:
        """Raw messages of `frames` in the order of their channels' logs, with the records that repeat earlier ones."""
        found = self.ask(f"SELECT bytes, repeated FROM frames WHERE {where} ORDER BY _partition, _offset")
        data = found.column("bytes").cast(pa.binary())
        yield from zip((one.as_py() for one in data), found.column("repeated").to_pylist(), strict=True)

    def records(self, topic: Topic, layout: npt.DTypeLike, where: str = "1") -> Records:
        """The records of a topic, each once."""
        wanted = f"_topic = '{topic.name}' AND {_ACCEPTED} AND {where}"
        parts = [decode(data).records[repeated:] for data, repeated in self.messages(wanted)]
        return np.concatenate([np.zeros(0, layout), *parts])


def read_term(store: Store) -> Term:
    """The last term of the run; raises DataError when there is none, or when channels decide by different ones."""
    query = "SELECT channel, document FROM controls WHERE control = 'TERM' ORDER BY _offset DESC LIMIT 1 BY channel"
    found = store.ask(query)
    terms = [msgspec.json.decode(text, type=Term) for text in found.column("document").to_pylist()]
    if not terms:
        raise DataError(f"the warehouse of {store.folder} holds no TERM: nothing has been run, or nothing archived yet")
    if any(term != terms[0] for term in terms):
        raise DataError("the channels of this run are in different terms: ask the tables with penstock sql")
    return terms[0]


def read_facts(store: Store) -> Facts:
    """The facts of all that is archived."""
    told = store.number("SELECT countIf(kind = 'STATUS' AND size_units = 3) FROM ticks")
    quarantined = store.ask("SELECT fault, sum(count) AS n FROM quarantine GROUP BY fault").to_pylist()
    reports = [store.records(EXECUTIONS, REPORT), store.records(TICKS, REPORT, "kind = 'REPORTS'")]
    return Facts(
        term=read_term(store),
        ticks=store.number("SELECT count() FROM ticks"),
        gaps=told + store.number(_JUMPS),
        quarantined={row["fault"]: int(row["n"]) for row in quarantined},
        features=store.records(FEATURES, LAYOUTS[FEATURES.name]),
        decisions=store.records(DECISIONS, LAYOUTS[DECISIONS.name]),
        outcomes=store.records(OUTCOMES, LAYOUTS[OUTCOMES.name]),
        orders=tuple(read_orders(store).values()),
        reports=np.concatenate(reports),
        latency_ns=read_latency(store),
    )


def read_orders(store: Store) -> dict[str, Order]:
    """The new orders by id, in the order of their channels."""
    decoded = (read_order_message(data)[0] for data, _ in store.messages(f"_topic = '{ORDERS.name}' AND fault = ''"))
    return {order.id: order for order in decoded if isinstance(order, Order)}


def read_latency(store: Store) -> dict[str, npt.NDArray[np.int64]]:
    """Samples of each hop, one an order that was stamped."""
    stamped = "FROM orders WHERE wall_published_ns > 0 AND wall_received_ns > 0 AND wall_decided_ns > 0"
    found = {hop: _column(store.ask(f"SELECT {hop_ns} AS ns {stamped}")) for hop, hop_ns in _HOPS.items()}
    return found | {"decision to first report": _column(store.ask(_ANSWERED))}


def _column(table: Any) -> npt.NDArray[np.int64]:
    return np.array(table.column("ns").to_pylist(), np.int64)
