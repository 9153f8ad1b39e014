"""The simulated exchange's journal: one record an order, on the disk before anybody hears of it.

record = length u32 · crc32 u32 (of the payload) · payload (MessagePack), little-endian

In memory there are ids alone, each with its record's place: an id that is sent again must be known for ever.
"""

import fcntl
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from schemas.errors import SetupError

__all__ = ["Buried", "Done", "Journal", "read_journal"]

_HEAD = struct.Struct("<II")
RECORD_BYTES_MAX = 1 << 20


class Done(msgspec.Struct, frozen=True, tag="done"):
    """An order that was taken, and all that is reported of it."""

    id: str
    canonical: bytes
    reports: bytes  # REPORT records


class Buried(msgspec.Struct, frozen=True, tag="buried"):
    """An id under which no order was taken, and none ever will be."""

    id: str


Entry = Done | Buried
Data = bytes | mmap.mmap
_DECODER = msgspec.msgpack.Decoder(Entry)


class Journal:
    """Owns one file. SetupError: another owner lives, the file is damaged before its end, or cannot be opened.

    `find` reads a record again, from the same file: not thread-safe.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = path.open("a+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise SetupError(f"{path} belongs to another running exchange: stop that one first") from None
        except OSError as error:
            raise SetupError(f"journal {path}: {error.strerror}") from error
        self._path = path
        self._places: dict[str, int] = {}  # where each id's record begins
        self._end = 0
        with _mapped(path) as data:
            for end, entry in _records(data, path):
                self._places[entry.id], self._end = self._end, end
            self.torn_bytes = len(data) - self._end  # of an append that a crash interrupted; nobody was told of it
        if self.torn_bytes:
            self._file.truncate(self._end)
            os.fsync(self._file.fileno())

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._places

    def find(self, order_id: str) -> Entry | None:
        """What was written of an id last; None = nothing. SetupError when it cannot be read back."""
        place = self._places.get(order_id)
        if place is None:
            return None
        head = os.pread(self._file.fileno(), _HEAD.size, place)
        length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else 0
        payload = _payload(head + os.pread(self._file.fileno(), length, place + _HEAD.size), 0)
        if payload is None:
            raise SetupError(f"journal {self._path}: damaged at byte {place}, where {order_id} was written")
        return _DECODER.decode(payload)

    def append(self, entry: Entry) -> None:
        """The entry is on the disk when this returns."""
        payload = msgspec.msgpack.encode(entry)
        self._file.write(_HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._places[entry.id], self._end = self._end, self._end + _HEAD.size + len(payload)

    def close(self) -> None:
        self._file.close()


def read_journal(path: Path) -> list[Entry]:
    """Every entry, doubled ones too, in order; also while the exchange runs. Empty when there is no file."""
    return [entry for _, entry in _records(path.read_bytes(), path)] if path.exists() else []


@contextmanager
def _mapped(path: Path) -> Iterator[Data]:
    """The file's bytes, not read into memory; an empty file cannot be mapped."""
    if not path.stat().st_size:
        yield b""
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _records(data: Data, path: Path) -> Iterator[tuple[int, Entry]]:
    """End and entry of each whole record; what is torn may only be the end of the file."""
    at = 0
    while at < len(data):
        payload = _payload(data, at)
        if payload is None:
            if _is_torn(data, at):
                return
            raise SetupError(f"journal {path}: damaged at byte {at} of {len(data)}: restore it, or start afresh")
        at += _HEAD.size + len(payload)
        yield at, _DECODER.decode(payload)


def _payload(data: Data, at: int) -> bytes | None:
    if len(data) - at < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack_from(data, at)
    payload = data[at + _HEAD.size : at + _HEAD.size + length]
    whole = 0 < length <= RECORD_BYTES_MAX and len(payload) == length and zlib.crc32(payload) == checksum
    return payload if whole else None


def _is_torn(data: Data, at: int) -> bool:
    """Whether what stands at `at` is a last record that did not wholly reach the disk: no whole one follows it."""
    if len(data) - at > _HEAD.size + RECORD_BYTES_MAX:
        return False
    return not any(_payload(data, later) for later in range(at + 1, len(data) - _HEAD.size))
