"""Questions to the warehouse while the archive owns it: a Unix socket, one question after another, which only reads.

Beside questions the door takes rows for the tables of KEPT, which hold what checks have found and nothing of the log.

A question and an answer are each a length (u32, little-endian) and that many bytes of msgpack.
"""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pyarrow as pa

from jobs.adapters.clickhouse import Store
from jobs.warehouse.question import checked
from schemas.errors import DataError, PenstockError, SetupError

SOCKET = "archive.sock"
QUESTION_BYTES_MAX = 256 << 10
ANSWER_BYTES_MAX = 64 << 20
SEND_S_MAX = 5.0  # for a client to send its question, or to take its answer
KEPT = frozenset({"parity_runs"})
ANSWER_S_MAX = 90.0  # longer than the engine's own limit for a query
_LENGTH = struct.Struct("<I")


class Question(msgspec.Struct, frozen=True, tag=True):
    """`form` is an output format of ClickHouse; None = the SQL names its own."""

    sql: str
    form: str | None


class Rows(msgspec.Struct, frozen=True, tag=True):
    """For a table of KEPT, as an Arrow stream."""

    table: str
    data: bytes


class Answer(msgspec.Struct, frozen=True, tag=True):
    data: bytes


class Refusal(msgspec.Struct, frozen=True, tag=True):
    message: str


class Door:
    """Answers questions on a thread of its own until it is closed; rows that come go through `kept`, which writes."""

    def __init__(self, folder: Path, store: Store, kept: Store) -> None:
        self._folder, self._store, self._kept = folder, store, kept
        self._closing = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        (folder / SOCKET).unlink(missing_ok=True)  # we own the warehouse: whoever listened here is dead
        with _address(folder) as address:
            self._listener.bind(address)
        (folder / SOCKET).chmod(0o600)
        self._listener.listen(16)
        self._listener.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer the question in hand, then no more."""
        self._closing.set()
        self._thread.join(ANSWER_S_MAX)
        self._listener.close()
        (self._folder / SOCKET).unlink(missing_ok=True)
        self._store.close()
        self._kept.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                client, _ = self._listener.accept()
                with client, suppress(OSError, msgspec.DecodeError, EOFError):
                    client.settimeout(SEND_S_MAX)
                    asked = msgspec.msgpack.decode(_receive(client, QUESTION_BYTES_MAX), type=Question | Rows)
                    _send(client, msgspec.msgpack.encode(self._answer(asked)))

    def _answer(self, asked: Question | Rows) -> Answer | Refusal:
        try:
            data = self._keep(asked) if isinstance(asked, Rows) else self._store.text(*checked(asked.sql, asked.form))
        except PenstockError as error:
            return Refusal(str(error))
        if len(data) > ANSWER_BYTES_MAX - 64:
            return Refusal(f"the answer has {len(data)} bytes, at most {ANSWER_BYTES_MAX} are sent: add a LIMIT")
        return Answer(data)

    def _keep(self, rows: Rows) -> bytes:
        if rows.table not in KEPT:
            raise DataError(f"the archive keeps rows for {', '.join(sorted(KEPT))} only, not for {rows.table}")
        try:
            table = pa.ipc.open_stream(rows.data).read_all()
        except pa.ArrowInvalid as error:
            raise DataError(f"rows for {rows.table}: {error}") from error
        self._kept.insert(rows.table, table)
        return b""


def ask(folder: Path, sql: str, form: str | None) -> bytes | None:
    """The archive's answer; None when no archive lives in the folder; DataError when it refuses."""
    return _asked(folder, Question(sql, form))


def keep(folder: Path, table: str, rows: pa.Table) -> bool:
    """Let the archive write rows; False when no archive lives in the folder; DataError when it refuses."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return _asked(folder, Rows(table, sink.getvalue().to_pybytes())) is not None


def _asked(folder: Path, asked: Question | Rows) -> bytes | None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_S_MAX)
        try:
            with _address(folder) as address:
                client.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            question = msgspec.msgpack.encode(asked)
            if len(question) > QUESTION_BYTES_MAX:
                raise DataError(f"the question has {len(question)} bytes, at most {QUESTION_BYTES_MAX} are taken")
            _send(client, question)
            answer = msgspec.msgpack.decode(_receive(client, ANSWER_BYTES_MAX), type=Answer | Refusal)
        except (OSError, EOFError) as error:
            raise SetupError(f"the archive in {folder} stopped answering ({error}): see its log") from error
    if isinstance(answer, Refusal):
        raise DataError(answer.message)
    return answer.data


def _send(peer: socket.socket, data: bytes) -> None:
    peer.sendall(_LENGTH.pack(len(data)) + data)


def _receive(peer: socket.socket, size_max: int) -> bytes:
    (size,) = _LENGTH.unpack(_exactly(peer, _LENGTH.size))
    if size > size_max:
        raise EOFError(f"{size} bytes announced, at most {size_max} are taken")
    return _exactly(peer, size)


def _exactly(peer: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = peer.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError("the other side hung up")
        data += part
    return bytes(data)


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """A path that fits the 107 bytes of a Unix socket's address, however deep the folder lies."""
    path = str(folder / SOCKET)
    if len(os.fsencode(path)) < 100:
        yield path
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)
