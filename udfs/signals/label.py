"""What became of a row: did the mid move by more than half the spread within the horizon?"""

import numpy as np

import schemas.records
from schemas.control import Term
from schemas.frame import Records
from schemas.layouts import feature_record
from schemas.records import Mark
from udfs.arrays import EMPTY, LABEL
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.signals.pending import depth, slots

_NO_MID = np.uint16(Mark.GAP | Mark.ONE_SIDED | Mark.CROSSED)
_ROW_WIDTH = 0  # index of schemas.features.ROW_WIDTH_NS among the bar widths
_PENDING = np.dtype([("row", "<u8"), ("channel_ns", "<i8"), ("bid", "<i8"), ("ask", "<i8")])
_DROPPED, _OVERRUN = 0, 1


class Label(ArrayMachine):
    """Warm rows without marks wait for the first 1-s close of their instrument at `horizon_ns` or later.

    The label is +1 or -1 when the mid moved by more than half the row's spread, in exact integers
    |bid + ask - (bid + ask then)| > spread, else 0. A close whose book has no mid (gap, one-sided, crossed) makes no
    label: its rows are dropped and counted. At most `depth` rows of an instrument wait; the bound follows from one
    row a second, and where it should not hold the oldest row is dropped and counted apart.

    Adds `labels`: by position, then instrument, then row. A close matures before a row of its position waits.
    """

    name = "label"
    version = 1
    inherits = ("features", "learn", "models")  # label, learn and ensemble go on together or not at all
    needs = "closes"  # rows and labels come with closes

    def __init__(self, term: Term, channel: int) -> None:
        self._horizon_ns = term.learn.horizon_ns
        self._slots = slots(term, channel)
        self._no_rows = np.zeros(0, feature_record(term.feature_set.names))
        self._shape = (len(term.universe.of_channel(channel)), depth(term))

    def initial(self) -> State:
        return {
            "pending": np.zeros(self._shape, _PENDING),
            "first": np.zeros(self._shape[0], np.int64),
            "count": np.zeros(self._shape[0], np.int64),
            "lost": np.zeros(2, np.uint64),
        }

    def step(self, state: State, batch: Batch) -> None:
        closes, rows = batch["closes"], batch["features"]
        if not len(closes) and not len(rows):
            return
        labels = np.empty(int(state["count"].sum()) + len(rows), LABEL)
        found = _walk(closes, rows, self._slots, self._horizon_ns, *state.values(), labels)
        if found:
            batch["labels"] = _ordered(labels[:found])

    def lost(self, state: State) -> dict[str, int]:
        """Rows that never got a label: `dropped` for want of a mid, `overrun` beyond the bound."""
        return {"dropped": int(state["lost"][_DROPPED]), "overrun": int(state["lost"][_OVERRUN])}

    def warm(self) -> None:
        """Compile the kernel."""
        nothing = EMPTY["closes"], read_only(self._no_rows)
        _walk(*nothing, self._slots, self._horizon_ns, *self.initial().values(), EMPTY["labels"].copy())


def _ordered(labels: Records) -> Records:
    order = np.lexsort((labels["row"], labels["instrument"], labels["position"]))
    return np.ascontiguousarray(labels[order])


@kernel(schemas.records)
def _walk(closes, rows, slots, horizon_ns, pending, first, count, lost, out):  # type: ignore[no-untyped-def]
    found = close_at = 0
    for row_at in range(len(rows) + 1):
        while close_at < len(closes) and (row_at == len(rows) or closes[close_at].position <= rows[row_at].position):
            if closes[close_at].width == _ROW_WIDTH:
                slot = slots[closes[close_at].instrument]
                found = _mature(closes[close_at], slot, horizon_ns, pending, first, count, lost, out, found)
            close_at += 1
        if row_at < len(rows) and rows[row_at].warm and rows[row_at].marks == 0:
            _wait(rows[row_at], slots[rows[row_at].instrument], pending, first, count, lost)
    return found


@kernel(schemas.records)
def _mature(close, slot, horizon_ns, pending, first, count, lost, out, found):  # type: ignore[no-untyped-def]
    while count[slot] and pending[slot, first[slot]].channel_ns + horizon_ns <= close.now_ns:
        row = pending[slot, first[slot]]
        if close.marks & _NO_MID:
            lost[_DROPPED] += np.uint64(1)
        else:
            label = out[found]
            label.position = close.position
            label.row = row.row
            label.row_ns = row.channel_ns
            label.channel_ns = close.now_ns
            label.mid_before_half = row.bid + row.ask
            label.mid_after_half = close.bid + close.ask
            label.spread = row.ask - row.bid
            label.instrument = close.instrument
            label.label = _direction(label.mid_after_half - label.mid_before_half, label.spread)
            found += 1
        first[slot] = (first[slot] + 1) % pending.shape[1]
        count[slot] -= 1
    return found


@kernel()
def _direction(moved_half, spread):  # type: ignore[no-untyped-def]
    if moved_half > spread:
        return 1
    return -1 if moved_half < -spread else 0


@kernel()
def _wait(row, slot, pending, first, count, lost):  # type: ignore[no-untyped-def]
    if count[slot] == pending.shape[1]:
        first[slot] = (first[slot] + 1) % pending.shape[1]
        count[slot] -= 1
        lost[_OVERRUN] += np.uint64(1)
    place = pending[slot, (first[slot] + count[slot]) % pending.shape[1]]
    place.row = row.number
    place.channel_ns = row.channel_ns
    place.bid = row.bid
    place.ask = row.ask
    count[slot] += 1
