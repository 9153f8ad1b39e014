"""Where the archive goes on: everything is read from the warehouse itself, and a half-written block is taken back.

A block is written table by table, `frames` last. What a crash leaves are therefore records whose messages `frames`
does not know: they are deleted, and the messages are read again. Each insert is one part, so a table holds a block
whole or not at all.
"""

from collections.abc import Iterable, Mapping

from jobs.adapters.clickhouse import Store
from jobs.warehouse.intake import ROUTES, Intake
from schemas.topics import ORDERS, Source

RECORD_TABLES = sorted({table for table in ROUTES.values() if table} | {"orders"})
_SOURCES = {source.name: int(source) for source in Source}
Offsets = dict[str, dict[int, int]]  # topic, partition: the next offset


def next_offsets(store: Store) -> Offsets:
    """The offset after the last archived message of each topic and partition."""
    found = store.rows("SELECT _topic, _partition, max(_offset) + 1 AS next FROM penstock.frames GROUP BY ALL")
    offsets: Offsets = {}
    for row in found:
        offsets.setdefault(row["_topic"], {})[row["_partition"]] = row["next"]
    return offsets


def heal(store: Store, offsets: Offsets) -> int:
    """Delete the records of messages that `frames` does not hold; how many there were."""
    deleted = 0
    for table in RECORD_TABLES:
        ends = store.rows(f"SELECT _topic, _partition, max(_offset) AS last FROM penstock.{table} GROUP BY ALL")
        for row in ends:
            begin = offsets.get(row["_topic"], {}).get(row["_partition"], 0)
            if row["last"] >= begin:
                deleted += _delete(store, table, row["_topic"], row["_partition"], begin)
    return deleted


def resume(store: Store, intake: Intake) -> None:
    """Tell the intake which records are archived, and which logs these are."""
    marks = store.rows(
        "SELECT _topic, _partition, source, epoch, max(sequence + count) AS next FROM penstock.frames "
        f"WHERE fault = '' AND _topic != '{ORDERS.name}' GROUP BY ALL ORDER BY next"
    )
    logs = store.rows(
        "SELECT channel, JSONExtractString(document, 'log_id') AS log_id FROM penstock.controls "
        "WHERE control = 'GENESIS' ORDER BY _offset LIMIT 1 BY channel"
    )
    intake.resume(
        [(row["_topic"], row["_partition"], _SOURCES[row["source"]], row["epoch"], row["next"]) for row in marks],
        {row["channel"]: row["log_id"] for row in logs},
    )


def known_orders(store: Store, ids: Iterable[str]) -> Mapping[str, str]:
    """The hashes of those orders that are archived, by id."""
    found = store.rows("SELECT id, sha256 FROM penstock.orders WHERE id IN {ids:Array(String)}", ids=sorted(ids))
    return {row["id"]: row["sha256"] for row in found}


def _delete(store: Store, table: str, topic: str, partition: int, begin: int) -> int:
    where = f"_topic = '{topic}' AND _partition = {partition} AND _offset >= {begin}"
    count: int = store.rows(f"SELECT count() AS n FROM penstock.{table} WHERE {where}")[0]["n"]
    store.command(f"ALTER TABLE penstock.{table} DELETE WHERE {where} SETTINGS mutations_sync = 2")
    return count
