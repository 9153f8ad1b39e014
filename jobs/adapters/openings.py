"""How a channel's log begins: its GENESIS and its first TERM, as far as they have been written."""

from typing import NamedTuple

from jobs.adapters.kafka import Reader
from schemas.control import Epoch, Genesis, Term, read_control
from schemas.errors import BadFrame, Unsafe
from schemas.frame import Frame, decode
from schemas.records import Kind
from schemas.topics import TICKS

__all__ = ["Opening", "read_opening", "read_term"]

OPENING_MESSAGES = 100  # a log's GENESIS and first TERM stand within these


def read_term(bootstrap: str, channel: int) -> Term | None:
    """The first term of a channel's log; None when it has not begun, or not to its end."""
    return read_opening(bootstrap, channel).term


class Opening(NamedTuple):
    """What stands at the beginning of a log."""

    log_id: str
    term: Term | None
    cut_off: list[bytes]  # all its messages, when there is no term


def read_opening(bootstrap: str, channel: int) -> Opening:
    """Raises Unsafe when what is there is not a log of ours."""
    reader = Reader(bootstrap, TICKS.name, [channel], "beginning")
    try:
        low, high = reader.watermarks(channel)
        found = [message.value for message in reader.range(channel, low, min(high, low + OPENING_MESSAGES))]
    finally:
        reader.close()
    controls = [read_control(frame) for frame in map(_frame, found) if frame]
    log_id = next((control.log_id for control in controls if isinstance(control, Genesis)), "")
    term = next((control for control in controls if isinstance(control, Term)), None)
    if term is not None and term.log_id == log_id:
        return Opening(log_id, term, [])
    if len(controls) == high - low and [type(one) for one in controls] in ([], [Epoch], [Epoch, Genesis]):
        return Opening(log_id, None, found)
    raise Unsafe(f"{TICKS.name}[{channel}] holds {high - low} messages but no GENESIS and TERM: not a log of ours")


def _frame(data: bytes) -> Frame | None:
    try:
        frame = decode(data)
    except BadFrame:
        return None
    return frame if frame.kind == Kind.CONTROL else None
