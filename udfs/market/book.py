"""Book: the best quotes of each instrument, event by event, and what speaks against them."""

import numpy as np

import schemas.features
import schemas.records
import udfs.market.quote
from schemas.control import Term
from schemas.features import ROW_WIDTH_NS
from schemas.frame import Records
from schemas.records import FEED_KINDS, TICK, Mark, TickFlag, TickKind
from udfs.arrays import EMPTY, QUOTE, taken
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.market.quote import ROW, emit, end_event, take

QUOTES_AT_ONCE = 4096

HEAD = np.dtype([("now_ns", "<i8"), ("end_ns", "<i8"), ("unsent", "<i4"), ("passing", "<i4")])
_HEARTBEAT, _LAST = int(TickKind.HEARTBEAT), int(TickFlag.LAST)
_GAP, _SUSPECT, _TIME_BACKWARDS = int(Mark.GAP), int(Mark.SUSPECT), int(Mark.TIME_BACKWARDS)
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
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), 0, EMPTY["suspects"], EMPTY["backwards"])

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
        inputs = (ticks, position, suspects, backwards, self._members)
        pieces = []
        cursor = (0, 0, 0)
        while True:
            cursor, count = fold(*inputs, state["head"], state["rows"], cursor, self._out)
            if count:
                pieces.append(taken(self._out, count))
            if cursor[0] == len(ticks):
                return pieces


@kernel(schemas.records, udfs.market.quote)
def _end_bar(head, rows, members, out, at, position):  # type: ignore[no-untyped-def]
    """The marks that stand for one bar end with it."""
    if head.passing == 0:
        return at
    head.passing = 0
    for member in members:
        row = rows[member]
        if row.marks & _PASSING:
            row.marks &= _ALL ^ _PASSING
            emit(out[at], position, head.now_ns, member, row)
            at += 1
    return at


@kernel(schemas.records, udfs.market.quote)
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
            emit(out[at], position, head.now_ns, member, row)
            at += 1
    return at


@kernel(schemas.records, udfs.market.quote)
def _pass(ticks, i, stop, position, head, rows, out, at):  # type: ignore[no-untyped-def]
    """Take records up to `stop`, but not one that ends the bar; the next record and the next quote's place."""
    now_ns, end_ns = head.now_ns, head.end_ns
    while i < stop and ticks[i].receive_ns < end_ns:
        tick, here = ticks[i], position + i
        i += 1
        now_ns = max(now_ns, tick.receive_ns)
        if tick.kind == _HEARTBEAT:
            continue
        row = rows[tick.instrument]
        take(row, tick)
        if tick.flags & _LAST and row.parts:
            quote = out[at]
            if end_event(row, quote):
                quote.position, quote.channel_ns, quote.instrument = here, now_ns, tick.instrument
                at += 1
        elif row.marks != row.sent_marks:
            emit(out[at], here, now_ns, tick.instrument, row)
            at += 1
    head.now_ns = now_ns
    return i, at


@kernel(schemas.records, udfs.market.quote)
def _suspect(head, rows, suspects, suspect, here):  # type: ignore[no-untyped-def]
    """What was refused up to a record; the place of what was refused later."""
    while suspect < suspects.shape[0] and np.int64(suspects[suspect].position) <= here:
        rows[suspects[suspect].instrument].suspect = 1
        head.unsent = 1
        suspect += 1
    return suspect


@kernel(schemas.records, schemas.features, udfs.market.quote)
def fold(ticks, position, suspects, backwards, members, heads, rows, cursor, out):  # type: ignore[no-untyped-def]
    """Quotes of the ticks from the cursor on, until they end or `out` could not hold those of one more tick.

    Goes from record to record at which more than a record happens: the end of a bar, a refusal, a step back of time.
    """
    head, at = heads[0], 0
    i, suspect, backward = cursor
    room = out.shape[0] - 2 * members.shape[0] - 2
    while i < ticks.shape[0] and at <= room:
        here = position + i
        head.now_ns = max(head.now_ns, ticks[i].receive_ns)
        if head.now_ns >= head.end_ns:
            at = _end_bar(head, rows, members, out, at, here)
            head.end_ns = (head.now_ns // ROW_WIDTH_NS + 1) * ROW_WIDTH_NS
        suspect = _suspect(head, rows, suspects, suspect, here)
        if head.unsent:
            at = _send_marks(head, rows, members, out, at, here)
        if backward < backwards.shape[0] and backwards[backward] == i:
            rows[ticks[i].instrument].marks |= _TIME_BACKWARDS
            head.passing = 1
            backward += 1
        stop = min(ticks.shape[0], i + max(room - at, 1))
        if suspect < suspects.shape[0]:
            stop = min(stop, np.int64(suspects[suspect].position) - position)
        if backward < backwards.shape[0]:
            stop = min(stop, np.int64(backwards[backward]))
        i, at = _pass(ticks, i, stop, position, head, rows, out, at)
    if i == ticks.shape[0]:  # of a frame's last records: they count from the next accepted record on
        suspect = _suspect(head, rows, suspects, suspect, _NEVER)
    return (i, suspect, backward), at
