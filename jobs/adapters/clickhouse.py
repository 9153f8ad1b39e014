"""The only door to ClickHouse: chDB inside this process, or a server; by DSN.

chdb:///absolute/folder                       embedded; one process at a time may have the folder open
clickhouse://user:password@host:8123/         a server over HTTP; clickhouses:// over TLS
"""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

from jobs.adapters.dsn import check, masked, without_secret
from schemas.errors import DataError, SetupError

__all__ = ["TABLES", "VIEWS", "Store", "open_store"]

DATABASE = "penstock"
TABLES = (
    *("instruments_by_number", "strategies_by_term"),  # first: the others look names and units up in them
    *("frames", "ticks", "features", "decisions", "outcomes", "orders", "executions", "quarantine", "progress"),
    *("stamps", "clocks", "parity_runs"),
)
VIEWS = ("instruments", "strategies", "fills", "controls", "latency")
CONNECT_S = 3
DISK_FREE_BYTES_MIN = 64 << 20  # on a full disk the engine starts and says nothing
# Merged parts stay in memory, 160 KB each and some 3 a second, lest the disk loses their successor: for 8 minutes by
# default. Embedded it is as long as a disk may take to write; what it loses even so, the log fills again.
MERGED_S = 60
# One thread and few caches: the archive shares its machine with the broker and the channels.
WRITE = {"max_threads": 1, "max_insert_threads": 1, "async_insert": 0, "max_insert_block_size": 16_777_216}
READ = {
    "max_threads": 2,
    "max_execution_time": 60,
    "max_memory_usage": 2 << 30,
    "asterisk_include_alias_columns": 1,  # the columns that people read: symbol, price, time
    "output_format_pretty_row_numbers": 0,
    "output_format_pretty_single_large_number_tip_threshold": 0,
    "readonly": 1,  # last: nothing may be set after it
}

for _library in ("clickhouse_connect", "urllib3"):  # what goes wrong is raised, once, by us
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False


def open_store(dsn: str, *, read_only: bool = False, patience_s: float = 0.0) -> "Store":
    """Connect within seconds, or raise SetupError: unknown scheme, no server, wrong password, folder in use.

    `patience_s` is how long a folder that another process has open is waited for.
    """
    scheme = urlsplit(dsn).scheme
    if scheme == "chdb":
        return Store(_embedded(dsn, patience_s, read_only), dsn, read_only)
    if scheme in ("clickhouse", "clickhouses"):
        return Store(_server(dsn), dsn, read_only)
    raise SetupError(f"warehouse {masked(dsn)}: the address must begin with chdb:/// or clickhouse://")


class Store:
    """One connection; not for several threads, but a process may open several to the same folder or server.

    Raises DataError when ClickHouse refuses a statement, with its reason.
    """

    def __init__(self, client: Any, dsn: str, read_only: bool = False) -> None:
        self._client, self._dsn = client, dsn
        for name, value in (READ if read_only else WRITE).items():
            client.set_client_setting(name, value)
        if read_only:
            client.database = DATABASE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def create(self) -> list[str]:
        """Make the database, tables and views that are not there, and return the names of the tables and views.

        SetupError when they are of another version.
        """
        texts = {name: _sql(name) for name in (*TABLES, *VIEWS)}
        version = hashlib.sha256("".join(texts.values()).encode()).hexdigest()[:16]
        self.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE} COMMENT 'schema {version}'")
        found = self.rows(f"SELECT comment FROM system.databases WHERE name = '{DATABASE}'")[0]["comment"]
        if found != f"schema {version}":
            raise SetupError(
                f"warehouse {masked(self._dsn)}: its tables are another version ({found}, ours is schema {version}): "
                "choose another folder or server; the log fills it again from the beginning"
            )
        there = self.rows("SELECT name FROM system.tables WHERE database = {name:String}", name=DATABASE)
        missing = [name for name in texts if name not in {one["name"] for one in there}]
        for name in missing:
            self.command(texts[name])
            if urlsplit(self._dsn).scheme == "chdb" and "ENGINE = MergeTree" in texts[name]:
                self.command(f"ALTER TABLE {DATABASE}.{name} MODIFY SETTING old_parts_lifetime = {MERGED_S}")
        return missing

    def insert(self, table: str, rows: pa.Table) -> None:
        """Write the rows as one block: all of them or none."""
        with _refused(f"insert into {table}"):
            self._client.insert_arrow(f"{DATABASE}.{table}", rows.combine_chunks())

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        with _refused(sql):
            self._client.command(sql)

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """A small result as Python values; a parameter stands in the SQL as {name:Type}."""
        with _refused(sql):
            rows: list[dict[str, Any]] = list(self._client.query(sql, parameters=parameters).named_results())
        return rows

    def text(self, sql: str, form: str | None) -> bytes:
        """A result in one of ClickHouse's output formats; None when the SQL names its own."""
        with _refused(sql):
            answer: bytes = self._client.raw_query(sql, fmt=form)
        return answer

    def close(self) -> None:
        self._client.close()


