"""Book: the best quotes of each instrument, event by event, and what speaks against them."""

import numpy as np

import schemas.features
import schemas.records
from schemas.control import Term
from schemas.features import ROW_WIDTH_NS
from schemas.frame import Records
from schemas.records import ALL_STREAMS, TICK, Kind, Mark, Status, TickFlag, TickKind
from udfs.arrays import EMPTY, QUOTE, taken
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State

FEED_KINDS = (Kind.TICKS, Kind.HEARTBEAT)  # a gap in one of these is a gap in the market's data
QUOTES_AT_ONCE = 4096

HEAD = np.dtype([("now_ns", "<i8"), ("end_ns", "<i8"), ("unsent", "<i4"), ("passing", "<i4")])
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

_BID, _ASK, _STATUS, _HEARTBEAT = int(TickKind.BID), int(TickKind.ASK), int(TickKind.STATUS), int(TickKind.HEARTBEAT)
_BID_PART, _ASK_PART, _BOTH = 1, 2, 3
_LAST = int(TickFlag.LAST)
_HALTED, _TRADING = int(Status.HALTED), int(Status.TRADING)
_GAP, _ONE_SIDED, _CROSSED = int(Mark.GAP), int(Mark.ONE_SIDED), int(Mark.CROSSED)
_SUSPECT, _TIME_BACKWARDS, _VENUE_HALTED = int(Mark.SUSPECT), int(Mark.TIME_BACKWARDS), int(Mark.VENUE_HALTED)
_PASSING = _SUSPECT | _TIME_BACKWARDS  # until the end of the 1-s bar
_ALL = 0xFFFF
_NEVER = 2**63 - 1


class Book(ArrayMachine):
    """Best quotes from BID and ASK ticks; a QUOTE when an event changed them, or when marks changed.

    BID and ASK wait until a record with LAST ends the instrument's event. A missing side is price 0, size 0. Depth
    levels do not touch the best quotes. Lost messages (a STATUS GAP, a gap before the frame, a refused record) drop
    what waits and mark GAP until an event with both sides; the last known quotes stay, marked. SUSPECT and
    TIME_BACKWARDS stand until the end of the 1-s bar of channel time. Order at one record: the bar's end, what was
    refused before it, the record. Several QUOTEs may carry the same position; the last one holds.
    """

    name = "book"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        self._size = len(term.universe.instruments)
        self._members = np.array(sorted(one.number for one in term.universe.of_channel(channel)), "<i8")
        self._out = np.zeros(QUOTES_AT_ONCE + 2 * len(self._members) + 2, QUOTE)  # scratch, not state

    def initial(self) -> State:
        rows = np.zeros(self._size, ROW)
        rows["marks"] = rows["sent_marks"] = Mark.ONE_SIDED
        return {"head": np.zeros(1, HEAD), "rows": rows}

    def step(self, state: State, batch: Batch) -> None:
        if batch.gap and batch.kind in FEED_KINDS:
            self._lose(state)
        quotes = self._fold(state, batch["ticks"], batch.position, batch["suspects"], batch["backwards"])
        if quotes:
            batch["quotes"] = quotes[0] if len(quotes) == 1 else np.concatenate(quotes)

    def warm(self) -> None:
        self._fold(self.initial(), np.zeros(1, TICK), 0, EMPTY["suspects"], EMPTY["backwards"])

    def _lose(self, state: State) -> None:
        """Messages of every instrument are missing; the QUOTEs that say so leave with the next record."""
        state["rows"]["parts"][self._members] = 0
        state["rows"]["marks"][self._members] |= np.uint16(Mark.GAP)
        state["head"]["unsent"] = 1

    def _fold(
        self, state: State, ticks: Records, position: int, suspects: Records, backwards: Records
    ) -> list[Records]:
        """The quotes, in as many pieces as the scratch needs; each round folds at least one tick."""
        if len(ticks) == 0 and len(suspects) == 0:
            return []
        inputs = (read_only(ticks), position, suspects, backwards, self._members)
        pieces = []
        cursor = (0, 0, 0)
        while True:
            cursor, count = fold(*inputs, state["head"], state["rows"], cursor, self._out)
            if count:
                pieces.append(taken(self._out, count))
            if cursor[0] == len(ticks):
                return pieces


@kernel(schemas.records)
def _emit(quote, position, now_ns, instrument, row):  # type: ignore[no-untyped-def]
    """Takes the record, not its array: an array that is passed on costs two atomic counts of its references."""
    quote.position, quote.channel_ns, quote.instrument = position, now_ns, instrument
    quote.bid, quote.bid_size = row.bid, row.bid_size
    quote.ask, quote.ask_size = row.ask, row.ask_size
    quote.marks = row.marks
    row.sent_marks = row.marks


