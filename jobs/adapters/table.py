"""Anybody's ticks, Parquet or CSV, into the ticks of channels.

| column | what |
|---|---|
| venue_ns, receive_ns | ns since 1970 UTC, or a timestamp type; either may be missing, the other then stands for both |
| symbol | `SYMBOL`, or `VENUE:SYMBOL` where venues share one |
| venue | optional, then `symbol` is the symbol alone |
| kind | `trade`, `bid`, `ask`, `level` |
| side | `buy`, `sell` or empty: the aggressor of a trade, the side of a level |
| price, size | decimal text, a decimal type or whole numbers; never floats |
| last | optional: whether the row ends an event; else a bid and an ask next to each other with one time are one event |

Rows stand in the order of receive time, each symbol for itself.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from jobs.adapters.levels import read_levels
from jobs.adapters.merge import merge
from schemas.decimal_text import parse
from schemas.errors import BadText, DataError
from schemas.frame import Records
from schemas.instrument import Instrument, Universe
from schemas.records import TICK, Side, TickFlag, TickKind

_REQUIRED = ("symbol", "kind", "side", "price", "size")
_TIMES = ("venue_ns", "receive_ns")
_OPTIONAL = ("venue", "last")
_KINDS = {"trade": TickKind.TRADE, "bid": TickKind.BID, "ask": TickKind.ASK, "level": TickKind.LEVEL}
_SIDES = {"buy": Side.BUY, "sell": Side.SELL, "": Side.NONE}
_TIME_NS_MIN = 10**17  # 1973: a smaller number was meant as seconds, milliseconds or microseconds

Integers = npt.NDArray[np.int64]


def read_table(path: Path, universe: Universe) -> dict[int, Records]:
    """The ticks of each channel; raises DataError with file, row (the first is 1) and column."""
    return _Table(path, universe).channels()


class _Table:
    def __init__(self, path: Path, universe: Universe) -> None:
        self._path, self._universe = path, universe
        self._table = self._read()
        self._check_columns()

    def channels(self) -> dict[int, Records]:
        ticks = np.zeros(len(self._table), TICK)
        ticks["instrument"] = self._instruments()
        ticks["kind"] = self._coded("kind", _KINDS)
        ticks["side"] = self._sides(ticks["kind"])
        ticks["venue_ns"], ticks["receive_ns"] = self._times()
        streams = {}
        for instrument in self._universe.instruments:
            rows = np.flatnonzero(ticks["instrument"] == instrument.number)
            ticks["price"][rows], ticks["size"][rows] = self._numbers(instrument, rows)
            self._check_order(ticks["receive_ns"][rows], rows)
            streams[instrument.number] = rows
        ticks["flags"] = np.where(self._lasts(ticks), TickFlag.LAST, 0)
        return merge(self._universe, {number: ticks[rows] for number, rows in streams.items()})

    def _read(self) -> pa.Table:
        try:
            if self._path.suffix == ".parquet":
                return pyarrow.parquet.read_table(self._path)
            names = (*_REQUIRED, *_TIMES, *_OPTIONAL)
            as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
            return pyarrow.csv.read_csv(self._path, convert_options=as_text)
        except (OSError, pa.ArrowInvalid) as error:
            raise DataError(f"{self._path} cannot be read as Parquet or CSV: {error}") from error

    def _check_columns(self) -> None:
        names = self._table.column_names
        missing = [name for name in _REQUIRED if name not in names]
        if missing or not set(_TIMES) & set(names):
            wanted = ", ".join(missing) or " or ".join(_TIMES)
            raise DataError(f"{self._path}: column {wanted} is missing; it has {', '.join(names)}")
        for name in ("price", "size"):
            if pa.types.is_floating(self._table.schema.field(name).type):
                wanted = "write decimal text or a decimal type"
                raise DataError(f"{self._path}: column {name} holds floats, which are not exact: {wanted}")
        if not len(self._table):
            raise DataError(f"{self._path} has no rows")

    def _wrong(self, row: int, column: str, why: str) -> DataError:
        return DataError(f"{self._path}: row {row + 1}, column {column}: {why}")

    def _text(self, name: str) -> pa.Array:
        """A column as text, missing values as empty text."""
        column = self._table[name].combine_chunks()
        if pa.types.is_decimal(column.type):
            return pa.array([format(value.as_py(), "f") if value.is_valid else "" for value in column], pa.string())
        return pc.fill_null(column.cast(pa.string()), "")

    def _coded(self, name: str, codes: Mapping[str, int]) -> Integers:
        text = self._text(name)
        found = pc.fill_null(pc.index_in(text, value_set=pa.array(list(codes))), -1).to_numpy(zero_copy_only=False)
        if len(wrong := np.flatnonzero(found < 0)):
            value, known = text[int(wrong[0])].as_py(), ", ".join(repr(code) for code in codes)
            raise self._wrong(int(wrong[0]), name, f"{value!r} is not one of {known}")
        return np.array(list(codes.values()), np.int64)[found]

    def _sides(self, kinds: Records) -> Integers:
        """A bid's side is buy and an ask's sell, stated or not; a level must state its side."""
        sides = self._coded("side", _SIDES)
        expected = np.select([kinds == TickKind.BID, kinds == TickKind.ASK], [Side.BUY, Side.SELL], sides)
        wrong = (sides != expected) & (sides != Side.NONE) | (kinds == TickKind.LEVEL) & (sides == Side.NONE)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self._wrong(row, "side", f"{self._text('side')[row].as_py()!r} does not fit the kind of the row")
        return expected

    def _instruments(self) -> Integers:
        """The instrument's number of each row."""
        symbols = self._text("symbol")
        if "venue" in self._table.column_names:
            symbols = pc.binary_join_element_wise(self._text("venue"), symbols, ":")
        encoded = symbols.dictionary_encode()
        rows = encoded.indices.to_numpy()
        numbers = []
        for place, symbol in enumerate(encoded.dictionary.to_pylist()):
            known = [one.number for one in self._universe.instruments if symbol in _names(one)]
            if len(known) != 1:
                why = "stands for several instruments: write VENUE:SYMBOL" if known else "is not in the universe"
                raise self._wrong(int(np.argmax(rows == place)), "symbol", f"{symbol!r} {why}")
            numbers += known
        return np.array(numbers, np.int64)[rows]

    def _times(self) -> tuple[Integers, Integers]:
        """Venue time, 0 where the venue gave none, and receive time."""
        found = {name: self._time(name) for name in _TIMES if name in self._table.column_names}
        venue_ns = found.get("venue_ns", found.get("receive_ns"))
        receive_ns = found.get("receive_ns", venue_ns)
        assert venue_ns is not None and receive_ns is not None  # one of the columns is there
        receive_ns = np.where(receive_ns == 0, venue_ns, receive_ns)
        for name, times in (("venue_ns", venue_ns), ("receive_ns", receive_ns)):
            wrong = (times < _TIME_NS_MIN) & ((times != 0) | (name == "receive_ns"))
            if wrong.any():
                row = int(np.argmax(wrong))
                raise self._wrong(row, name, f"{times[row]} is not a time in ns since 1970 UTC")
        return venue_ns, receive_ns

    def _time(self, name: str) -> Integers:
        column = self._table[name].combine_chunks()
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
        if pa.types.is_floating(column.type):
            raise DataError(f"{self._path}: column {name} holds floats, which cannot tell ns: write whole numbers")
        if pa.types.is_string(column.type):
            column = pc.if_else(pc.equal(column, ""), None, column)
        try:
            return pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
        except pa.ArrowInvalid as error:
            raise DataError(f"{self._path}: column {name}: {error}") from error

    def _numbers(self, instrument: Instrument, rows: Integers) -> tuple[Integers, Integers]:
        """Price and size of an instrument's rows, in its units."""
        price, size = (self._text(name).take(pa.array(rows)) for name in ("price", "size"))
        pairs = pc.binary_join_element_wise('[["', price, '","', size, '"]]', "")
        levels = read_levels(pairs.cast(pa.binary()).to_pylist(), instrument.price_decimals, instrument.size_decimals)
        if levels.refused or (np.diff(levels.begin) != 1).any():
            place = int(np.argmax(np.diff(levels.begin) != 1))
            self._explain(int(rows[place]), instrument)
        return levels.price, levels.size

    def _explain(self, row: int, instrument: Instrument) -> None:
        """Raise for the number of a row that is not exact."""
        for name, decimals in (("price", instrument.price_decimals), ("size", instrument.size_decimals)):
            try:
                parse(self._text(name)[row].as_py(), decimals)
            except BadText as error:
                raise self._wrong(row, name, f"{error} of {instrument.venue} {instrument.symbol}") from error

    def _check_order(self, receive_ns: Integers, rows: Integers) -> None:
        if len(back := np.flatnonzero(np.diff(receive_ns) < 0)):
            row = int(rows[back[0] + 1])
            raise self._wrong(row, "receive_ns", "runs backwards: sort the rows of each symbol by receive time")

    def _lasts(self, ticks: Records) -> npt.NDArray[np.bool_]:
        """Whether each row ends an event."""
        if "last" in self._table.column_names:
            codes = {"true": 1, "false": 0, "1": 1, "0": 0}
            return self._coded("last", codes).astype(np.bool_)
        left, right = ticks[:-1], ticks[1:]
        pairs = (left["instrument"] == right["instrument"]) & (left["receive_ns"] == right["receive_ns"])
        for kinds, others in ((left, right), (right, left)):
            pairs &= (kinds["kind"] != TickKind.BID) | (others["kind"] == TickKind.ASK)
        pairs &= (left["kind"] == TickKind.BID) | (right["kind"] == TickKind.BID)
        place = np.arange(len(pairs))
        run = np.maximum.accumulate(np.where(pairs, 0, place + 1))  # where this row's run of pairs begins
        return np.append(~(pairs & ((place - run) % 2 == 0)), True)


def _names(instrument: Instrument) -> tuple[str, str]:
    return instrument.symbol, f"{instrument.venue}:{instrument.symbol}"
