"""Records as Arrow tables, one shape for each table of `schemas/clickhouse`; vectorised, a column at a time.

A number that has a name (kind, side, verdict, reason …) becomes a dictionary column of names; a number that has none
becomes `#number`, so that what should not exist is still told apart. Integer prices and sizes keep their units and
get the suffix `_units`: the tables compute real ones from `instruments`.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from schemas.features import BY_NAME
from schemas.frame import Frame, Records
from schemas.layouts import names_of
from schemas.records import CLOCK, DECISION, FEATURE, OUTCOME, PROGRESS, REPORT, STAMP, TICK, Side, TickKind, ticks_of
from schemas.topics import Source
from schemas.trading import Reason, ReportKind, Verdict

# Which record makes a table; documents, orders and raw messages have functions of their own.
RECORDS_OF = {
    "ticks": TICK,
    "features": FEATURE,
    "decisions": DECISION,
    "outcomes": OUTCOME,
    "executions": REPORT,
    "progress": PROGRESS,
    "stamps": STAMP,
    "clocks": CLOCK,
}
UNITS = frozenset(
    {"price", "size", "bid", "bid_size", "ask", "ask_size", "close", "held", "working", "cumulative", "leaves"}
    | {"fee", "spread"}
)  # fields that get the suffix _units
RENAMED = {"strategy": "ordinal"}
NAMED: dict[str, dict[str, type[IntEnum]]] = {
    "ticks": {"kind": TickKind, "side": Side},
    "decisions": {"verdict": Verdict, "reason": Reason, "side": Side},
    "executions": {"kind": ReportKind, "reason": Reason, "side": Side},
}
ORDER = "ORDER"  # frames.kind of a message of orders.v1
UNREADABLE = "UNREADABLE"


class Placed(NamedTuple):
    """A frame at its place in Kafka; its first `repeated` records make no rows."""

    topic: str
    partition: int
    offset: int
    frame: Frame
    repeated: int = 0


class Raw(NamedTuple):
    """A message as `frames` keeps it; `frame` is None for an order and for what cannot be read."""

    topic: str
    partition: int
    offset: int
    data: bytes
    kafka_ms: int
    frame: Frame | None = None
    kind: str = UNREADABLE
    repeated: int = 0
    fault: str = ""


@cache
def name_of(enum: type[IntEnum], number: int) -> str:
    """The name of a number, or `#number`.

    >>> name_of(Side, 1), name_of(Side, 7)
    ('SELL', '#7')
    """
    try:
        return enum(number).name
    except ValueError:
        return f"#{number}"


def record_table(table: str, placed: Sequence[Placed]) -> pa.Table:
    """The rows of a table from frames of its record, in the order given.

    Feature rows of several sets make a column for each feature of one of them, null in the rows that have it not; a
    feature that this code does not know has no column.
    """
    if table != "features":
        return _table(table, RECORDS_OF[table], placed)
    sets = groupby(placed, lambda one: (one.frame.records.dtype, names_of(one.frame.records)))
    parts = [_table(table, layout, list(group), names) for (layout, names), group in sets]
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()


def _table(table: str, layout: Any, placed: Sequence[Placed], features: Sequence[str] = ()) -> pa.Table:
    data = b"".join(
        [ticks_of(one.frame.records[one.repeated :]).data for one in placed]
    )  # concatenate would promote each dtype
    records = np.frombuffer(data, layout)
    columns = places(placed)
    for field in layout.names:
        if field == "x":
            x = records["x"]
            columns |= {name: np.ascontiguousarray(x[:, i]) for i, name in enumerate(features) if name in BY_NAME}
        elif field not in ("pad", "codes"):
            columns[_column(field)] = _values(table, field, records[field])
    return pa.table(columns)


def frame_table(messages: Sequence[Raw]) -> pa.Table:
    """The rows of `frames`: one for each message."""
    frames = [one.frame for one in messages]
    return pa.table(
        {
            "_topic": words_of([one.topic for one in messages]),
            "_partition": pa.array([one.partition for one in messages], pa.uint32()),
            "_offset": pa.array([one.offset for one in messages], pa.uint64()),
            "kind": words_of([one.kind for one in messages]),
            "source": words_of([name_of(Source, f.source) if f else "" for f in frames]),
            "epoch": pa.array([f.epoch if f else 0 for f in frames], pa.uint32()),
            "sequence": pa.array([f.sequence if f else 0 for f in frames], pa.uint64()),
            "count": pa.array([len(f) if f else 0 for f in frames], pa.uint32()),
            "repeated": pa.array([one.repeated for one in messages], pa.uint32()),
            "fault": words_of([one.fault for one in messages]),
            "publish_ns": pa.array([f.publish_ns if f else 0 for f in frames], pa.int64()),
            "kafka_ms": pa.array([one.kafka_ms for one in messages], pa.int64()),
            "bytes": pa.array([one.data for one in messages], pa.binary()),
        }
    )


def _column(field: str) -> str:
    return f"{field}_units" if field in UNITS else RENAMED.get(field, field)


def _values(table: str, field: str, values: Records) -> Any:
    if enum := NAMED.get(table, {}).get(field):
        return pa.DictionaryArray.from_arrays(pa.array(np.ascontiguousarray(values)), _names(enum))
    if values.dtype.kind == "S":
        return pa.array(values.tolist(), pa.binary())
    if values.dtype.kind == "V":
        return pa.array([one.hex() for one in values.tolist()], pa.string())
    return np.ascontiguousarray(values)


def places(placed: Sequence[Placed]) -> dict[str, Any]:
    """Where each row comes from: the columns with which every record table begins."""
    firsts = np.array([one.repeated for one in placed], np.uint32)
    counts = np.array([len(one.frame) for one in placed], np.uint32) - firsts
    begins = np.cumsum(counts) - counts
    rows = np.arange(counts.sum(), dtype=np.uint32) + np.repeat(firsts - begins.astype(np.uint32), counts)
    sequences = np.array([one.frame.sequence for one in placed], np.uint64)
    return {
        "_topic": words_of([one.topic for one in placed], counts),
        "_partition": np.repeat(np.array([one.partition for one in placed], np.uint32), counts),
        "_offset": np.repeat(np.array([one.offset for one in placed], np.uint64), counts),
        "_row": rows,
        "source": words_of([name_of(Source, one.frame.source) for one in placed], counts),
        "epoch": np.repeat(np.array([one.frame.epoch for one in placed], np.uint32), counts),
        "sequence": np.repeat(sequences, counts) + rows,
    }


def words_of(words: Sequence[str], counts: Any = None) -> pa.DictionaryArray:
    """Few words, many rows: each word `counts` times."""
    known = {word: i for i, word in enumerate(dict.fromkeys(words))}
    codes = np.array([known[word] for word in words], np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes if counts is None else np.repeat(codes, counts)), pa.array(list(known), pa.string())
    )


@cache
def _names(enum: type[IntEnum]) -> pa.Array:
    return pa.array([name_of(enum, number) for number in range(256)])