@kernel(schemas.records)
def _end_bar(head, rows, members, out, at, position):  # type: ignore[no-untyped-def]
    """The marks that stand for one bar end with it."""
    if head.passing == 0:
        return at
    head.passing = 0
    for member in members:
        row = rows[member]
        if row.marks & _PASSING:
            row.marks &= _ALL ^ _PASSING
            _emit(out[at], position, head.now_ns, member, row)
            at += 1
    return at


@kernel(schemas.records)
def _send_marks(head, rows, members, out, at, position):  # type: ignore[no-untyped-def]
    """Marks from before this record: a gap, refused records."""
    head.unsent = 0
    for member in members:
        row = rows[member]
        if row.suspect:
            row.suspect = 0
            row.parts = 0
            row.marks |= _SUSPECT | _GAP
            head.passing = 1
        if row.marks != row.sent_marks:
            _emit(out[at], position, head.now_ns, member, row)
            at += 1
    return at


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
def _end_event(row):  # type: ignore[no-untyped-def]
    """The waiting parts become the quote; true if that changed it."""
    changed = False
    if row.parts & _BID_PART and (row.bid != row.next_bid or row.bid_size != row.next_bid_size):
        row.bid, row.bid_size = row.next_bid, row.next_bid_size
        changed = True
    if row.parts & _ASK_PART and (row.ask != row.next_ask or row.ask_size != row.next_ask_size):
        row.ask, row.ask_size = row.next_ask, row.next_ask_size
        changed = True
    marks = row.marks & (_ALL ^ (_ONE_SIDED | _CROSSED))
    if row.parts == _BOTH:
        marks &= _ALL ^ _GAP
    if row.bid_size == 0 or row.ask_size == 0:
        marks |= _ONE_SIDED
    elif row.bid > row.ask:
        marks |= _CROSSED
    row.marks = marks
    row.parts = 0
    return changed


@kernel(schemas.records)
def _take(row, tick):  # type: ignore[no-untyped-def]
    """Take a record of the instrument; true if it ended an event that changed the quote."""
    if tick.kind == _BID:
        row.next_bid, row.next_bid_size = tick.price if tick.size else 0, tick.size
        row.parts |= _BID_PART
    elif tick.kind == _ASK:
        row.next_ask, row.next_ask_size = tick.price if tick.size else 0, tick.size
        row.parts |= _ASK_PART
    elif tick.kind == _STATUS:
        _take_status(row, tick)
    return _end_event(row) if tick.flags & _LAST and row.parts else False


@kernel(schemas.records, schemas.features)
def fold(ticks, position, suspects, backwards, members, heads, rows, cursor, out):  # type: ignore[no-untyped-def]
    """Quotes of the ticks from the cursor on, until they end or `out` could not hold those of one more tick."""
    head, at = heads[0], 0
    begin, suspect, backward = cursor
    end, room = ticks.shape[0], out.shape[0] - 2 * members.shape[0] - 2
    now_ns, end_ns = head.now_ns, head.end_ns
    suspect_at = np.int64(suspects[suspect].position) if suspect < suspects.shape[0] else _NEVER
    backward_at = np.int64(backwards[backward]) if backward < backwards.shape[0] else _NEVER
    for i in range(begin, ticks.shape[0]):
        if at > room:
            end = i
            break
        tick, here = ticks[i], position + i
        if tick.receive_ns > now_ns:
            now_ns = head.now_ns = tick.receive_ns
            if now_ns >= end_ns:
                at = _end_bar(head, rows, members, out, at, here)
                end_ns = head.end_ns = (now_ns // ROW_WIDTH_NS + 1) * ROW_WIDTH_NS
        while suspect_at <= here:
            rows[suspects[suspect].instrument].suspect = 1
            head.unsent = 1
            suspect += 1
            suspect_at = np.int64(suspects[suspect].position) if suspect < suspects.shape[0] else _NEVER
        if head.unsent:
            at = _send_marks(head, rows, members, out, at, here)
        if tick.kind == _HEARTBEAT:
            continue
        row = rows[tick.instrument]
        if i == backward_at:
            row.marks |= _TIME_BACKWARDS
            head.passing = 1
            backward += 1
            backward_at = np.int64(backwards[backward]) if backward < backwards.shape[0] else _NEVER
        if _take(row, tick) or row.marks != row.sent_marks:
            _emit(out[at], here, now_ns, tick.instrument, row)
            at += 1
    if end == ticks.shape[0]:
        while suspect < suspects.shape[0]:  # of a frame's last records: they count from the next accepted record on
            rows[suspects[suspect].instrument].suspect = 1
            head.unsent = 1
            suspect += 1
    return (end, suspect, backward), at
