"""The frame: a 48-byte header and `count` records, one Kafka message. The only place that knows its bytes.

    offset  0 magic u16 · 2 version u8 · 3 kind u8 · 4 channel u16 · 6 source u16 · 8 epoch u32 · 12 flags u16
           14 record_size u16 · 16 sequence u64 · 24 count u32 · 28 schema u32 · 32 publish_ns i64
           40 log u32 · 44 crc32 u32 · 48 records

The checksum covers the header (its own field as zero) and the records; every single-bit flip, truncation and
extension is detected. `log` is the tag of the GENESIS that the writer found in the partition: a frame of another log
(a topic deleted and made again under a running job) is told from ours at once. `publish_ns` is telemetry: no machine
reads it and canonical bytes do not contain it.
"""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace
from zlib_ng.zlib_ng import crc32  # the standard one, 13 times faster

from schemas.errors import BadFrame, Fault
from schemas.layouts import DOCUMENTS, SCHEMAS, layout_of, schema_of
from schemas.records import Kind

MAGIC = 0x4E50  # b"PN"
VERSION = 1
COUNT_MAX = 16_384
HEADER_SIZE = 48
DOCUMENT_SIZE_MAX = 65_528  # of one record of a document
DOCUMENT_BYTES_MAX = 2 << 20  # of a whole one: a TERM of more than 5,000 instruments
PREFIX = MAGIC.to_bytes(2, "little") + bytes([VERSION])  # of every frame
CHANNEL_AT = 4
_HEADER = struct.Struct("<HBBHHIHHQIIqII")
_CHECKSUM_AT = 44
_ZERO = bytes(4)

Records = npt.NDArray[np.void]


class Frame(msgspec.Struct, frozen=True):
    """Records of one kind by one writer; (source, epoch, sequence + i) numbers record i for ever."""

    kind: int
    channel: int
    source: int
    epoch: int
    sequence: int
    records: Records
    publish_ns: int = 0
    flags: int = 0
    log: int = 0

    def __len__(self) -> int:
        return len(self.records)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame.

    >>> from schemas.records import TICK
    >>> data = encode(Frame(Kind.TICKS, 0, 1, 1, 7, np.zeros(3, TICK)))
    >>> len(data), decode(data).sequence
    (168, 7)
    """
    if not 0 < len(frame) <= COUNT_MAX:
        raise ValueError(f"a frame holds 1 to {COUNT_MAX} records, not {len(frame)}")
    body = frame.records.tobytes()
    head = _HEADER.pack(
        MAGIC,
        VERSION,
        frame.kind,
        frame.channel,
        frame.source,
        frame.epoch,
        frame.flags,
        frame.records.itemsize,
        frame.sequence,
        len(frame),
        schema_of(frame.kind, frame.records.dtype),
        frame.publish_ns,
        frame.log,
        0,
    )
    return b"".join((head[:_CHECKSUM_AT], struct.pack("<I", crc32(body, crc32(head))), body))


def decode(data: bytes) -> Frame:
    """The frame in `data`, whose records are a read-only view of it; raises BadFrame with the fault's name."""
    if len(data) < HEADER_SIZE:
        raise BadFrame(Fault.TRUNCATED, f"frame: {len(data)} bytes are fewer than a header's {HEADER_SIZE}")
    (
        magic,
        version,
        kind,
        channel,
        source,
        epoch,
        flags,
        size,
        sequence,
        count,
        schema,
        publish_ns,
        log,
        checksum,
    ) = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadFrame(Fault.FOREIGN, f"frame: magic {magic:#06x} is not {MAGIC:#06x}")
    if version != VERSION:
        raise BadFrame(Fault.UNKNOWN_VERSION, f"frame: version {version} is not known here (known: {VERSION})")
    layout = _layout(kind, schema, size)
    if not 0 < count <= COUNT_MAX:
        raise BadFrame(Fault.TOO_MANY, f"frame: count {count} is not between 1 and {COUNT_MAX}")
    if len(data) != HEADER_SIZE + size * count:
        fault = Fault.TRUNCATED if len(data) < HEADER_SIZE + size * count else Fault.EXTENDED
        raise BadFrame(
            fault,
            f"frame: {len(data)} bytes, but {count} records of {size} need {HEADER_SIZE + size * count}",
        )
    found = crc32(memoryview(data)[HEADER_SIZE:], crc32(data[:_CHECKSUM_AT] + _ZERO))
    if found != checksum:
        raise BadFrame(Fault.CORRUPT, f"frame: checksum {found:#010x} is not the stated {checksum:#010x}")
    return Frame(
        kind,
        channel,
        source,
        epoch,
        sequence,
        np.frombuffer(data, layout, count, HEADER_SIZE),
        publish_ns,
        flags,
        log,
    )


