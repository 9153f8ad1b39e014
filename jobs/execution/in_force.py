"""Which term is in force: read from the ends of topics, for a log may be long."""

from collections.abc import Sequence
from contextlib import suppress

from jobs.adapters.kafka import Reader
from jobs.adapters.openings import read_term
from schemas.control import Term, read_control
from schemas.errors import BadFrame
from schemas.frame import decode
from schemas.records import Kind
from schemas.topics import PROGRESS, TICKS

__all__ = ["Newest", "newest_term"]

BLOCK = 1000  # messages that are read at a time, backwards


class Newest:
    """The number of the newest term by which a channel has decided, as progress.v1 tells of it.

    SetupError when no broker answers the first time; one that goes away later says nothing new.
    """

    def __init__(self, bootstrap: str, channels: Sequence[int]) -> None:
        self._bootstrap, self._channels = bootstrap, channels
        self._reader: Reader | None = None
        self._number = 1

    def __call__(self) -> int:
        reader = self._reader = self._reader or self._open()
        for message in reader.poll(0):
            with suppress(BadFrame):  # none of ours
                self._number = max(self._number, decode(message.value).epoch)
        return self._number

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _open(self) -> Reader:
        ends = Reader(self._bootstrap, PROGRESS.name, self._channels, "end")
        try:
            marks = {channel: ends.watermarks(channel) for channel in self._channels}
        finally:
            ends.close()
        last = {channel: max(low, high - 1) for channel, (low, high) in marks.items()}
        return Reader(self._bootstrap, PROGRESS.name, self._channels, last)


def newest_term(bootstrap: str, channel: int, number: int) -> Term | None:
    """The last TERM in a channel's log, which a channel may have refused; the first one when `number` says so."""
    if number == 1:
        return read_term(bootstrap, channel)
    reader = Reader(bootstrap, TICKS.name, [channel], "end")
    try:
        low, end = reader.watermarks(channel)
        while end > low:
            begin = max(low, end - BLOCK)
            found = [_term(message.value) for message in reader.range(channel, begin, end)]
            if terms := [one for one in found if one is not None]:
                return terms[-1]
            end = begin
    finally:
        reader.close()
    return None


def _term(data: bytes) -> Term | None:
    try:
        frame = decode(data)
        control = read_control(frame) if frame.kind == Kind.CONTROL else None
    except BadFrame:
        return None
    return control if isinstance(control, Term) else None
