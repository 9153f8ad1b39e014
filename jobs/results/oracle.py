"""What the pipeline made and what SQL makes of the same archived ticks, quantity by quantity, bar by bar."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from jobs.results.store import Store, of_epoch, read_terms
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records
from schemas.topics import TICKS
from udfs.arrays import CLOSE
from udfs.channel import Resources
from udfs.machine import Batch, Pipeline
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality
from udfs.play import play

RATIO = 1e-6  # a feature is a float32: of the value's size, or absolute below 1
BAR = ("open", "high", "low", "close", "volume", "value", "buy_volume", "sell_volume", "trades")
QUOTE = ("bid", "bid_size", "ask", "ask_size", "close")
# Features by the column of parity.sql that must equal them, for each width and window of Bollinger.
RATIOS = {
    0: {
        "return_1s": "return_1",
        "return_5s": "return_5",
        "vwap_distance_30s": "vwap_distance",
        "sma_distance_20_1s": "sma_distance",
        "bollinger_20_1s": "bollinger",
        "trade_imbalance_1s": "trade_imbalance",
    },
    1: {"return_10s": "return_1", "bollinger_6_10s": "bollinger", "trade_imbalance_10s": "trade_imbalance"},
    2: {"return_60s": "return_1"},
}
WINDOWS = {0: 20, 1: 6, 2: 1}


class Parity(msgspec.Struct, frozen=True):
    """One quantity: how many values were compared, how many differ, and by how much at most."""

    quantity: str
    tolerance: float  # 0 = exact
    compared: int
    different: int
    missing: int  # bars that only one of the two has
    largest: float
    first: tuple[int, int] | None  # instrument and end_ns of the first difference


def parities(store: Store, term: Term, ticks: str = "ticks") -> Iterator[Parity]:
    """Every quantity, compared; `ticks` is what stands for the table of ticks."""
    closes = np.concatenate([closes_of(store, channel) for channel in store.channels()])
    terms = read_terms(store)
    rows, of_terms = rows_of(store, "1"), {one.number: rows_of(store, _comparable(one, terms[0])) for one in terms}
    own = [one.number for one in term.universe.instruments]
    tradable = pa.array([one.number for one in term.universe.instruments if one.tradable], pa.uint32())
    for width, width_ns in enumerate(BAR_WIDTHS_NS):
        whole = store.ask(query(ticks, width_ns, WINDOWS[width]))
        bars = closes[(closes["width"] == width) & (closes["empty"] == 0) & np.isin(closes["instrument"], own)]
        sql = _closed(whole, bars)
        yield from _bars(f"{width_ns // 10**9}-s bars", bars, sql)
        traded = sql.filter(compute.is_in(sql["instrument"], tradable))
        if width == 0:
            yield from _quotes(rows, traded)
        for number, of_term in of_terms.items():
            yield from _ratios(width, of_term, traded, "" if len(terms) == 1 else f", term {number}")


def _comparable(term: Term, first: Term) -> str:
    """The rows whose windows hold what SQL's hold: in a later term they begin empty, and must have filled first."""
    return of_epoch(term) if term.number == first.number else f"{of_epoch(term)} AND warm"


def query(ticks: str, width_ns: int, window: int) -> str:
    text = (files("schemas") / "clickhouse" / "parity.sql").read_text()
    for name, value in (("{ticks}", ticks), ("{width}", str(width_ns)), ("{bars}", str(window))):
        text = text.replace(name, value)
    return text


def with_change(partition: int, offset: int, row: int, units: int) -> str:
    """A table of ticks in which one price is another."""
    place = f"_partition = {partition} AND _offset = {offset} AND _row = {row}"
    columns = "_partition, _offset, _row, receive_ns, size_units, instrument, kind, side, flags"
    return f"(SELECT {columns}, price_units + if({place}, {units}, 0) AS price_units FROM ticks)"


def closes_of(store: Store, channel: int) -> Records:
    """The bars of a channel, which no topic holds: its archived log once more through quality, book and bars."""
    kept = Kept()
    build = Resources(lambda term, own: Pipeline([*_machines(term, own), kept]))
    for _ in play((message.data for message in store.messages(TICKS, channel)), channel, build):
        pass
    return np.concatenate([np.zeros(0, CLOSE), *kept.closes])


