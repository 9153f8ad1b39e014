"""Nasdaq's TotalView-ITCH 5.0 into ticks: a day's file of messages, or captured MoldUDP64 packets.

A file is Nasdaq's BinaryFILE, also gzipped: two bytes of length, then the message; it knows no receive times, so venue
time stands for both. Its name says the day (01302019.NASDAQ_ITCH50.gz, S013019-v50.txt.gz, or 2019-01-30 anywhere). A
pcap file says itself when its packets came. An instrument is known by the symbol that the stock directory gives it; the
books are `udfs.market.orders`. Ticks stand in the order of the messages, not of instruments within one receive time.
"""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

import numpy as np

import schemas.itch
from jobs.adapters.capture import Capture
from jobs.adapters.events import Refused
from jobs.adapters.mold import LINE, PLACE, receive
from jobs.adapters.pcap import big_endian, read_packets
from schemas.errors import ConfigError, DataError
from schemas.frame import Records
from schemas.instrument import Instrument, Universe
from schemas.itch import DECODED, DIRECTORY, IS_USED, LOST, PLACES, PRICE_DECIMALS, SIZES, VENUE
from schemas.records import TICK, TickFlag
from udfs.kernels import kernel, read_only
from udfs.market.orders import Orders

Bytes = Any  # an array of u1

CHUNK_BYTES = 1 << 26
_DAYS = (
    (re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)"), (1, 2, 3), 0),
    (re.compile(r"(?<!\d)(\d\d)(\d\d)(\d{4})\.NASDAQ_ITCH50", re.IGNORECASE), (3, 1, 2), 0),
    (re.compile(r"S(\d\d)(\d\d)(\d\d)-v50"), (3, 1, 2), 2000),
)
_NEW_YORK = ZoneInfo("America/New_York")
_STOCK = DIRECTORY.place("stock")
_LOCATE = DIRECTORY.place("locate")
_NONE = -1
_SYSTEM = ord("S")


def is_itch(path: Path) -> bool:
    """Whether a file's name says that it holds ITCH messages or packets."""
    return re.search(r"itch|-v50|\.pcap(\.gz)?$", path.name, re.IGNORECASE) is not None


def read_itch(path: Path, universe: Universe) -> Capture:
    """The ticks of each channel's instruments of venue `nasdaq`; counts stand under ("nasdaq", "").

    Raises DataError when the file cannot be read, is cut off, or its directory lacks an instrument.
    """
    if ".pcap" in path.name:
        return _of_packets(path, universe)
    feed = Feed(universe, midnight_ns(_day_of(path)))
    ticks, parsed = [np.zeros(0, TICK)], 0
    with closing(_open(path)) as file:
        for chunk in _chunks(path, file):
            ticks.append(feed.take(chunk, split(chunk), f"{path.name}, byte {parsed}"))
            parsed += len(chunk)
    return feed.capture(np.concatenate(ticks), path)


