"""A block: whole messages, made into one Arrow table for each table of the warehouse."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from jobs.warehouse.intake import Taken
from schemas.arrow import RECORDS_OF, Placed, Raw, frame_table, record_table
from schemas.arrow_documents import instrument_table, order_table, quarantine_table, strategy_table
from schemas.control import Quarantined, Term

CONFLICT = "CONFLICT"  # frames.fault of an order whose id stands with other bytes


class Block:
    """Messages that are written together; bounded by whoever fills it.

    `known` tells the hashes of those of the given order ids that the warehouse holds already.
    """

    def __init__(self, known: Callable[[Iterable[str]], Mapping[str, str]]) -> None:
        self._known = known
        self._taken: list[Taken] = []
        self.rows = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._taken)

    def add(self, taken: Taken) -> None:
        self._taken.append(taken)
        self.rows += len(taken.raw.frame) if taken.raw.frame else 1
        self.bytes += len(taken.raw.data)

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """Table and rows, in the order of writing: what explains first, then the records, `frames` last."""
        yield from self._terms()
        orders, raws = self._orders()
        if orders:
            yield "orders", order_table(orders)
        placed: dict[str, list[Placed]] = defaultdict(list)
        for one in self._taken:
            if one.table in RECORDS_OF:
                placed[one.table].append(_placed(one.raw))
        for table, frames in placed.items():
            yield table, record_table(table, frames)
        refused = [(_placed(one.raw), one.document) for one in self._taken if isinstance(one.document, Quarantined)]
        if refused:
            yield "quarantine", quarantine_table([at for at, _ in refused], [document for _, document in refused])
        yield "frames", frame_table(raws)

    def _terms(self) -> Iterator[tuple[str, pa.Table]]:
        for one in self._taken:
            if isinstance(one.document, Term):
                yield "instruments_by_number", instrument_table(one.document.universe.instruments)
                yield "strategies_by_term", strategy_table(one.raw.partition, one.document)

    def _orders(self) -> tuple[list[dict[str, Any]], list[Raw]]:
        """The orders that are new, and all messages, with what became of the orders written on them."""
        rows = {place: one.document for place, one in enumerate(self._taken) if isinstance(one.document, dict)}
        hashes = dict(self._known({row["id"] for row in rows.values()})) if rows else {}
        raws = [one.raw for one in self._taken]
        new = []
        for place, row in rows.items():
            known = hashes.get(row["id"])
            if known is None:
                hashes[row["id"]] = row["sha256"]
                new.append(row)
                continue
            raws[place] = raws[place]._replace(repeated=1, fault="" if known == row["sha256"] else CONFLICT)
        return new, raws


def _placed(raw: Raw) -> Placed:
    assert raw.frame is not None
    return Placed(raw.topic, raw.partition, raw.offset, raw.frame, raw.repeated)
