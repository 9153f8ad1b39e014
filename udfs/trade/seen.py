"""A row in plain numbers, and the bytes of a decision about it.

Reading fields of numpy records one by one, and writing them, costs more than everything that is decided with them; a
batch's rows are taken out in one go, and a decision is packed in one.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from schemas.frame import Records
from schemas.records import DECISION, Side
from schemas.trading import Reason, Verdict
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


_OF_FEATURE = Seen._fields[: Seen._fields.index("x")]
_OF_ROW = Seen._fields[Seen._fields.index("x") + 1 :]


def seen(features: Records, rows: Records) -> Iterator[Seen]:
    """The rows of a batch, in order."""
    columns = [features[name].tolist() for name in _OF_FEATURE]
    columns.append([tuple(x) for x in features["x"].tolist()])
    columns += [rows[name].tolist() for name in _OF_ROW]
    for values in zip(*columns, strict=True):
        yield Seen(*values)


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
