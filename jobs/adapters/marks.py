"""Conflated best quotes for the gateway: what it judges prices and staleness by, without Flink."""

import numpy as np
import numpy.typing as npt

import schemas.records
from schemas.frame import Records
from schemas.records import MARK, TickFlag, TickKind
from udfs.kernels import kernel, read_only

INTERVAL_NS = 100_000_000  # of channel time: at most ten marks a second an instrument
QUOTE = np.dtype([("receive_ns", "<i8"), ("bid", "<i8"), ("ask", "<i8"), ("pending", "?"), ("new", "?")])

_BID, _ASK = int(TickKind.BID), int(TickKind.ASK)
_LAST, _REFERENCE = int(TickFlag.LAST), int(TickFlag.REFERENCE)


class Conflator:
    """The newest quote of each instrument of a channel, given out when channel time enters the next interval.

    A side without a quote is 0. An instrument whose quote was not updated since gives no mark.
    """

    def __init__(self, instruments: int) -> None:
        self._quotes = np.zeros(instruments, QUOTE)
        self._interval = np.zeros(1, np.int64)

    def step(self, ticks: Records) -> Records:
        """The marks that the records of one frame, ticks or heartbeats, make due."""
        marks = np.zeros(len(ticks) + len(self._quotes), MARK)
        return marks[: _conflate(read_only(ticks), self._quotes, self._interval, marks)]


@kernel(schemas.records)
def _conflate(ticks: Records, quotes: Records, interval: npt.NDArray[np.int64], marks: Records) -> int:
    count = 0
    for tick in ticks:
        if tick["receive_ns"] // INTERVAL_NS > interval[0]:
            interval[0] = tick["receive_ns"] // INTERVAL_NS
            count = _give(quotes, marks, count)
        if tick["instrument"] >= len(quotes) or tick["flags"] & _REFERENCE:
            continue
        quote = quotes[tick["instrument"]]
        if tick["kind"] == _BID:
            quote["bid"], quote["pending"] = tick["price"] if tick["size"] > 0 else 0, True
        elif tick["kind"] == _ASK:
            quote["ask"], quote["pending"] = tick["price"] if tick["size"] > 0 else 0, True
        if quote["pending"] and tick["flags"] & _LAST:
            quote["pending"], quote["new"], quote["receive_ns"] = False, True, tick["receive_ns"]
    return count


@kernel(schemas.records)
def _give(quotes: Records, marks: Records, count: int) -> int:
    for number in range(len(quotes)):
        quote = quotes[number]
        if quote["new"]:
            marks[count]["receive_ns"], marks[count]["instrument"] = quote["receive_ns"], number
            marks[count]["bid"], marks[count]["ask"] = quote["bid"], quote["ask"]
            quote["new"] = False
            count += 1
    return count