class Kept:
    """The last machine: keeps the closes that pass."""

    name = "kept"
    version = 1

    def __init__(self) -> None:
        self.closes: list[Records] = []

    def initial(self) -> None:
        return None

    def step(self, state: None, batch: Batch) -> None:
        if len(batch["closes"]):
            self.closes.append(batch["closes"])

    def dump(self, state: None) -> bytes:
        return b""

    def load(self, data: bytes) -> None:
        return None

    def warm(self) -> None:
        return None


def _machines(term: Term, channel: int) -> list[Quality | Book | Bars]:
    return [Quality(term, channel), Book(term, channel), Bars(term, channel)]


def _closed(sql: pa.Table, bars: Records) -> pa.Table:
    """Only bars that have ended: the log stops within the last ones."""
    last_ns = int(bars["end_ns"].max()) if len(bars) else 0
    return sql.filter(compute.less_equal(sql["end_ns"], last_ns))


def rows_of(store: Store, where: str) -> dict[str, npt.NDArray[Any]]:
    """Archived feature rows, by column; a feature that is not in the term's set is not there."""
    features = [name for of_width in RATIOS.values() for name in of_width]
    quotes = [f"{name}_units AS {name}" for name in QUOTE]
    columns = ", ".join(("instrument", "channel_ns", *quotes, *features))
    table = store.ask(f"SELECT {columns} FROM features WHERE {where}")
    held = [name for name in table.column_names if table[name].null_count == 0]
    return {name: table[name].to_numpy() for name in held}


def _bars(name: str, bars: Records, sql: pa.Table) -> Iterator[Parity]:
    keys = keys_of(bars["instrument"], bars["end_ns"])
    for field in dict.fromkeys((*BAR, *QUOTE)):
        yield compared(f"{name}: {field}", keys, bars[field].astype("<i8"), sql, field, 0.0)


def _quotes(rows: dict[str, npt.NDArray[Any]], sql: pa.Table) -> Iterator[Parity]:
    """A 1-second bar is a row, in every term."""
    keys = keys_of(rows["instrument"], rows["channel_ns"])
    for field in QUOTE:
        yield compared(f"feature row: {field}", keys, rows[field], sql, field, 0.0)


def _ratios(width: int, rows: dict[str, npt.NDArray[Any]], sql: pa.Table, part: str) -> Iterator[Parity]:
    """A wider bar is a row only if something happened in its last second; `part` says of which rows these are."""
    ending = rows["channel_ns"] % BAR_WIDTHS_NS[width] == 0
    quoted = ending & (rows["bid_size"] > 0) & (rows["ask_size"] > 0)
    keys = keys_of(rows["instrument"], rows["channel_ns"])[quoted]
    has_mid = sql.filter(compute.equal(sql["has_mid"], 1))
    for feature, column in RATIOS[width].items():
        if feature in rows:
            values = rows[feature][quoted].astype(float)
            yield compared(f"{feature}{part}", keys, values, has_mid, column, RATIO, only_ours=width > 0 or bool(part))


def compared(
    quantity: str,
    left: Records,
    ours: npt.NDArray[Any],
    sql: pa.Table,
    column: str,
    tolerance: float,
    only_ours: bool = False,
) -> Parity:
    """Side by side by instrument and end; with `only_ours` SQL may have more bars than we have rows."""
    right = keys_of(sql["instrument"].to_numpy(), sql["end_ns"].to_numpy())
    shared, mine, theirs = np.intersect1d(left, right, return_indices=True)
    one, other = ours[mine], sql[column].to_numpy()[theirs]
    distance = np.abs(one - other) if tolerance == 0 else np.abs(one - other) / np.maximum(1.0, np.abs(other))
    is_different = ~(distance <= tolerance)
    first = None
    if is_different.any():
        at = shared[int(np.argmax(is_different))]
        first = (int(at["instrument"]), int(at["end_ns"]))
    missing = len(left) - len(shared) + (0 if only_ours else len(right) - len(shared))
    largest = float(np.max(distance, initial=0))
    return Parity(quantity, tolerance, len(shared), int(is_different.sum()), missing, largest, first)


def keys_of(instruments: npt.NDArray[Any], ends_ns: npt.NDArray[Any]) -> Records:
    keys = np.zeros(len(instruments), [("instrument", "<u4"), ("end_ns", "<i8")])
    keys["instrument"], keys["end_ns"] = instruments, ends_ns
    return keys
