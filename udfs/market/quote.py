"""The best quotes of one instrument: what a record does to them, and what the end of its event."""

import numpy as np

import schemas.records
from schemas.records import ALL_STREAMS, Mark, Status, TickKind
from udfs.kernels import kernel

ROW = np.dtype(
    [
        ("bid", "<i8"),
        ("bid_size", "<i8"),
        ("ask", "<i8"),
        ("ask_size", "<i8"),
        ("next_bid", "<i8"),  # parts of an event that has not ended
        ("next_bid_size", "<i8"),
        ("next_ask", "<i8"),
        ("next_ask_size", "<i8"),
        ("marks", "<u2"),
        ("sent_marks", "<u2"),  # of the last QUOTE
        ("parts", "u1"),
        ("suspect", "u1"),  # a record was refused since the last accepted one
        ("pad", "<u2"),
    ]
)

_BID, _ASK, _STATUS = int(TickKind.BID), int(TickKind.ASK), int(TickKind.STATUS)
_BID_PART, _ASK_PART, _BOTH = 1, 2, 3
_HALTED, _TRADING = int(Status.HALTED), int(Status.TRADING)
_GAP, _ONE_SIDED, _CROSSED = int(Mark.GAP), int(Mark.ONE_SIDED), int(Mark.CROSSED)
_VENUE_HALTED = int(Mark.VENUE_HALTED)
_ALL = 0xFFFF


@kernel(schemas.records)
def emit(quote, position, now_ns, instrument, row):  # type: ignore[no-untyped-def]
    """Takes the record, not its array: an array that is passed on costs two atomic counts of its references."""
    quote.position, quote.channel_ns, quote.instrument = position, now_ns, instrument
    quote.bid, quote.bid_size = row.bid, row.bid_size
    quote.ask, quote.ask_size = row.ask, row.ask_size
    quote.marks = row.marks
    row.sent_marks = row.marks


@kernel(schemas.records)
def _take_status(row, tick):  # type: ignore[no-untyped-def]
    if tick.size == _HALTED:
        row.marks |= _VENUE_HALTED
    elif tick.size == _TRADING:
        row.marks &= _ALL ^ _VENUE_HALTED
    else:
        row.marks |= _GAP
        if tick.price == _BID or tick.price == _ASK or tick.price == ALL_STREAMS:
            row.parts = 0


@kernel(schemas.records)
def take(row, tick):  # type: ignore[no-untyped-def]
    """Take a record of the instrument; it waits for the end of its event."""
    if tick.kind == _BID:
        row.next_bid, row.next_bid_size = tick.price if tick.size else 0, tick.size
        row.parts |= _BID_PART
    elif tick.kind == _ASK:
        row.next_ask, row.next_ask_size = tick.price if tick.size else 0, tick.size
        row.parts |= _ASK_PART
    elif tick.kind == _STATUS:
        _take_status(row, tick)


@kernel(schemas.records)
def end_event(row, quote):  # type: ignore[no-untyped-def]
    """The waiting parts become the quote; true, and `quote` has it, if that changed it or its marks.

    The values stay in variables: a wide load of what was just stored field by field would wait for the stores.
    """
    bid, bid_size, ask, ask_size = row.bid, row.bid_size, row.ask, row.ask_size
    changed = False
    if row.parts & _BID_PART:
        changed = bid != row.next_bid or bid_size != row.next_bid_size
        bid, bid_size = row.next_bid, row.next_bid_size
        row.bid, row.bid_size = bid, bid_size
    if row.parts & _ASK_PART:
        changed |= ask != row.next_ask or ask_size != row.next_ask_size
        ask, ask_size = row.next_ask, row.next_ask_size
        row.ask, row.ask_size = ask, ask_size
    marks = row.marks & (_ALL ^ (_ONE_SIDED | _CROSSED))
    if row.parts == _BOTH:
        marks &= _ALL ^ _GAP
    if bid_size == 0 or ask_size == 0:
        marks |= _ONE_SIDED
    elif bid > ask:
        marks |= _CROSSED
    row.parts = 0
    row.marks = marks
    if not changed and marks == row.sent_marks:
        return False
    row.sent_marks = marks
    quote.bid, quote.bid_size, quote.ask, quote.ask_size, quote.marks = bid, bid_size, ask, ask_size, marks
    return True
