"""The door to Flink SQL: trades into windows of venue time, by a bounded job inside this process's own JVM."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from pyarrow import csv
from pyflink.table import StreamTableEnvironment

from jobs.adapters.flink import environment
from schemas.frame import Records

__all__ = ["windows"]

MINUTES_MAX = 60
SETTINGS = {
    "table.local-time-zone": "UTC",
    "pipeline.auto-watermark-interval": "0",  # one a record and none by the clock: what is late depends on data alone
    "table.optimizer.agg-phase-strategy": "ONE_PHASE",  # two phases hold late trades back and drop them in heaps
}
_TRADES = """CREATE TEMPORARY TABLE trades (
    `position` BIGINT, instrument BIGINT, venue_ns BIGINT, price_units BIGINT, size_units BIGINT,
    venue_time AS TO_TIMESTAMP_LTZ(venue_ns / 1000000, 3),
    WATERMARK FOR venue_time AS venue_time - INTERVAL '{seconds}' SECOND
)"""
_BARS = """CREATE TEMPORARY TABLE bars (
    width_ns BIGINT, instrument BIGINT, end_ns BIGINT,
    `open` BIGINT, high BIGINT, low BIGINT, `close` BIGINT, volume BIGINT, trades BIGINT
)"""
_LATE = "CREATE TEMPORARY TABLE late (width_ns BIGINT, `position` BIGINT)"
_FILES = " WITH ('connector' = 'filesystem', 'format' = 'csv', 'path' = 'file://{path}')"
_COLUMNS = {
    "bars": ("width_ns", "instrument", "end_ns", "open", "high", "low", "close", "volume", "trades"),
    "late": ("width_ns", "position"),
}
_WINDOWS = "TABLE(TUMBLE(TABLE trades, DESCRIPTOR(venue_time), INTERVAL '{seconds}' SECOND({digits})))"
# FIRST_VALUE goes by arrival. The least text of time, position and price is the first trade's, its price from 39 on.
_INSERT_BARS = """INSERT INTO bars
SELECT
    CAST({width_ns} AS BIGINT), instrument,
    UNIX_TIMESTAMP(DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss')) * 1000000000,
    CAST(SUBSTRING(MIN(placed) FROM 39) AS BIGINT), MAX(price_units), MIN(price_units),
    CAST(SUBSTRING(MAX(placed) FROM 39) AS BIGINT), SUM(size_units), COUNT(*)
FROM (
    SELECT *, LPAD(CAST(venue_ns AS STRING), 19, '0') || LPAD(CAST(`position` AS STRING), 19, '0')
        || CAST(price_units AS STRING) AS placed
    FROM {windows})
GROUP BY window_start, window_end, instrument"""
# What the aggregation drops: trades that find their window closed by the watermark before them.
_INSERT_LATE = """INSERT INTO late
SELECT CAST({width_ns} AS BIGINT), `position` FROM {windows} WHERE window_time <= CURRENT_WATERMARK(window_time)"""


def windows(trades: Records, widths_ns: Sequence[int], out_of_order_ms: int) -> tuple[pa.Table, pa.Table]:
    """Bars and late trades of every width, from trades (`jobs.results.venue.TRADE`) in the order given.

    A width is whole seconds. The watermark is `out_of_order_ms` behind the newest trade; a trade whose window it has
    closed is in no bar but in the second table, by its position. A job that fails or takes an hour raises.
    """
    with TemporaryDirectory(prefix="penstock-windows-") as name:
        folder = Path(name)
        columns = {column: trades[column] for column in trades.dtype.names or ()}
        csv.write_csv(pa.table(columns), folder / "trades.csv", csv.WriteOptions(include_header=False))
        _run(folder, widths_ns, out_of_order_ms)
        return _read(folder, "bars"), _read(folder, "late")


def _run(folder: Path, widths_ns: Sequence[int], out_of_order_ms: int) -> None:
    tables = _tables()
    seconds = f"{out_of_order_ms // 1000}.{out_of_order_ms % 1000:03d}"
    for table, path in ((_TRADES.format(seconds=seconds), "trades.csv"), (_BARS, "bars"), (_LATE, "late")):
        tables.execute_sql(table + _FILES.format(path=folder / path))
    statements = tables.create_statement_set()
    for width_ns in widths_ns:
        width_s = width_ns // 10**9
        source = _WINDOWS.format(seconds=width_s, digits=len(str(width_s)))
        for insert in (_INSERT_BARS, _INSERT_LATE):
            statements.add_insert_sql(insert.format(width_ns=width_ns, windows=source))
    statements.execute().wait(MINUTES_MAX * 60_000)


def _tables() -> StreamTableEnvironment:
    env = environment({"restart-strategy.type": "none"}, [])
    env.set_parallelism(1)  # of several, none would see the trades in their order
    env._j_stream_execution_environment.getCheckpointConfig().disableCheckpointing()
    tables = StreamTableEnvironment.create(env)
    for name, value in SETTINGS.items():
        tables.get_config().set(name, value)
    return tables


def _read(folder: Path, table: str) -> pa.Table:
    """The rows of a table's files; Flink makes none where there is no row."""
    schema = pa.schema([(name, pa.int64()) for name in _COLUMNS[table]])
    reading = csv.ReadOptions(column_names=schema.names)
    typed = csv.ConvertOptions(column_types=schema)
    files = [path for path in sorted((folder / table).glob("part-*")) if path.stat().st_size]
    return pa.concat_tables(
        [schema.empty_table(), *(csv.read_csv(path, reading, convert_options=typed) for path in files)]
    )
