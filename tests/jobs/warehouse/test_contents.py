import numpy as np
import pytest

from jobs.adapters.clickhouse import Store
from jobs.observation.archive import Tally
from jobs.warehouse.intake import Intake
from schemas import metrics
from schemas.frame import decode
from schemas.records import Kind
from schemas.topics import TICKS
from tests.jobs.warehouse.log import CHANNELS, ORDERS_PER_CHANNEL, RECORD_TABLES, ROWS, clean, dirty


def _ticks_of(channel: int) -> np.ndarray:
    frames = [decode(data) for data in clean()[TICKS.name][channel]]
    return np.concatenate([frame.records for frame in frames if frame.kind == Kind.TICKS])


def test_raw_bytes_rebuild_every_topic(store: Store) -> None:
    for topic, partitions in dirty().items():
        for partition, messages in partitions.items():
            rows = store.rows(
                "SELECT _offset, hex(bytes) AS data FROM frames WHERE _topic = {topic:String} "
                "AND _partition = {partition:UInt32} ORDER BY _offset",
                topic=topic,
                partition=partition,
            )
            assert [row["_offset"] for row in rows] == list(range(len(messages)))
            assert [bytes.fromhex(row["data"]) for row in rows] == messages


@pytest.mark.parametrize("channel", CHANNELS)
def test_ticks_are_the_records_of_the_clean_log_in_order(store: Store, channel: int) -> None:
    ticks = _ticks_of(channel)
    rows = store.rows(
        "SELECT venue_ns, receive_ns, price_units, size_units, instrument, flags, sequence FROM ticks "
        f"WHERE _partition = {channel} ORDER BY _offset, _row"
    )
    for column, field in (("price_units", "price"), ("size_units", "size")):
        assert [row[column] for row in rows] == ticks[field].tolist()
    for field in ("venue_ns", "receive_ns", "instrument", "flags"):
        assert [row[field] for row in rows] == ticks[field].tolist()


def test_every_table_holds_each_record_once(store: Store) -> None:
    counts = {table: store.rows(f"SELECT count() AS n FROM {table}")[0]["n"] for table in RECORD_TABLES}
    reports = 2 * ORDERS_PER_CHANNEL + 2
    assert counts == {
        "ticks": sum(len(_ticks_of(channel)) for channel in CHANNELS),
        "features": 2 * ROWS,
        "decisions": 2 * ROWS,
        "outcomes": 2 * ROWS,
        "orders": 2 * (ORDERS_PER_CHANNEL + 1),
        "executions": 2 * reports,
        "quarantine": 2 * 3,
        "progress": 2 * 4,
        "stamps": 2 * ORDERS_PER_CHANNEL,
        "clocks": 2,
    }
    numbers = store.rows("SELECT _partition, groupArray(number) AS all FROM features GROUP BY _partition")
    assert all(sorted(row["all"]) == list(range(1, ROWS + 1)) for row in numbers)


def test_what_made_no_row_is_named_and_counted(store: Store) -> None:
    found = store.rows("SELECT _topic, fault, count() AS n FROM frames WHERE fault != '' GROUP BY ALL")
    assert {(row["_topic"], row["fault"]): row["n"] for row in found} == {
        ("ticks.v1", "TRUNCATED"): 1,
        ("ticks.v1", "CORRUPT"): 1,
        ("ticks.v1", "ZOMBIE"): 1,
        ("ticks.v1", "UNANNOUNCED_EPOCH"): 1,
        ("ticks.v1", "WRONG_CHANNEL"): 1,
        ("ticks.v1", "WRONG_LOG"): 1,
        ("ticks.v1", "BAD_KIND"): 1,
        ("orders.v1", "BAD_DOCUMENT"): 1,
        ("orders.v1", "CONFLICT"): 1,
    }
    repeated = store.rows("SELECT _topic, sum(repeated) AS n FROM frames WHERE repeated > 0 GROUP BY ALL")
    first = len(decode(clean()[TICKS.name][0][6]))
    replica = 7 + 7 + 5  # the last five are the ones that the replica brought before
    assert {row["_topic"]: row["n"] for row in repeated} == {"ticks.v1": first, "features.v1": replica, "orders.v1": 2}


TOLD = {
    metrics.TICKS: "SELECT _partition AS key, count() AS n FROM ticks GROUP BY key",
    metrics.FEATURES: "SELECT _partition AS key, count() AS n FROM features GROUP BY key",
    metrics.FRAMES: "SELECT _topic AS key, count() AS n FROM frames GROUP BY key",
    metrics.DECISIONS: "SELECT lower(concat(verdict, ' ', reason)) AS key, count() AS n FROM decisions GROUP BY key",
    metrics.QUARANTINED: "SELECT lower(fault) AS key, sum(count) AS n FROM quarantine GROUP BY key",
}


def test_what_the_archive_tells_is_what_the_tables_hold(store: Store) -> None:
    intake, tally = Intake(), Tally()
    for topic, partitions in dirty().items():
        for partition, messages in partitions.items():
            for offset, data in enumerate(messages):
                tally.take(intake.take(topic, partition, offset, data, 0))
    for metric, query in TOLD.items():
        own = {" ".join(map(str, labels)): n for (one, labels), n in tally.counts.items() if one is metric and n}
        assert own == {str(row["key"]): row["n"] for row in store.rows(query)} != {}, metric.name
