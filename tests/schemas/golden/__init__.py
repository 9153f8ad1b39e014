"""Committed bytes of a frame of every kind, and how they were made.

A test compares them with what the code makes today: a changed layout changes what every log and warehouse means.
After a change on purpose: `python -m tests.schemas.golden`.
"""

from pathlib import Path

import msgspec
import numpy as np

from schemas.control import Halt, Quarantined, control_frame
from schemas.frame import Frame, Records, document, encode
from schemas.layouts import DOCUMENTS, RECORDS
from schemas.records import Kind

FOLDER = Path(__file__).parent
KINDS = tuple(kind for kind in Kind if kind in RECORDS or kind in DOCUMENTS)
QUARANTINED = Quarantined(
    fault="CORRUPT",
    message="frame: checksum",
    position=7,
    source=1,
    epoch=2,
    sequence=3,
    kind=1,
    count=1,
    places=(0, 5),
    size=88,
    sha256="00ff",
    head=b"PN\x00\xff",
)


def golden_records(kind: Kind) -> Records:
    """Two records whose every field holds a value of its own."""
    records = np.zeros(2, RECORDS[kind])
    for record in (0, 1):
        for number, name in enumerate(records.dtype.names, 1):
            field = records.dtype[name]
            value = number + 100 * record
            if field.base.kind == "S":
                records[name][record] = f"{name}-{record}".encode()[: field.itemsize]
            elif field.base.kind == "V":
                records[name][record] = np.void(bytes(range(value, value + field.itemsize)))
            else:
                records[name][record] = np.arange(value, value + int(np.prod(field.shape))).reshape(field.shape)
    return records


def golden_frame(kind: Kind) -> Frame:
    if kind == Kind.CONTROL:
        halt = Halt(by="operator", reason="drill")
        return control_frame(halt, channel=3, source=3, epoch=5, sequence=6, publish_ns=7, log=8)
    records = document(msgspec.json.encode(QUARANTINED)) if kind == Kind.QUARANTINE else golden_records(kind)
    return Frame(kind, 3, 1, 5, 6, records, publish_ns=7, flags=9, log=8)


def path(kind: Kind) -> Path:
    return FOLDER / f"{kind.name.lower()}.bin"


def write() -> None:
    for kind in KINDS:
        path(kind).write_bytes(encode(golden_frame(kind)))
