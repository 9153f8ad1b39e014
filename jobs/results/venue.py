"""Bars by the venue's own time in plain numpy, late trades left out and counted: what Flink SQL must find too."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from jobs.results.oracle import Parity, compared, keys_of
from jobs.results.store import Store
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records

# How far a trade may be behind the newest one: the capture's venue times run backwards by up to 166 ms.
OUT_OF_ORDER_MS = 250
COLUMNS = ("instrument", "venue_ns", "price_units", "size_units")
TRADE = np.dtype([(name, "<i8") for name in ("position", *COLUMNS)])
VALUES = ("open", "high", "low", "close", "volume", "trades")
BAR = np.dtype([(name, "<i8") for name in ("instrument", "end_ns", *VALUES)])
_MS = 1_000_000
_TRADES = "FROM ticks WHERE kind = 'TRADE' AND bitAnd(flags, 28) = 0"  # no references, corrections, cancels


def read_trades(store: Store, term: Term) -> tuple[Records, int]:
    """The archived trades in the order of their receipt (equal ones in that of the log), and how many have no time."""
    own = ", ".join(str(one.number) for one in term.universe.instruments)
    of_term = f"{_TRADES} AND instrument IN ({own})"
    order = "receive_ns, _partition, _offset, _row"
    columns = ", ".join(f"toInt64({name}) AS {name}" for name in COLUMNS)
    found = store.ask(f"SELECT {columns} {of_term} AND ticks.venue_ns > 0 ORDER BY {order}")
    trades = np.zeros(len(found), TRADE)
    trades["position"] = np.arange(len(found))
    for name in COLUMNS:
        trades[name] = found[name].to_numpy()
    return trades, store.number(f"SELECT count() {of_term} AND venue_ns <= 0")


def is_late(venue_ns: npt.NDArray[np.int64], width_ns: int) -> npt.NDArray[np.bool_]:
    """Trades whose window had closed: the newest time before them, less the allowance, was in its last millisecond.

    Flink's time is in whole milliseconds, so a window of 1 s closes when the watermark reaches its 999th.

    >>> is_late(np.array([1_000, 2_248, 1_999, 2_249, 1_999, 2_000]) * 1_000_000, 1_000_000_000).tolist()
    [False, False, False, False, True, False]
    """
    newest_ms = np.maximum.accumulate(venue_ns // _MS)
    last_ms = _ends_ns(venue_ns, width_ns) // _MS - 1
    late = np.zeros(len(venue_ns), bool)
    late[1:] = newest_ms[:-1] - OUT_OF_ORDER_MS >= last_ms[1:]
    return late


def venue_bars(trades: Records, width_ns: int) -> Records:
    """A bar (BAR) for each instrument and window that has a trade in time; first and last by venue time, then position.

    >>> trades = np.array([(0, 7, 1_100, 50, 2), (1, 7, 1_050, 40, 3)], TRADE)
    >>> venue_bars(trades, 1_000).tolist()
    [(7, 2000, 40, 50, 40, 50, 5, 2)]
    """
    inside, starts = _windows(trades, width_ns)
    found = np.zeros(len(starts), BAR)
    if not len(starts):
        return found
    lasts = np.append(starts[1:], len(inside)) - 1
    price = inside["price_units"]
    found["instrument"] = inside["instrument"][starts]
    found["end_ns"] = _ends_ns(inside["venue_ns"], width_ns)[starts]
    found["open"], found["close"] = price[starts], price[lasts]
    found["high"], found["low"] = np.maximum.reduceat(price, starts), np.minimum.reduceat(price, starts)
    found["volume"] = np.add.reduceat(inside["size_units"], starts)
    found["trades"] = lasts - starts + 1
    return found


def middle_close(trades: Records) -> int | None:
    """The position of the trade that closes the middle bar of 1 s, whose price therefore shows; None without one."""
    inside, starts = _windows(trades, BAR_WIDTHS_NS[0])
    if not len(starts):
        return None
    ends = np.append(starts[1:], len(inside))
    return int(inside["position"][ends[len(ends) // 2] - 1])


def venue_parities(trades: Records, bars: pa.Table, late: pa.Table) -> Iterator[Parity]:
    """Every quantity of every width: what numpy makes of the trades, beside what Flink found."""
    for width_ns in BAR_WIDTHS_NS:
        name = f"{width_ns // 10**9}-s venue-time bars"
        ours, theirs = venue_bars(trades, width_ns), _of_width(bars, width_ns)
        keys = keys_of(ours["instrument"], ours["end_ns"])
        for value in VALUES:
            yield compared(f"{name}: {value}", keys, ours[value], theirs, value, 0.0)
        yield _late(f"{name}: late trades", trades, width_ns, _of_width(late, width_ns)["position"].to_numpy())


def told_late(late: pa.Table, trades: int) -> str:
    """How many trades Flink left out of each width, in words."""
    counts = (f"{len(_of_width(late, width)):,} in windows of {width // 10**9} s" for width in BAR_WIDTHS_NS)
    return f"of {trades:,} trades {', '.join(counts)} (allowed: {OUT_OF_ORDER_MS} ms behind the newest)"


def _late(quantity: str, trades: Records, width_ns: int, theirs: npt.NDArray[np.int64]) -> Parity:
    ours = trades["position"][is_late(trades["venue_ns"], width_ns)]
    either = np.setxor1d(ours, theirs)
    shared, doubled = len(np.intersect1d(ours, theirs)), len(theirs) - len(np.unique(theirs))
    first = None
    if len(either):
        trade = trades[either[0]]
        first = (int(trade["instrument"]), int(_ends_ns(trade["venue_ns"], width_ns)))
    return Parity(quantity, 0.0, shared, doubled, len(either), float(doubled), first)


def _windows(trades: Records, width_ns: int) -> tuple[Records, npt.NDArray[np.intp]]:
    """The trades in time, by instrument, window, venue time and position; and where each window begins."""
    inside = trades[~is_late(trades["venue_ns"], width_ns)]
    inside = inside[np.lexsort((inside["position"], inside["venue_ns"], inside["instrument"]))]
    ends_ns = _ends_ns(inside["venue_ns"], width_ns)
    begins = np.ones(len(inside), bool)
    begins[1:] = (np.diff(inside["instrument"]) != 0) | (np.diff(ends_ns) != 0)
    return inside, np.flatnonzero(begins)


def _ends_ns(venue_ns: Any, width_ns: int) -> Any:
    return (venue_ns // width_ns + 1) * width_ns


def _of_width(table: pa.Table, width_ns: int) -> pa.Table:
    return table.filter(compute.equal(table["width_ns"], width_ns))