def _embedded(dsn: str, patience_s: float, read_only: bool) -> Any:
    parts = urlsplit(dsn)
    folder = Path(parts.path)
    if parts.netloc or not folder.is_absolute():
        raise SetupError(f"warehouse {dsn}: a chdb address is chdb:/// and an absolute folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not read_only:
            _check_disk(folder)
        _wait_free(folder, time.monotonic() + patience_s)
        return clickhouse_connect.get_client(interface="chdb", path=str(folder), show_clickhouse_errors=True)
    except OSError as error:
        raise SetupError(f"warehouse {dsn}: {error.strerror}: choose a folder that can be written") from error
    except ClickHouseError as error:
        raise SetupError(f"warehouse {dsn}: the engine does not start: {_first_line(error)}") from error


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < DISK_FREE_BYTES_MIN:
        raise SetupError(
            f"{free >> 20} MiB are free at {folder}, the warehouse needs {DISK_FREE_BYTES_MIN >> 20}: "
            "free some space or choose another folder"
        )


def _wait_free(folder: Path, deadline_s: float) -> None:
    while owner := _owner(folder):
        if time.monotonic() >= deadline_s:
            raise SetupError(
                f"warehouse {folder}: {owner} has it open, and only one may: ask it by penstock sql, or stop it"
            )
        time.sleep(0.1)


def _owner(folder: Path) -> str:
    """The other process that holds the engine's own lock on the folder; empty when nobody does."""
    status = folder / "status"
    if not status.exists():
        return ""
    with status.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = re.search(r"PID: (\d+)", file.read())
            return "" if found and int(found[1]) == os.getpid() else f"process {found[1] if found else 'unknown'}"
    return ""


def _server(dsn: str) -> Any:
    check(dsn)
    try:
        return clickhouse_connect.get_client(
            dsn=dsn.replace("clickhouse", "http", 1),
            connect_timeout=CONNECT_S,
            send_receive_timeout=300,
            show_clickhouse_errors=True,
        )
    except (ClickHouseError, ValueError, OSError) as error:
        said = without_secret(_first_line(error), dsn)
        raise SetupError(
            f"warehouse {masked(dsn)}: no ClickHouse answers there, or it refuses us ({said}): "
            "check the address, user and password"
        ) from None  # the driver's error may hold the whole address


@contextmanager
def _refused(asked: str) -> Iterator[None]:
    """ClickHouse's refusal as a DataError that shows what was asked."""
    try:
        yield
    except ClickHouseError as error:
        raise DataError(f"ClickHouse refused: {_first_line(error)}\n  asked: {asked.strip()[:300]}") from error
    except OSError as error:
        raise SetupError(f"the warehouse's disk or server: {error}\n  asked: {asked.strip()[:300]}") from error


def _sql(name: str) -> str:
    text = (files("schemas") / "clickhouse" / f"{name}.sql").read_text()
    return text.strip().removesuffix(";")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:500]
