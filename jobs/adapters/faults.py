"""A feed's messages with faults among them, at stated places: what quality and the channel must notice, counted.

A fault stands behind every `EVERY`-th tick frame that ends an event. Faults of whole messages are copies of the frame
before them; faults of records come in frames of their own, so that the frames that follow are numbered again.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from msgspec.structs import replace

from schemas.control import Halt, control_frame
from schemas.errors import DataError
from schemas.frame import Frame, Records, decode, document, encode
from schemas.instrument import CHANNELS_MAX, Instrument, Universe
from schemas.records import TICK, Kind, Side, TickFlag, TickKind

EVERY = 5
GAP_RECORDS = 7  # numbers left out
_CHECKSUM = struct.Struct("<I")
_CHECKSUM_AT = 44
_VERSION_AT, _KIND_AT, _SCHEMA_AT, _BODY_AT = 2, 3, 28, 48

# What the pipeline must say, in the order in which the faults stand: names of schemas.errors.Fault; GAP and CROSSED
# are marks; REPEATED is dropped and counted. OFF_STEP_PRICE needs an instrument whose step is above its price unit.
ORDER = (
    "TRUNCATED",
    "CORRUPT",
    "EXTENDED",
    "FOREIGN",
    "UNKNOWN_VERSION",
    "UNKNOWN_KIND",
    "UNKNOWN_SCHEMA",
    "ZOMBIE",
    "UNANNOUNCED_EPOCH",
    "WRONG_CHANNEL",
    "REPEATED",
    "UNKNOWN_INSTRUMENT",
    "OFF_STEP_PRICE",
    "BAD_PRICE",
    "BAD_SIZE",
    "BAD_SIZE",
    "BAD_DOCUMENT",
    "CORRUPT",
    "CROSSED",
    "GAP",
    "CORRUPT",
    "TRUNCATED",
)
EXPECTED = Counter(ORDER)


def expected(universe: Universe, channel: int) -> Counter[str]:
    """How often each fault is injected into a channel: messages or records, which are one each."""
    return Counter(_order(universe, channel))


def inject(messages: Iterable[bytes], seed: int, universe: Universe) -> Iterator[bytes]:
    """The messages of one feed's run in one channel, faults among them; raises DataError when they do not all fit."""
    injector: Injector | None = None
    for data in messages:
        injector = injector or Injector(universe, decode(data).channel, seed)
        yield from injector.around(data)
    if injector is None or injector.left:
        raise DataError(f"the log is too short for {len(ORDER)} faults, one behind every {EVERY}th frame")


