"""Captured websocket and REST messages of Binance, spot, USD-M and COIN-M futures, into ticks.

A line is the local receive time in ns, a space, and the venue's message as it came. Prices and sizes go from decimal
text to integers exactly. Sizes of COIN-M are whole contracts of 100 or 10 USD: its instruments have the style inverse,
`size_decimals` 0, and the contract's USD as `multiplier`. What cannot be read is handed back with its reason, never
guessed at and never dropped.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np

from jobs.adapters.depth import Join, Update
from jobs.adapters.events import Events, Form, Place, Refused, to_ticks
from jobs.adapters.levels import read_levels
from schemas.errors import DataError
from schemas.frame import Records
from schemas.instrument import Instrument


class Envelope(msgspec.Struct):
    stream: str
    data: msgspec.Raw


class SpotTrade(msgspec.Struct):
    s: str
    p: msgspec.Raw
    q: msgspec.Raw
    T: int
    m: bool


class FuturesTrade(msgspec.Struct):
    s: str
    p: msgspec.Raw
    q: msgspec.Raw
    T: int
    m: bool
    X: Literal["MARKET"]  # fills of the insurance fund and of auto-deleveraging are no market prices


class SpotQuote(msgspec.Struct):
    s: str
    b: msgspec.Raw
    B: msgspec.Raw
    a: msgspec.Raw
    A: msgspec.Raw
    T: Literal[0] = 0  # spot gives best quotes no time


class FuturesQuote(msgspec.Struct):
    s: str
    b: msgspec.Raw
    B: msgspec.Raw
    a: msgspec.Raw
    A: msgspec.Raw
    T: int


class SpotDepth(msgspec.Struct):
    s: str
    E: int
    U: int
    u: int
    b: msgspec.Raw
    a: msgspec.Raw

    @property
    def venue_ms(self) -> int:
        return self.E


class FuturesDepth(msgspec.Struct):
    s: str
    T: int
    U: int
    u: int
    pu: int
    b: msgspec.Raw
    a: msgspec.Raw

    @property
    def venue_ms(self) -> int:
        return self.T


class Snapshot(msgspec.Struct):
    lastUpdateId: int  # noqa: N815
    bids: msgspec.Raw
    asks: msgspec.Raw
    T: int = 0  # spot gives none


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """What differs between Binance's markets: the messages, and the id that the first depth update must cover."""

    trade: type[Any]
    quote: type[Any]
    depth: type[Any]
    covers: int  # past the snapshot's lastUpdateId


