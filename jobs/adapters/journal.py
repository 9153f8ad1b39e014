"""The simulated exchange's journal: one record an order, on the disk before anybody hears of it.

record = length u32 · crc32 u32 (of the payload) · payload (MessagePack), little-endian
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
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
_DECODER = msgspec.msgpack.Decoder(Entry)


class Journal:
    """Owns one file. SetupError: another owner lives, the file is damaged before its end, or cannot be opened."""

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
        data = path.read_bytes()
        self.entries: dict[str, Entry] = {entry.id: entry for _, entry in _records(data, path)}
        whole = max((end for end, _ in _records(data, path)), default=0)
        self.torn_bytes = len(data) - whole  # of an append that a crash interrupted; nobody was told of it
        if self.torn_bytes:
            self._file.truncate(whole)
            os.fsync(self._file.fileno())

    def append(self, entry: Entry) -> None:
        """The entry is on the disk when this returns."""
        payload = msgspec.msgpack.encode(entry)
        self._file.write(_HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.entries[entry.id] = entry

    def close(self) -> None:
        self._file.close()


def read_journal(path: Path) -> list[Entry]:
    """Every entry, doubled ones too, in order; also while the exchange runs. Empty when there is no file."""
    return [entry for _, entry in _records(path.read_bytes(), path)] if path.exists() else []


def _records(data: bytes, path: Path) -> Iterator[tuple[int, Entry]]:
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


def _payload(data: bytes, at: int) -> bytes | None:
    if len(data) - at < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack_from(data, at)
    payload = data[at + _HEAD.size : at + _HEAD.size + length]
    whole = 0 < length <= RECORD_BYTES_MAX and len(payload) == length and zlib.crc32(payload) == checksum
    return payload if whole else None


def _is_torn(data: bytes, at: int) -> bool:
    """Whether what stands at `at` is a last record that did not wholly reach the disk: no whole one follows it."""
    if len(data) - at > _HEAD.size + RECORD_BYTES_MAX:
        return False
    return not any(_payload(data, later) for later in range(at + 1, len(data) - _HEAD.size))
