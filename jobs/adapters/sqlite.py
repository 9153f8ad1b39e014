"""SQLite with one writer: full sync, a lock that a second process is refused by, transactions by `with`."""

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from schemas.errors import SetupError

__all__ = ["Database", "Row", "is_owned", "read_only"]

Row = sqlite3.Row
BUSY_MS = 5_000
OWNING_S = 1.0  # `is_owned` holds the lock for a moment
POLL_S = 0.02


class Database:
    """A file that this process owns: readers may look, a second owner is refused.

    SetupError: another owner lives, or the file cannot be opened or is not a database.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._lock = path, _lock(path, OWNING_S)
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(schema)
        except sqlite3.Error as error:
            self._lock.close()
            raise SetupError(f"{path}: {error}; it may be damaged, on a full disk or not a ledger") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it reaches the disk before this returns, or none of it does; SetupError when the disk refuses."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise SetupError(f"{self._path}: {error}; what was not written has not been done") from error
            raise

    def write(self, statement: str, *values: object) -> int:
        """Run a statement inside a transaction; the number of rows that it changed."""
        return self._connection.execute(statement, values).rowcount

    def rows(self, query: str, *values: object) -> list[Row]:
        return self._connection.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        """The first column of the only row; None when there is none."""
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def close(self) -> None:
        self._connection.close()
        self._lock.close()


def is_owned(path: Path) -> bool:
    """Whether a living process owns the file."""
    if not path.exists():
        return False
    try:
        _lock(path, 0).close()
    except SetupError:
        return True
    return False


@contextmanager
def read_only(path: Path) -> Iterator[Any]:
    """A connection for looking, also while the owner writes; SetupError when there is no such file."""
    if not path.exists():
        raise SetupError(f"{path} does not exist: the gateway has not run in this folder")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def _lock(path: Path, patience_s: float) -> IO[str]:
    lock = path.with_suffix(path.suffix + ".lock").open("a")
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(POLL_S)
                continue
            lock.close()
            remedy = "stop that one, or use another folder"
            raise SetupError(f"{path} belongs to another running process: {remedy}") from None