VENUES = {
    "binance-spot": Venue(trade=SpotTrade, quote=SpotQuote, depth=SpotDepth, covers=1),
    "binance-usdm": Venue(trade=FuturesTrade, quote=FuturesQuote, depth=FuturesDepth, covers=0),
    "binance-coinm": Venue(trade=FuturesTrade, quote=FuturesQuote, depth=FuturesDepth, covers=0),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The ticks of one instrument in the order of its lines, what was refused, and how often each thing was seen.

    Counts: `trade, quote, depth, snapshot` messages read; `unjoined` depth updates and snapshots without a place in a
    book; `gap` breaks in the update ids; `refused` lines.
    """

    ticks: Records
    refused: tuple[Refused, ...]
    counts: Counter[str]


class _Reader:
    """Reads the lines of one instrument into columns; one method a message."""

    def __init__(self, instrument: Instrument) -> None:
        venue, name = VENUES[instrument.venue], instrument.symbol.lower()
        self._symbol = instrument.symbol
        self.events = Events()
        self.depth: list[Update | tuple[int, int]] = []  # updates, and snapshots as (event, id)
        self.counts: Counter[str] = Counter()
        self._envelope = msgspec.json.Decoder(Envelope)
        self._snapshots = msgspec.json.Decoder(Snapshot)
        depth = (msgspec.json.Decoder(venue.depth), self._depth)
        self._streams: dict[str, tuple[msgspec.json.Decoder[Any], Callable[[Any], int]]] = {
            f"{name}@trade": (msgspec.json.Decoder(venue.trade), self._trade),
            f"{name}@bookTicker": (msgspec.json.Decoder(venue.quote), self._quote),
            **{f"{name}@depth{speed}": depth for speed in ("", "@0ms", "@100ms", "@250ms", "@500ms")},
        }

    def read(self, place: Place) -> None:
        """One line; raises ValueError or msgspec.DecodeError before anything of it is kept."""
        receive, _, text = place[2].partition(b" ")
        receive_ns = int(receive)
        if text.startswith(b'{"lastUpdateId"'):
            venue_ms = self._snapshot(self._snapshots.decode(text))
        else:
            venue_ms = self._stream(self._envelope.decode(text))
        self.events.place.append(place)
        self.events.receive_ns.append(receive_ns)
        self.events.venue_ms.append(venue_ms)

    def _stream(self, envelope: Envelope) -> int:
        if envelope.stream not in self._streams:
            raise ValueError(f"stream {envelope.stream!r} is not one of {', '.join(self._streams)}")
        decoder, method = self._streams[envelope.stream]
        message = decoder.decode(envelope.data)
        if message.s != self._symbol:
            raise ValueError(f"symbol {message.s!r} is not {self._symbol!r}")
        return method(message)

    def _trade(self, message: SpotTrade | FuturesTrade) -> int:
        """{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000",
        "T":1723161255342,"m":true,"M":true}; USD-M: "X":"MARKET" in place of "M"
        """
        self.counts["trade"] += 1
        self.events.form.append(Form.SELL_TRADE if message.m else Form.BUY_TRADE)
        self.events.texts.append(b"[[%b,%b]]" % (message.p, message.q))
        return message.T

    def _quote(self, message: SpotQuote | FuturesQuote) -> int:
        """{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000",
        "A":"1.54698000"}; USD-M adds "e":"bookTicker","T":1723161256313,"E":1723161256313; COIN-M also "ps", the pair
        """
        self.counts["quote"] += 1
        self.events.form.append(Form.QUOTE)
        self.events.texts += (b"[[%b,%b]]" % (message.b, message.B), b"[[%b,%b]]" % (message.a, message.A))
        return message.T

    def _depth(self, message: Any) -> int:
        """{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,
        "b":[["61737.63000000","0.00000000"]],"a":[["61837.64000000","1.54698000"]]}; USD-M adds "T" and "pu", the "u"
        of the update before
        """
        self.counts["depth"] += 1
        self.depth.append(Update(len(self.events), message.U, message.u, getattr(message, "pu", None)))
        self.events.form.append(Form.UPDATE)
        self.events.texts += (message.b, message.a)
        return int(message.venue_ms)

    def _snapshot(self, message: Snapshot) -> int:
        """{"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],"asks":[["61837.64000000","1.5"]]};
        USD-M adds "E":1723161256501,"T":1723161256493
        """
        self.counts["snapshot"] += 1
        self.depth.append((len(self.events), message.lastUpdateId))
        self.events.form.append(Form.SNAPSHOT)
        self.events.texts += (message.bids, message.asks)
        return message.T


def parse(instrument: Instrument, files: Iterable[tuple[str, Iterable[bytes]]]) -> Parsed:
    """The ticks in the captured lines of one instrument, given as (name, lines) of each file in order of time.

    Depth from before the first snapshot is emitted behind it where it continues it. Raises DataError when the
    instrument's venue is not one of VENUES.
    """
    if instrument.venue not in VENUES:
        raise DataError(f"venue {instrument.venue!r} of {instrument.symbol} is not one of {', '.join(VENUES)}")
    reader = _Reader(instrument)
    refused: list[tuple[Place, str]] = []
    for name, lines in files:
        for number, line in enumerate(lines, 1):
            place = (name, number, line)
            try:
                reader.read(place)
            except (msgspec.DecodeError, ValueError) as error:
                refused.append((place, str(error)))
    events = reader.events
    levels = read_levels(events.texts, instrument.price_decimals, instrument.size_decimals)
    bad = dict(zip(events.of_texts()[[*levels.refused]].tolist(), levels.refused.values(), strict=True))
    refused += [(events.place[event], reason) for event, reason in bad.items()]
    join = _join(reader, bad, VENUES[instrument.venue].covers)
    unjoined = int(np.count_nonzero(join.slot < 0)) - len(bad)
    counts = reader.counts + Counter(refused=len(refused), gap=len(join.gaps), unjoined=unjoined)
    ticks = to_ticks(instrument.number, events, levels, join)
    return Parsed(ticks, tuple(_refused(instrument, *one) for one in refused), counts)


def _join(reader: _Reader, bad: Collection[int], covers: int) -> Join:
    """The place of each event; a refused update is as good as lost, so that the next one does not follow."""
    join = Join(len(reader.events), covers)
    for event in reader.depth:
        if (event.number if isinstance(event, Update) else event[0]) in bad:
            continue
        if isinstance(event, Update):
            join.update(event)
        else:
            join.snapshot(*event)
    join.slot[list(bad)] = -1
    return join


def _refused(instrument: Instrument, place: Place, reason: str) -> Refused:
    name, number, line = place
    return Refused(instrument.number, f"{name}, line {number} ({instrument.venue} {instrument.symbol})", reason, line)