class Injector:
    """Takes a feed's messages one by one; the same seed and messages give the same faults."""

    def __init__(self, universe: Universe, channel: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._own = [one for one in universe.instruments if one.channel == channel]
        self._unknown = len(universe.instruments)
        self.left = list(_order(universe, channel))
        self._shift = 0  # of the sequence, by what was injected
        self._frames = 0
        self._ask: dict[int, Records] = {}  # the last ask of each instrument

    def around(self, data: bytes) -> list[bytes]:
        """The message, numbered anew, and the fault that stands behind it."""
        frame = decode(data)
        frame = replace(frame, sequence=frame.sequence + self._shift)
        sent = [encode(frame)]
        if frame.kind != Kind.TICKS:
            return sent
        for tick in frame.records[frame.records["kind"] == TickKind.ASK]:
            self._ask[int(tick["instrument"])] = tick
        if not frame.records["flags"][-1] & TickFlag.LAST:
            return sent
        self._frames += 1
        if self._frames % EVERY == 0 and self.left and (self.left[0] != "CROSSED" or self._crossable()):
            sent += self._fault(self.left.pop(0), frame)
        return sent

    def _fault(self, name: str, frame: Frame) -> list[bytes]:
        copy = replace(frame, records=frame.records[-1:], sequence=frame.sequence + len(frame) - 1)
        if name == "GAP":
            self._shift += GAP_RECORDS
            return []
        records = self._records(name, copy.records)
        if records is not None:
            return [self._next(replace(copy, records=records, sequence=copy.sequence + 1))]
        if name == "BAD_DOCUMENT":
            halt = Halt(by="injector", reason="drill")
            control = control_frame(
                halt, channel=copy.channel, source=copy.source, epoch=copy.epoch, sequence=copy.sequence + 1
            )
            text = document(b'{"control":"SELF_DESTRUCT","by":"injector"}')
            return [self._next(replace(control, records=text, log=copy.log))]
        return [self._message(name, copy)]

    def _next(self, frame: Frame) -> bytes:
        """A frame with the writer's next number: what follows moves on."""
        self._shift += len(frame)
        return encode(frame)

    def _message(self, name: str, copy: Frame) -> bytes:
        data = encode(copy)
        match name:
            case "TRUNCATED":
                return data[: int(self._random.integers(1, len(data)))]
            case "EXTENDED":
                return data + b"\0"
            case "CORRUPT":
                bit = int(self._random.integers(_BODY_AT * 8, len(data) * 8))
                return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]
            case "FOREIGN":
                return b'{"e":"trade","s":"BTCUSDT","p":"61837.63000000","q":"0.02000000","m":true}'
            case "UNKNOWN_VERSION":
                return _patched(data, _VERSION_AT, b"\x02")
            case "UNKNOWN_KIND":
                return _patched(data, _KIND_AT, b"\x63")
            case "UNKNOWN_SCHEMA":
                return _patched(data, _SCHEMA_AT, bytes([data[_SCHEMA_AT] ^ 1]))
            case "ZOMBIE":
                return encode(replace(copy, epoch=copy.epoch - 1))
            case "UNANNOUNCED_EPOCH":
                return encode(replace(copy, epoch=copy.epoch + 1))
            case "WRONG_CHANNEL":
                return encode(replace(copy, channel=CHANNELS_MAX - 1 - copy.channel))
        return data  # REPEATED

    def _records(self, name: str, last: Records) -> Records | None:
        """The bad records of a fault of records, at the time of the last one."""
        one = self._own[0]
        step = one.tick_sizes[0].step
        match name:
            case "UNKNOWN_INSTRUMENT":
                return _trade(last, self._unknown, 100 * step, 1)
            case "OFF_STEP_PRICE":
                coarse = next(filter(_is_coarse, self._own))
                return _trade(last, coarse.number, 100 * coarse.tick_sizes[0].step + 1, 1)
            case "BAD_PRICE":
                return _trade(last, one.number, -step, 1)
            case "BAD_SIZE":  # the first is zero, the second negative
                return _trade(last, one.number, 100 * step, 0 if "BAD_SIZE" in self.left else -1)
            case "CROSSED":
                return self._crossed(last, one, step)
        return None

    def _crossable(self) -> bool:
        return self._own[0].number in self._ask

    def _crossed(self, last: Records, one: Instrument, step: int) -> Records:
        """A quote whose bid is one step above its ask."""
        quote = np.concatenate([last, last])
        quote["venue_ns"], quote["instrument"], quote["size"] = 0, one.number, one.lot
        quote["kind"], quote["side"] = (TickKind.BID, TickKind.ASK), (Side.BUY, Side.SELL)
        quote["price"] = self._ask[one.number]["price"]
        quote["price"][0] += step
        quote["flags"] = (0, TickFlag.LAST)
        return quote


def _order(universe: Universe, channel: int) -> tuple[str, ...]:
    coarse = any(one.channel == channel and _is_coarse(one) for one in universe.instruments)
    return ORDER if coarse else tuple(name for name in ORDER if name != "OFF_STEP_PRICE")


def _is_coarse(one: Instrument) -> bool:
    return one.tick_sizes[0].step > 1


def _trade(last: Records, instrument: int, price: int, size: int) -> Records:
    receive_ns = int(last["receive_ns"][0])
    return np.array([(0, receive_ns, price, size, instrument, TickKind.TRADE, Side.BUY, TickFlag.LAST)], TICK)


def _patched(data: bytes, at: int, value: bytes) -> bytes:
    """Other bytes in the header, under a right checksum."""
    head = data[:at] + value + data[at + len(value) : _CHECKSUM_AT]
    checksum = zlib.crc32(data[_BODY_AT:], zlib.crc32(bytes(4), zlib.crc32(head)))
    return head + _CHECKSUM.pack(checksum) + data[_BODY_AT:]
