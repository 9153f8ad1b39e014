"""Questions: through the archive's socket, to the files it left, and the ones that are refused."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.adapters.clickhouse import Store, open_store
from jobs.results.kept import keep
from jobs.results.oracle import Parity
from jobs.sql import sql
from jobs.warehouse import door as door_of
from jobs.warehouse.door import QUESTION_BYTES_MAX, SOCKET, Door, ask
from schemas.errors import DataError, SetupError

COUNT = "SELECT count() AS n FROM orders"
WRITING = [
    "DROP TABLE ticks",
    "INSERT INTO orders (id) VALUES ('x')",
    "SELECT 1; DROP TABLE ticks",
    "SELECT 1 INTO OUTFILE 'WRITTEN'",
    "SELECT 1 into /* */ outfile 'WRITTEN'",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "ALTER TABLE ticks DELETE WHERE 1",
    "SET readonly = 0",
    "WITH 1 AS x INSERT INTO orders (id) SELECT 'x'",
    "",
]


def both(folder: Path) -> tuple[Store, Store]:
    """A connection that only reads, and one that writes."""
    warehouse = f"chdb://{folder / 'warehouse'}"
    return open_store(warehouse, read_only=True), open_store(warehouse)


@pytest.fixture(scope="module")
def door(run_folder: Path) -> Iterator[Path]:
    opened = Door(run_folder, *both(run_folder))
    yield run_folder
    opened.close()


def test_answers_in_any_format(door: Path) -> None:
    assert sql(COUNT, "JSONEachRow", door) in (b'{"n":14}\n', b'{"n":"14"}\n')
    assert sql(f"{COUNT} FORMAT CSV;", folder=door) == b"14\n"
    assert b"14" in sql(COUNT, folder=door)
    assert sql("SELECT ';' AS s", "TSV", door) == b";\n"


@pytest.mark.parametrize("query", WRITING)
def test_nothing_writes(door: Path, query: str) -> None:
    written = door / "written"
    query = query.replace("WRITTEN", str(written))
    with pytest.raises(DataError):
        sql(query, "CSV", door)
    with pytest.raises(DataError):  # also not by somebody who leaves our client out
        ask(door, query, "CSV")
    assert not written.exists()
    assert sql(COUNT, "CSV", door) == b"14\n"


def test_what_a_check_found_is_kept_and_nothing_else(door: Path) -> None:
    found = [Parity("close", 0.0, 5, 1, 0, 2.0, None), Parity("return", 1e-6, 5, 0, 0, 0.0, (0, 1))]
    keep(door, None, found, "flink", 77)
    kept = sql("SELECT quantity, compared, different FROM parity_runs WHERE checked_ns = 77 ORDER BY ALL", "CSV", door)
    assert kept == b'"close",5,1\n"return",5,0\n'
    with pytest.raises(DataError, match="keeps rows for parity_runs only, not for orders"):
        door_of.keep(door, "orders", pa.table({"id": ["x"]}))
    with pytest.raises(DataError, match="ClickHouse refused"):
        door_of.keep(door, "parity_runs", pa.table({"no_such_column": ["x"]}))
    assert sql(COUNT, "CSV", door) == b"14\n"


def test_an_embedded_engine_lets_go_of_merged_parts(door: Path) -> None:
    """Kept for its default of 8 minutes, they were most of what an archive grew by."""
    tables = "FROM system.tables WHERE database = 'penstock' AND engine = 'MergeTree'"
    there = sql(f"SELECT count(), countIf(engine_full LIKE '%old_parts_lifetime = 60%') {tables}", "CSV", door)
    assert there == b"12,12\n"


def test_an_error_names_its_reason(door: Path) -> None:
    with pytest.raises(DataError, match="no_such_column"):
        sql("SELECT no_such_column FROM ticks", "CSV", door)
    with pytest.raises(DataError, match="output format"):
        sql("SELECT 1", "CSV; DROP", door)


@pytest.mark.parametrize(
    "sent", [b"", b"\x00", struct.pack("<I", QUESTION_BYTES_MAX + 1), struct.pack("<I", 3) + b"abc"]
)
def test_a_client_that_talks_nonsense_hinders_nobody(door: Path, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(door / SOCKET))
        client.sendall(sent)
    assert sql(COUNT, "CSV", door) == b"14\n"


def test_too_long_a_question_is_refused(door: Path) -> None:
    with pytest.raises(DataError, match="bytes"):
        sql(f"SELECT '{'x' * QUESTION_BYTES_MAX}'", "CSV", door)


def test_the_socket_is_the_owners_only(door: Path) -> None:
    assert (door / SOCKET).stat().st_mode & 0o777 == 0o600


def test_without_an_archive_the_files_answer(door: Path, tmp_path: Path) -> None:
    """In another process: this one has the engine open. A folder deeper than a socket's address allows must do too."""
    code = f"from jobs.sql import sql; from pathlib import Path; print(sql({COUNT!r}, 'CSV', Path({str(door)!r})))"
    through_the_door = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert through_the_door.stdout == "b'14\\n'\n", through_the_door.stderr
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    (deep / "warehouse").symlink_to(door / "warehouse")
    alone = subprocess.run(
        [sys.executable, "-P", "-c", code.replace(str(door), str(deep))], capture_output=True, text=True, check=False
    )
    assert "has it open, and only one may" in alone.stderr, "the lock must be named"
    second = Door(deep, *both(door))
    assert sql(COUNT, "CSV", deep) == b"14\n"
    second.close()


def test_nothing_archived_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="nothing is archived"):
        sql(COUNT, "CSV", tmp_path)


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("chdb://relative/folder", "absolute folder"),
        ("chdb:///proc/none", "choose a folder"),
        ("postgres://somewhere", "must begin with"),
        ("clickhouse://user:hidden@127.0.0.1:1/", r"user:\*\*\*@127.0.0.1:1/: no ClickHouse answers"),
    ],
)
def test_a_wrong_address_is_one_clear_error_at_once(dsn: str, said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(SetupError, match=said) as error:
        open_store(dsn)
    assert time.monotonic() - begun < 5
    assert "hidden" not in str(error.value)
