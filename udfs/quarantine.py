"""What a quarantine record says of refused bytes: which, where and why."""

import hashlib

import msgspec

from schemas.control import Quarantined
from schemas.errors import BadFrame, Fault
from schemas.frame import HEADER_SIZE, Frame, Records, document

PLACES_MAX = 64
HEAD_BYTES = 256


def refused_message(data: bytes, refusal: BadFrame, position: int) -> Records:
    """The document about a whole message; its numbers are what the bytes claim, unverified."""
    quarantined = Quarantined(
        fault=refusal.fault.name,
        message=str(refusal),
        position=position,
        count=1,
        places=(),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        head=data[:HEAD_BYTES],
        **_claims(data),
    )
    return document(msgspec.json.encode(quarantined))


def refused_records(
    data: bytes, frame: Frame, records: Records, fault: Fault, places: Records, position: int
) -> Records:
    """The document about the records of a frame that were refused for one fault; `places` count in `records`."""
    first = int(places[0])
    quarantined = Quarantined(
        fault=fault.name,
        message=f"{len(places)} of {len(records)} records refused",
        position=position,
        source=frame.source,
        epoch=frame.epoch,
        sequence=frame.sequence + len(frame) - len(records) + first,
        kind=frame.kind,
        count=len(places),
        places=tuple(places[:PLACES_MAX].tolist()),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        head=records[first : first + 1].tobytes(),
    )
    return document(msgspec.json.encode(quarantined))


def _claims(data: bytes) -> dict[str, int]:
    if len(data) < HEADER_SIZE:
        return {"source": 0, "epoch": 0, "sequence": 0, "kind": 0}
    fields = {"source": data[6:8], "epoch": data[8:12], "sequence": data[16:24], "kind": data[3:4]}
    return {name: int.from_bytes(field, "little") for name, field in fields.items()}
