"""One changed price in a log: what a comparison that works must notice."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from schemas.errors import BadFrame, DataError
from schemas.frame import Frame, Records, decode, encode
from schemas.records import Kind, TickKind


class Place(NamedTuple):
    """A tick in a log: the message's number, the record's place in it, and what it is about."""

    message: int
    record: int
    instrument: int
    receive_ns: int


def find_quote(log: Iterable[bytes], features: Records) -> Place:
    """The bid that stood when the middle one of the unmarked feature rows closed; DataError when there is none."""
    rows = features[features["marks"] == 0]
    if not len(rows):
        raise DataError("no feature row without marks is archived: there is nothing whose change must be noticed")
    row = rows[len(rows) // 2]
    found = None
    for message, data in enumerate(log):
        frame = _ticks(data)
        if frame is None:
            continue
        ticks = frame.records
        wanted = (ticks["instrument"] == row["instrument"]) & (ticks["kind"] == TickKind.BID)
        places = np.flatnonzero(wanted & (ticks["receive_ns"] < row["channel_ns"]))
        if len(places):
            record = int(places[-1])
            found = Place(message, record, int(row["instrument"]), int(ticks["receive_ns"][record]))
        if ticks["receive_ns"][0] >= row["channel_ns"]:
            break
    if found is None:
        raise DataError("no bid stands in the log before the middle feature row")
    return found


def changed(log: Iterable[bytes], place: Place, units: int) -> Iterator[bytes]:
    """The log with the price at a place so many units higher, its checksum right."""
    for message, data in enumerate(log):
        yield _moved(data, place.record, units) if message == place.message else data


def _moved(data: bytes, record: int, units: int) -> bytes:
    frame = decode(data)
    ticks = frame.records.copy()
    ticks["price"][record] += units
    return encode(replace(frame, records=ticks))


def _ticks(data: bytes) -> Frame | None:
    try:
        frame = decode(data)
    except BadFrame:
        return None
    return frame if frame.kind == Kind.TICKS else None