@lru_cache(maxsize=64)
def _layout(kind: int, schema: int, size: int) -> "np.dtype[Any]":
    """The layout of a frame's records; raises BadFrame when it is none of its kind."""
    if kind not in SCHEMAS:
        raise BadFrame(Fault.UNKNOWN_KIND, f"frame: kind {kind} is not known here")
    layout: np.dtype[Any] | None = layout_of(kind, size)
    if layout is None or schema != schema_of(kind, layout):
        raise BadFrame(Fault.UNKNOWN_SCHEMA, f"frame: {Kind(kind).name} records of layout {schema:#010x}, {size} bytes")
    return layout


@lru_cache(maxsize=64)
def log_tag(log_id: str) -> int:
    """The 32 bits by which every frame names its log; 0 only for frames before a GENESIS."""
    return crc32(log_id.encode()) or 1


def channel_of(data: bytes) -> int:
    """The channel in a header that has been decoded before; no check."""
    return data[CHANNEL_AT] | data[CHANNEL_AT + 1] << 8


def canonical(frame: Frame) -> bytes:
    """The bytes that ids, digests and comparisons use: the frame with its telemetry set to zero."""
    return encode(replace(frame, publish_ns=0))


def document(text: bytes) -> Records:
    """One JSON document as the records of a CONTROL or QUARANTINE frame: one, or as few of equal size as hold it.

    >>> [(one.size, one.itemsize) for one in (document(b"x" * 9), document(b"x" * 100_000))]
    [(1, 16), (2, 50000)]
    """
    if len(text) > DOCUMENT_BYTES_MAX:
        raise ValueError(f"a document holds at most {DOCUMENT_BYTES_MAX} bytes, not {len(text)}")
    count = max(1, -(-len(text) // DOCUMENT_SIZE_MAX))
    size = -(-len(text) // (8 * count)) * 8
    return np.frombuffer(text.ljust(count * size), np.dtype(f"V{size}"))


def text_of(records: Records) -> bytes:
    """The JSON document in the records of a document frame."""
    return records.tobytes().rstrip(b" ")


def cut(frame: Frame, at: int) -> tuple[Frame, Frame]:
    """The same records in two frames: the first holds `at` of them."""
    if not 0 < at < len(frame):
        raise ValueError(f"a frame of {len(frame)} records cannot be cut at {at}")
    return (
        replace(frame, records=frame.records[:at]),
        replace(frame, sequence=frame.sequence + at, records=frame.records[at:]),
    )


def join(frames: Iterable[Frame]) -> Frame:
    """The records of neighbouring frames of one writer in one frame."""
    parts = list(frames)
    for left, right in pairwise(parts):
        if not _are_neighbours(left, right):
            raise ValueError(f"frames at sequence {left.sequence} and {right.sequence} are not neighbours")
    return replace(parts[0], records=np.concatenate([part.records for part in parts]))


def recut(frames: Iterable[Frame], sizes: Iterator[int]) -> Iterator[Frame]:
    """The same log in other frames: neighbours are joined, then cut to at most `next(sizes)` records each."""
    held: list[Frame] = []
    for frame in frames:
        if held and not _are_neighbours(held[-1], frame):
            yield from _pieces(held, sizes)
            held = []
        held.append(frame)
    if held:
        yield from _pieces(held, sizes)


def _are_neighbours(left: Frame, right: Frame) -> bool:
    if left.kind in DOCUMENTS or left.kind != right.kind:
        return False
    same_writer = (left.channel, left.source, left.epoch) == (right.channel, right.source, right.epoch)
    same_header = (left.log, left.flags) == (right.log, right.flags)
    return same_writer and same_header and right.sequence == left.sequence + len(left)


def _pieces(held: list[Frame], sizes: Iterator[int]) -> Iterator[Frame]:
    whole = join(held)
    at = 0
    while at < len(whole):
        size = min(next(sizes), COUNT_MAX)
        yield replace(whole, sequence=whole.sequence + at, records=whole.records[at : at + size])
        at += size
