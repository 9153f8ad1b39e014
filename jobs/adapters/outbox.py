"""What the gateway has to tell, in order: rows of the ledger's database that become frames of the topics.

The caller's transaction holds a row and what made it; the sequence numbers come from here and nowhere else.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from jobs.adapters.sqlite import Database, Row
from schemas.control import Epoch
from schemas.errors import Unsafe
from schemas.frame import Frame, Records, document, log_tag
from schemas.layouts import RECORDS
from schemas.records import Kind
from schemas.topics import QUARANTINE, STAMPS, TICKS, Source

__all__ = ["Outbox", "Waiting"]


class Waiting(NamedTuple):
    """An outbox row that is not known to be in its topic."""

    number: int
    topic: str
    frame: Frame


class Outbox:
    """Tables `writers` and `outbox` of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def announce(self, log_ids: dict[int, str]) -> int:
        """Begin a new epoch in the log of every channel; the first thing that a started gateway writes."""
        with self._database.transaction():
            epoch = 1 + int(self._database.value("SELECT coalesce(max(epoch), 0) FROM writers"))
            for channel in sorted(log_ids):
                for topic in (TICKS.name, QUARANTINE.name, STAMPS.name):
                    self._database.write(
                        "INSERT INTO writers VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET epoch = excluded.epoch",
                        *(topic, channel, epoch),
                    )
                control = msgspec.json.encode(Epoch(source=Source.GATEWAY, epoch=epoch))
                self.put(TICKS.name, channel, Kind.CONTROL, document(control))
        return epoch

    def writer(self, channel: int) -> tuple[int, int]:
        """Epoch and next sequence of ours in a channel's log; zeros before the first announcement."""
        rows = self._database.rows("SELECT * FROM writers WHERE topic = ? AND channel = ?", TICKS.name, channel)
        return (rows[0]["epoch"], rows[0]["sequence"]) if rows else (0, 0)

    def waiting(self, log_ids: dict[int, str], rows_max: int = 1000) -> list[Waiting]:
        """The oldest frames that are not known to be in their topics, in order."""
        rows = self._database.rows("SELECT * FROM outbox WHERE published = 0 ORDER BY number LIMIT ?", rows_max)
        return [Waiting(row["number"], row["topic"], _frame(row, log_ids)) for row in rows]

    def published(self, last_number: int) -> None:
        """All frames up to this one are in their topics."""
        with self._database.transaction():
            self._database.write("UPDATE outbox SET published = 1 WHERE published = 0 AND number <= ?", last_number)

    def put(self, topic: str, channel: int, kind: Kind, records: Records) -> None:
        """Add a frame inside the caller's transaction; it gets the writer's epoch and next sequence."""
        rows = self._database.rows("SELECT * FROM writers WHERE topic = ? AND channel = ?", topic, channel)
        if not rows:
            raise Unsafe(f"{topic}: the gateway has not announced itself in channel {channel}")
        epoch, sequence = rows[0]["epoch"], rows[0]["sequence"]
        self._database.write(
            "INSERT INTO outbox (topic, channel, epoch, sequence, kind, count, records) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(topic, channel, epoch, sequence, kind, len(records), records.tobytes()),
        )
        self._database.write(
            "UPDATE writers SET sequence = ? WHERE topic = ? AND channel = ?", sequence + len(records), topic, channel
        )


def _frame(row: Row, log_ids: dict[int, str]) -> Frame:
    dtype = RECORDS.get(row["kind"], np.dtype(f"V{len(row['records'])}"))
    records = np.frombuffer(row["records"], dtype)
    tag = log_tag(log_ids[row["channel"]])
    return Frame(row["kind"], row["channel"], Source.GATEWAY, row["epoch"], row["sequence"], records, log=tag)
