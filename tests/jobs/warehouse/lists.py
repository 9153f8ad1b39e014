"""Topics as lists, and a reader over them; run as a script it archives them and may be killed on the way."""

import os
import pickle
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jobs.adapters.clickhouse import Store, open_store
from jobs.warehouse.archive import Archive

Topics = dict[str, dict[int, list[bytes]]]
KAFKA_MS = 1_723_161_260_000


class Message(NamedTuple):
    partition: int
    offset: int
    value: bytes
    timestamp_ms: int


class ListReader:
    """The interface of jobs.adapters.kafka.Reader over lists."""

    def __init__(self, partitions: dict[int, list[bytes]], offsets: dict[int, int]) -> None:
        self._partitions, self._next = partitions, {p: offsets.get(p, 0) for p in partitions}

    def poll(self, timeout_s: float, count_max: int = 1000) -> Sequence[Message]:
        found = []
        for partition, messages in self._partitions.items():
            begin = self._next[partition]
            end = min(len(messages), begin + count_max // len(self._partitions))
            found += [Message(partition, i, messages[i], KAFKA_MS + i) for i in range(begin, end)]
            self._next[partition] = end
        return found

    def high_watermarks(self) -> dict[int, int]:
        return {partition: len(messages) for partition, messages in self._partitions.items()}


def readers(topics: Topics, archive: Archive) -> dict[str, ListReader]:
    return {name: ListReader(partitions, archive.next.get(name, {})) for name, partitions in topics.items()}


class KilledStore(Store):
    """Kills its process before an insert into a table: what `kill -9` leaves at that place."""

    victim, inserts_left = "", 0

    def insert(self, table: str, rows: object) -> None:
        if table == self.victim and self.inserts_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.inserts_left -= table == self.victim
        super().insert(table, rows)


def main(topics: Topics, folder: Path, block_messages: int, victim: str = "", inserts: int = 0) -> None:
    """Archive the topics into `folder`; die before the insert into `victim` that follows so many others."""
    with open_store(f"chdb://{folder}") as store:
        store.__class__ = KilledStore
        store.victim, store.inserts_left = victim, inserts
        store.create()
        archive = Archive(store, block_messages)
        archive.run_to_end(readers(topics, archive))
        print(archive.archived, archive.healed)


if __name__ == "__main__":
    topics, folder, block_messages, *victim = sys.argv[1:]
    main(pickle.loads(Path(topics).read_bytes()), Path(folder), int(block_messages), *victim[:1], *map(int, victim[1:]))
