"""Columns: what preprocessing knows of each instrument at each close, computed here or taken from the block."""

import numpy as np

import schemas.records
import udfs.features.preprocess
from schemas.control import Term
from schemas.frame import Records
from schemas.records import TICK, TickFlag, TickKind
from udfs.arrays import COLUMN, EMPTY
from udfs.features.preprocess import FRACTION_BITS, MEAN_SHIFT, STATE, VARIANCE_SHIFT, advance, restore
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State

LAST = np.dtype([("distance", "<i4"), ("z", "<i2"), ("marks", "<u2")])  # of the last print; marks of the last tick

_TRADE = int(TickKind.TRADE)
_NOT_A_PRINT = int(TickFlag.CORRECTION | TickFlag.CANCEL)
_MEAN_UP, _VARIANCE_UP = FRACTION_BITS - MEAN_SHIFT, FRACTION_BITS - VARIANCE_SHIFT


class Columns(ArrayMachine):
    """The array `columns`: a COLUMN for each CLOSE, as of the records before it; z and distance of the last print.

    A frame of Kind.PREPROCESSED says that a block has done the work: its columns are taken, and the state follows
    them, so that frames of either kind may follow each other. As in the block every tick of the frame counts, also
    one that quality refuses. A block that saw an instrument before the log began knows more than this log.
    """

    name = "columns"
    version = 1
    inherits = ()  # it follows the log by the universe alone

    def __init__(self, term: Term, channel: int) -> None:
        self._count = len(term.universe.instruments)

    def initial(self) -> State:
        return {"rows": np.zeros(self._count, STATE), "last": np.zeros(self._count, LAST)}

    def step(self, state: State, batch: Batch) -> None:
        refused = batch["refused"]
        ticks = batch["received"] if len(refused) else batch["ticks"]
        columns = self._fold(state, ticks, batch["preprocessed"], refused, batch.position, batch["closes"])
        if len(columns):
            batch["columns"] = columns

    def warm(self) -> None:
        nothing = (EMPTY["preprocessed"], EMPTY["refused"], 0, EMPTY["closes"])
        self._fold(self.initial(), read_only(np.zeros(1, TICK)), *nothing)

    def _fold(
        self, state: State, ticks: Records, made: Records, refused: Records, position: int, closes: Records
    ) -> Records:
        out = np.zeros(len(closes), COLUMN)
        fold(ticks, made, refused, position, closes, state["rows"], state["last"], out)
        return out


@kernel(udfs.features.preprocess)
def _emit(out, close, row, last):  # type: ignore[no-untyped-def]
    out.position, out.instrument, out.width = close.position, close.instrument, close.width
    out.mean, out.variance = row.mean << _MEAN_UP, row.variance << _VARIANCE_UP
    out.value, out.volume, out.signed_volume, out.flow = row.value, row.volume, row.signed_volume, row.flow
    out.bid, out.bid_size, out.ask, out.ask_size = row.bid, row.bid_size, row.ask, row.ask_size
    out.distance, out.z, out.marks = last.distance, last.z, last.marks


@kernel(schemas.records, udfs.features.preprocess)
def fold(ticks, made, refused, position, closes, rows, lasts, out):  # type: ignore[no-untyped-def]
    """A COLUMN in `out` for each close. A close comes before the record at its position, and after a refused one."""
    close = skipped = 0
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        is_refused = skipped < refused.shape[0] and refused[skipped] == i
        here = position + i - skipped - (1 if is_refused else 0)
        skipped += is_refused
        while close < closes.shape[0] and np.int64(closes[close].position) <= here:
            number = closes[close].instrument
            _emit(out[close], closes[close], rows[number], lasts[number])
            close += 1
        if tick.instrument >= rows.shape[0]:
            continue
        row, last = rows[tick.instrument], lasts[tick.instrument]
        if made.shape[0]:
            restore(row, made[i])
            distance, z, marks = made[i].distance, made[i].z, made[i].marks
        else:
            distance, z, marks = advance(row, tick)
        last.marks = marks
        if tick.kind == _TRADE and not tick.flags & _NOT_A_PRINT:
            last.distance, last.z = distance, z
    while close < closes.shape[0]:
        number = closes[close].instrument
        _emit(out[close], closes[close], rows[number], lasts[number])
        close += 1