def _of_packets(path: Path, universe: Universe) -> Capture:
    packets = read_packets(path)
    if not len(packets.places):
        raise DataError(f"{path} holds no UDP packet")
    first = datetime.fromtimestamp(int(packets.places["receive_ns"][0]) // 10**9, _NEW_YORK).date()
    feed, line = Feed(universe, midnight_ns(first)), np.zeros(1, LINE)
    ticks = feed.take(packets.data, receive(packets, line), path.name)
    feed.counts.update({name: int(line[name][0]) for name in ("repeated", "malformed")}, others=packets.others)
    return feed.capture(ticks, path)


def midnight_ns(day: date) -> int:
    """When the day began in New York, in ns since 1970 UTC.

    >>> midnight_ns(date(2019, 1, 30)) == int(datetime(2019, 1, 30, 5, tzinfo=UTC).timestamp()) * 10**9
    True
    """
    return int(datetime(day.year, day.month, day.day, tzinfo=_NEW_YORK).astimezone(UTC).timestamp()) * 10**9


def _day_of(path: Path) -> date:
    for pattern, groups, century in _DAYS:
        if found := pattern.search(path.name):
            year, month, day = (int(found.group(group)) for group in groups)
            try:
                return date(year + century, month, day)
            except ValueError:
                continue
    raise DataError(f"{path}: the name does not say the day; put it there, like 2019-01-30.itch")


class Feed:
    """Messages of one session into ticks; learns from the directory which locate code is whose."""

    def __init__(self, universe: Universe, session_ns: int) -> None:
        self._universe = universe
        self._own = {one.symbol: one for one in universe.instruments if one.venue == VENUE}
        if not self._own:
            raise DataError(f"the universe has no instrument of venue {VENUE!r}")
        for one in self._own.values():
            _check(one)
        self._by_locate = np.full(1 << 16, _NONE, np.int64)
        self._locates: set[str] = set()
        self._session_ns = session_ns
        members = tuple(one.number for one in self._own.values())
        self.orders = Orders(len(universe.instruments), members, session_ns)
        self._refused: list[Refused] = []
        self.counts: Counter[str] = Counter()

    def take(self, data: Bytes, places: Records, where: str) -> Records:
        """The ticks of the messages at these places of `data`, in their order."""
        self._read_directory(data, places)
        decoded = np.zeros(len(places), DECODED)
        bad = np.zeros(len(places), np.int64)
        inputs = (read_only(data), read_only(places), self._by_locate, self._session_ns)
        count, refused = decode(*inputs, SIZES, IS_USED, PLACES, decoded, bad)
        for place in bad[:refused]:
            self._refuse(data, places[place], f"{where} + {places[place]['begin']}")
        self.counts.update(messages=len(places), refused=refused)
        return self.orders.step(decoded[:count])

    def capture(self, ticks: Records, path: Path) -> Capture:
        """The ticks by channel, with copies for channels that refer to an instrument."""
        if missing := sorted(set(self._own) - self._locates):
            raise DataError(f"{path}: its stock directory does not have {', '.join(missing)}")
        counts = self.orders.counts[0]
        self.counts.update({name: int(counts[name]) for name in ("unknown", "contradicted", "lost")})
        channels = {channel: self._channel(ticks, channel) for channel in self._universe.channels}
        return Capture(channels, self._refused, {(VENUE, ""): self.counts})

    def _channel(self, ticks: Records, channel: int) -> Records:
        members = self._universe.of_channel(channel)
        own = ticks[np.isin(ticks["instrument"], [one.number for one in members])]
        foreign = [one.number for one in members if one.channel != channel]
        own["flags"] |= np.where(np.isin(own["instrument"], foreign), TickFlag.REFERENCE, 0).astype(np.uint16)
        own["receive_ns"] = np.maximum.accumulate(own["receive_ns"])
        return own

    def _read_directory(self, data: Bytes, places: Records) -> None:
        begins = places["begin"][(places["begin"] >= 0) & (places["size"] == DIRECTORY.size)]
        for begin in begins[data[begins] == ord(DIRECTORY.letter)].tolist():
            symbol = data[begin + _STOCK[0] : begin + sum(_STOCK)].tobytes().decode("latin-1").rstrip()
            if symbol in self._own:
                locate = int.from_bytes(data[begin + _LOCATE[0] : begin + sum(_LOCATE)].tobytes(), "big")
                self._by_locate[locate] = self._own[symbol].number
                self._locates.add(symbol)

    def _refuse(self, data: Bytes, place: Records, where: str) -> None:
        message = data[int(place["begin"]) : int(place["begin"] + place["size"])].tobytes()
        wanted = f"{message[:1]!r} has {int(SIZES[message[0]])} bytes, not {len(message)}" if message else "no bytes"
        first = min(one.number for one in self._own.values())
        self._refused.append(Refused(first, where, wanted, message))


def _check(one: Instrument) -> None:
    if (one.price_decimals, one.size_decimals) != (PRICE_DECIMALS, 0):
        raise ConfigError(f"universe: {one.venue} {one.symbol}: ITCH has price_decimals = 4 and size_decimals = 0")


def _open(path: Path) -> IO[bytes]:
    try:
        return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _chunks(path: Path, file: IO[bytes]) -> Iterator[Bytes]:
    """Pieces of a file that end with a whole message."""
    rest = b""
    try:
        while more := file.read(CHUNK_BYTES):
            data = np.frombuffer(rest + more, np.uint8)
            end = _whole(data)
            yield data[:end]
            rest = data[end:].tobytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if rest:
        raise DataError(f"{path} is cut off: its last {len(rest)} bytes are no whole message")


def split(data: Bytes) -> Records:
    """The places of the messages in bytes that end with a whole one; their receive time is their own."""
    places = np.zeros(len(data) // 2, PLACE)
    return places[: _split(read_only(data), places)]


@kernel()
def _whole(data):  # type: ignore[no-untyped-def]
    at = 0
    while at + 2 <= data.shape[0]:
        end = at + 2 + data[at] * 256 + data[at + 1]
        if end > data.shape[0]:
            break
        at = end
    return at


@kernel()
def _split(data, places):  # type: ignore[no-untyped-def]
    at = count = 0
    while at < data.shape[0]:
        size = data[at] * 256 + data[at + 1]
        places[count].receive_ns, places[count].begin, places[count].size = 0, at + 2, size
        count += 1
        at += 2 + size
    return count


@kernel(schemas.itch)
def decode(data, places, by_locate, session_ns, sizes, is_used, slots, out, bad):  # type: ignore[no-untyped-def]
    """The messages that make ticks of our instruments, lost ones and those of a wrong size among them; two counts."""
    count = refused = 0
    now_ns = session_ns
    for i in range(places.shape[0]):
        begin, size = places[i].begin, places[i].size
        one = out[count]
        letter = data[begin] if begin >= 0 and size > 0 else 0
        if begin >= 0 and sizes[letter] == 0:
            continue  # a type that ITCH 5.0 does not have, or the end of the session
        if begin < 0 or size != sizes[letter]:
            if begin >= 0:
                bad[refused] = i
                refused += 1
            one.type, one.receive_ns = LOST, places[i].receive_ns or now_ns
            count += 1
            continue
        now_ns = session_ns + big_endian(data, begin + 5, 6)
        instrument = by_locate[big_endian(data, begin + 1, 2)]
        if not is_used[letter] or (instrument < 0 and letter != _SYSTEM):
            continue
        one.type, one.instrument, one.receive_ns = letter, max(instrument, 0), places[i].receive_ns or now_ns
        one.locate, one.time_ns = _slot(data, begin, slots[letter, 0]), _slot(data, begin, slots[letter, 1])
        one.reference, one.new_reference = _slot(data, begin, slots[letter, 2]), _slot(data, begin, slots[letter, 3])
        one.side, one.shares = _slot(data, begin, slots[letter, 4]), _slot(data, begin, slots[letter, 5])
        one.price, one.code = _slot(data, begin, slots[letter, 6]), _slot(data, begin, slots[letter, 7])
        one.market = _slot(data, begin, slots[letter, 8])
        count += 1
    return count, refused


@kernel()
def _slot(data, begin, place):  # type: ignore[no-untyped-def]
    return big_endian(data, begin + place[0], place[1])
