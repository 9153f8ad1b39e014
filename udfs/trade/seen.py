"""A row in plain numbers, and the bytes of a decision about it.

Reading fields of numpy records one by one, and writing them, costs more than everything that is decided with them: a
row is unpacked from its bytes in one go, and a decision is packed in one.
"""

from functools import cache
from struct import Struct
from typing import NamedTuple

from schemas.frame import Records
from schemas.records import DECISION, FEATURE, Side
from schemas.trading import Reason, Verdict
from udfs.arrays import ROW
from udfs.risk.limits import Intent

_CODES = {"<u8": "Q", "<i8": "q", "<u4": "I", "<i4": "i", "<u2": "H", "|u1": "B"}
_DECISION = Struct("<" + "".join(_CODES[DECISION[name].str] for name in DECISION.names or ()))
assert _DECISION.size == DECISION.itemsize


class Seen(NamedTuple):
    """What the stages before said of one row: FEATURE, then ROW without its number."""

    number: int
    position: int
    channel_ns: int
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    close: int
    instrument: int
    marks: int
    warm: int
    x: tuple[float, ...]
    model_bp: int
    online_bp: int
    model_weight_bp: int
    online_weight_bp: int
    p_bp: int
    confidence_bp: int
    in_sample: int


_HEAD = Seen._fields.index("x")
_ROW = Struct("<8x" + "".join(_CODES[ROW[name].str] for name in Seen._fields[_HEAD + 1 :]) + "4x")
_OF_FEATURE = "<" + "".join(_CODES[FEATURE[name].str] for name in Seen._fields[:_HEAD]) + "x"
assert FEATURE.names == (*Seen._fields[:_HEAD], "pad", "x")
assert ROW.names == ("row", *Seen._fields[_HEAD + 1 :], "pad")


def seen(features: Records, rows: Records, at: int) -> Seen:
    """One row of a batch."""
    feature = _feature(features["x"].shape[1], "codes" in (features.dtype.names or ()))
    head = feature.unpack_from(features.data, at * features.itemsize)
    return Seen._make((*head[:_HEAD], head[_HEAD:], *_ROW.unpack_from(rows.data, at * rows.itemsize)))


@cache
def _feature(width: int, is_coded: bool) -> Struct:
    """Of a row's bytes; rows of every set but the default one end with the codes of their values."""
    return Struct(f"{_OF_FEATURE}{width}f" + (f"{4 * width}x" if is_coded else ""))


class Asked(NamedTuple):
    """What one strategy answered, in its situation."""

    ordinal: int
    held: int
    working: int
    intent: Intent | None
    reason: Reason
    order: int = 0  # n of the order id; 0 = no order


def decision_bytes(number: int, row: Seen, asked: Asked) -> bytes:
    """The DECISION record."""
    side, price, size = asked.intent or (Side.NONE, 0, 0)
    verdict = Verdict.NO_ORDER
    if asked.intent is not None:
        verdict = Verdict.SENT if asked.reason is Reason.NONE else Verdict.VETOED
    return _DECISION.pack(
        number,
        row.number,
        row.position,
        row.channel_ns,
        asked.order,
        row.bid,
        row.bid_size,
        row.ask,
        row.ask_size,
        price,
        size,
        asked.held,
        asked.working,
        row.instrument,
        row.model_bp,
        row.online_bp,
        row.model_weight_bp,
        row.online_weight_bp,
        row.p_bp,
        row.confidence_bp,
        row.marks,
        asked.ordinal,
        verdict,
        asked.reason,
        side,
        row.in_sample,
        0,
    )
