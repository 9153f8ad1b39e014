"""Records as people read them: names for numbers, decimal text for integers, times of day."""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

import numpy as np

from schemas.arrow import name_of
from schemas.decimal_text import render
from schemas.frame import Frame, Records, text_of
from schemas.instrument import MONEY_DECIMALS, Instrument, Universe
from schemas.layouts import DOCUMENTS, names_of
from schemas.records import FEED_KINDS, NO_INSTRUMENT, Kind, Mark, Side, TickFlag, TickKind
from schemas.topics import Source
from schemas.trading import Reason, ReportKind, Verdict

_PRICES = frozenset({"price", "bid", "ask", "close", "spread"})
_SIZES = frozenset({"size", "bid_size", "ask_size", "held", "working", "cumulative", "leaves"})
_NAMES: dict[str, type[IntEnum]] = {"side": Side, "verdict": Verdict, "reason": Reason}
_KINDS: dict[int, type[IntEnum]] = {Kind.REPORTS: ReportKind, **dict.fromkeys(FEED_KINDS, TickKind)}


def lines_of(frame: Frame, universe: Universe, first: int = 0) -> list[str]:
    """A line for each record of a frame from the `first` one on."""
    head = f"{name_of(Kind, frame.kind)} {name_of(Source, frame.source)}/{frame.epoch}"
    if frame.kind in DOCUMENTS:
        return [f"{head}/{frame.sequence}  {text_of(frame.records).decode(errors='replace')}"]
    found = []
    for place, record in enumerate(frame.records[first:], first):
        fields = "  ".join(f"{name}={value}" for name, value in fields_of(record, frame.kind, universe).items())
        found.append(f"{head}/{frame.sequence + place}  {fields}")
    return found


def fields_of(record: Records, kind: int, universe: Universe) -> dict[str, str]:
    """The fields of a record by name; prices and sizes as decimal text where the instrument is known."""
    names = record.dtype.names or ()
    number = int(record["instrument"]) if "instrument" in names else NO_INSTRUMENT
    one = universe.instruments[number] if number < len(universe.instruments) else None
    found: dict[str, str] = {}
    for name in names:
        if name == "x":
            found |= {
                feature: f"{value:.6g}" for feature, value in zip(names_of(record), record["x"].tolist(), strict=True)
            }
        elif name not in ("pad", "codes"):
            found[name] = _text(name, record[name], kind, one)
    return found


def time_text(time_ns: int) -> str:
    """A moment in UTC to the nanosecond; a dash for none.

    >>> time_text(1_723_161_255_000_000_001)
    '2024-08-08 23:54:15.000000001'
    """
    if not time_ns:
        return "-"
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"


def _text(name: str, value: Any, kind: int, one: Instrument | None) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.void):
        return value.tobytes().hex()
    number = int(value)
    if name == "instrument":
        return f"{one.symbol}@{one.venue}" if one else ("-" if number == NO_INSTRUMENT else f"#{number}")
    if name == "kind":
        return name_of(_KINDS[kind], number)
    if name in _NAMES:
        return name_of(_NAMES[name], number)
    if name in ("flags", "marks"):
        return str((TickFlag if name == "flags" else Mark)(number).name or "-")
    if name.endswith("_ns"):
        return time_text(number)
    if name == "fee":
        return render(number, MONEY_DECIMALS)
    if one and name in _PRICES:
        return render(number, one.price_decimals)
    if one and name in _SIZES:
        return render(number, one.size_decimals)
    return str(number)
