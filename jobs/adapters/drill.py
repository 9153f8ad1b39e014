"""Channel operators that go wrong on purpose: what a hot pair, and what a soak, must notice."""

from collections.abc import Iterator

from msgspec.structs import replace
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from schemas.errors import BadFrame
from schemas.frame import decode, encode
from schemas.records import Kind, TickKind
from udfs.flink import ChannelOperator

__all__ = ["DRILLS", "Leaks", "WrongBids"]

AFTER_NS = 100_000_000_000
UNITS = 10  # a whole number of price steps of every instrument of the demonstration


class WrongBids(ChannelOperator):
    """100 s of channel time after the first tick that it saw, every bid becomes a little too low, checksums right."""

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        self._first_ns = 0

    def as_read(self, data: bytes) -> bytes:
        try:
            frame = decode(data)
        except BadFrame:
            return data
        if frame.kind != Kind.TICKS:
            return data
        now_ns = int(frame.records["receive_ns"][0])
        self._first_ns = self._first_ns or now_ns
        if now_ns < self._first_ns + AFTER_NS:
            return data
        ticks = frame.records.copy()
        ticks["price"][ticks["kind"] == TickKind.BID] -= UNITS
        return encode(replace(frame, records=ticks))


class Leaks(ChannelOperator):
    """Keeps every fourth message for ever."""

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        self._kept: list[bytes] = []
        self._seen = 0

    def process_element(self, data: bytes, context: KeyedProcessFunction.Context) -> Iterator[object]:
        self._seen += 1
        if self._seen % 4 == 0:
            self._kept.append(bytes(bytearray(data)))
        return super().process_element(data, context)


DRILLS: dict[str, type[ChannelOperator]] = {"bids": WrongBids, "leak": Leaks}
