"""Sessions of ITCH messages with realistic order flow, and the plain books that say what ticks they make."""

import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.itch import BY_TYPE, HEAD
from schemas.records import ALL_STREAMS, Side, Status, TickFlag, TickKind

Values = dict[str, int | bytes]
# kind, side, price, size, flags: what a test compares of a tick, beside its instrument and times
Told = tuple[int, int, int, int, int]


def message(letter: str, **values: int | bytes) -> bytes:
    """The bytes of a message; fields that are not given are zero or spaces."""
    parts = []
    for name, size in (*HEAD, *BY_TYPE[letter].fields):
        value = ord(letter) if name == "type" else values.get(name, 0)
        parts.append(value.ljust(size) if isinstance(value, bytes) else value.to_bytes(size, "big"))
    return b"".join(parts)


def directory(stocks: Iterable[str]) -> list[bytes]:
    """An R for each, locate codes from 1."""
    return [message("R", locate=locate, stock=name.encode(), time_ns=1) for locate, name in enumerate(stocks, 1)]


def file_of(messages: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(one)) + one for one in messages)


def pcap(packets: list[bytes], stamps: Iterable[int], broken: int = -1) -> bytes:
    """A capture of packets, each behind VLAN or plain Ethernet; packet `broken` is one of ARP in its place."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]
    for place, (payload, now) in enumerate(zip(packets, stamps, strict=True)):
        udp = struct.pack(">HHHH", 26400, 26400, len(payload) + 8, 0) + payload
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, len(udp) + 20, 0, 0, 4, 17, 0, b"\1\2\3\4", b"\5\6\7\x08") + udp
        head = bytes(12) + (struct.pack(">HHH", 0x8100, 5, 0x0800) if place % 2 else struct.pack(">H", 0x0800))
        frame = (bytes(12) + b"\x08\x06" + bytes(28)) if place == broken else head + ip
        parts.append(struct.pack("<IIII", now // 10**9, now % 10**9, len(frame), len(frame)) + frame)
    return b"".join(parts)


@dataclass
class Market:
    """Orders as they come on an exchange: added near the touch, executed at it, cancelled, replaced, printed.

    The price walks; a share of the flow crosses, hides, halts or belongs to no book. `count` messages from `seed`.
    """

    stocks: int
    seed: int
    first_price: int = 1_000_000  # $100
    step: int = 100
    wild: float = 0.01  # stub quotes, far from the market
    chance: random.Random = field(init=False)
    live: list[dict[int, list[int]]] = field(init=False)  # by stock: reference to side, price, shares

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.live = [{} for _ in range(self.stocks + 1)]
        self.mid = [self.first_price + 5_000 * one for one in range(self.stocks + 1)]
        self.reference, self.now_ns, self.match = 1000 + self.seed, 34_200 * 10**9, 1

    def messages(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            self.now_ns += self.chance.choice((0, 1, 120, 5_000, 80_000))
            yield self._next()

    def _next(self) -> bytes:
        stock = self.chance.randint(1, self.stocks)
        live, draw = self.live[stock], self.chance.random()
        head = {"locate": stock, "time_ns": self.now_ns, "tracking": self.chance.randrange(3)}
        if draw < 0.03:
            return self._aside(head)
        if draw < 0.08:
            self.mid[stock] = max(self.step * 8, self.mid[stock] + self.chance.choice((-1, 1)) * self.step)
        if len(live) < 4 or (draw < 0.5 and len(live) < 60):
            return self._add(head, live, self.mid[stock])
        return self._change(head, live, self.mid[stock])

    def _number(self) -> int:
        self.reference += self.chance.choice((1, 2, 5, 3001))
        return self.reference

    def _add(self, head: Values, live: dict[int, list[int]], mid: int) -> bytes:
        side, number = self.chance.choice((Side.BUY, Side.SELL)), self._number()
        away = self.step * int(self.chance.expovariate(0.4) + 1)
        price = max(self.step, mid - away if side is Side.BUY else mid + away)
        if self.chance.random() < self.wild:
            price = self.step if side is Side.BUY else 1_999_999_900
        shares = self.chance.choice((1, 100, 100, 200, 500, 7_300))
        live[number] = [side, price, shares]
        letter = self.chance.choice("AAAF")
        of = b"B" if side is Side.BUY else b"S"
        return message(letter, **head, reference=number, side=of, shares=shares, price=price)

    def _change(self, head: Values, live: dict[int, list[int]], mid: int) -> bytes:
        bids = [one for one in live if live[one][0] == Side.BUY]
        asks = [one for one in live if live[one][0] == Side.SELL]
        best = (
            max(bids, key=lambda one: live[one][1], default=None),
            min(asks, key=lambda one: live[one][1], default=None),
        )
        touched = self.chance.choice([one for one in best if one is not None])
        letter = self.chance.choice("EEECXXDDDUUU")
        number = touched if letter in "EC" or self.chance.random() < 0.4 else self.chance.choice(list(live))
        side, price, left = live[number]
        if letter == "D":
            del live[number]
            return message("D", **head, reference=number)
        if letter == "U":
            del live[number]
            other, shares = self._number(), self.chance.choice((100, 300, left))
            price = max(self.step, price + self.step * self.chance.choice((-2, -1, 0, 1, 2)))
            live[other] = [side, price, shares]
            return message("U", **head, reference=number, new_reference=other, shares=shares, price=price)
        shares = self.chance.choice((left, max(1, left // 2), 1))
        live[number][2] -= shares
        if not live[number][2]:
            del live[number]
        self.match += 1
        code = {"code": self.chance.choice((b"Y", b"Y", b"N")), "price": price + 50} if letter == "C" else {}
        return message(letter, **head, reference=number, shares=shares, **code)

    def _aside(self, head: Values) -> bytes:
        kind = self.chance.choice(("P", "P", "Q", "H", "h", "I", "L", "N", "B", "Y", "X", "J"))
        price, shares = self.mid[int(head["locate"])] + 50, self.chance.choice((0, 10, 400))
        if kind == "P":
            return message("P", **head, side=b"B", shares=max(shares, 1), price=price)
        if kind == "Q":
            return message("Q", **head, shares=shares, price=price)
        if kind == "H":
            return message("H", **head, code=self.chance.choice((b"T", b"T", b"H", b"P", b"Q")))
        if kind == "h":
            return message("h", **head, market=self.chance.choice((b"Q", b"B")), code=self.chance.choice((b"T", b"H")))
        if kind == "X":
            return message("S", **{**head, "locate": 0}, code=self.chance.choice((b"S", b"Q", b"M")))
        return message(kind, **head)


@dataclass
class PlainBook:
    """One instrument's orders in a dictionary; the best prices are searched anew after every message."""

    orders: dict[int, list[int]] = field(default_factory=dict)
    best: tuple[int, int, int, int] = (0, 0, 0, 0)
    is_closed: bool = False
    is_halted: bool = False
    is_stopped: bool = False

    def take(self, letter: str, given: dict[str, int]) -> list[Told]:
        """The ticks of a message of this instrument, the last of them with LAST."""
        told, was_closed = self._take(letter, given), self.is_closed
        if letter in "AFECXDU":
            told += self._quotes()
        if told:
            told[-1] = (*told[-1][:4], told[-1][4] | TickFlag.LAST)
        assert was_closed == self.is_closed or self.is_closed
        return told

    def _take(self, letter: str, given: dict[str, int]) -> list[Told]:
        if letter in "Hh":
            return self._status(letter, given)
        if letter in "PQ":
            flags = TickFlag.AUCTION if letter == "Q" else 0
            trade = (TickKind.TRADE, Side.NONE, given["price"], given["shares"], int(flags))
            return [trade] if given["shares"] else []
        if letter in "AF":
            self._add(given["reference"], Side.BUY if given["side"] == ord("B") else Side.SELL, given)
            return []
        return self._change(letter, given) if letter in "ECXDU" else []

    def _status(self, letter: str, given: dict[str, int]) -> list[Told]:
        if letter == "H":
            self.is_halted = given["code"] != ord("T")
        elif given["market"] == ord("Q"):
            self.is_stopped = given["code"] != ord("T")
        else:
            return []
        status = Status.HALTED if self.is_halted or self.is_stopped else Status.TRADING
        return [(TickKind.STATUS, Side.NONE, ALL_STREAMS, status, 0)]

    def _add(self, reference: int, side: int, given: dict[str, int]) -> None:
        if reference in self.orders:
            self._close()
            return
        self.orders[reference] = [side, given["price"], given["shares"]]

    def _change(self, letter: str, given: dict[str, int]) -> list[Told]:
        if given["reference"] not in self.orders:
            self._close()
            return []
        side, price, left = order = self.orders[given["reference"]]
        gone = left if letter in "DU" else given["shares"]
        if gone > left:
            self._close()
        order[2] -= gone
        if order[2] <= 0:
            del self.orders[given["reference"]]
        if letter == "U":
            self._add(given["new_reference"], side, given)
        if letter not in "EC" or not given["shares"] or (letter == "C" and given["code"] == ord("N")):
            return []
        aggressor = Side.SELL if side == Side.BUY else Side.BUY
        return [(TickKind.TRADE, aggressor, given["price"] if letter == "C" else price, given["shares"], 0)]

    def _close(self) -> None:
        self.is_closed = True

    def _quotes(self) -> list[Told]:
        if self.is_closed:
            return self._told_closed()
        sides = [{}, {}]
        for side, price, shares in self.orders.values():
            sides[side][price] = sides[side].get(price, 0) + shares
        bids, asks = ({price: size for price, size in one.items() if size} for one in sides)
        bid, ask = max(bids, default=0), min(asks, default=0)
        best = (bid, bids.get(bid, 0), ask, asks.get(ask, 0))
        if best == self.best:
            return []
        self.best = best
        return [(TickKind.BID, Side.BUY, *best[:2], 0), (TickKind.ASK, Side.SELL, *best[2:], 0)]

    def _told_closed(self) -> list[Told]:
        if self.best == (-1, 0, 0, 0):
            return []
        self.best = (-1, 0, 0, 0)
        return [(TickKind.STATUS, Side.NONE, TickKind.BID, Status.GAP, 0)]


def read(data: bytes) -> tuple[str, dict[str, int]]:
    """A message's letter and its fields as numbers."""
    own = BY_TYPE[chr(data[0])]
    assert len(data) == own.size
    return own.letter, {name: int.from_bytes(data[at : at + size], "big") for name, (at, size) in own.places.items()}


def plain_ticks(messages: Iterable[bytes], members: dict[int, int], session_ns: int) -> list[tuple[int, ...]]:
    """(venue_ns, instrument, kind, side, price, size, flags) of each tick; `members` maps locate codes."""
    books = {number: PlainBook() for number in members.values()}
    told: list[tuple[int, ...]] = []
    for data in messages:
        letter, given = read(data)
        if letter == "S" and given["code"] == ord("E"):
            for number, book in sorted(books.items()):
                book.is_halted = True
                end = (TickKind.STATUS, Side.NONE, ALL_STREAMS, Status.HALTED, TickFlag.LAST)
                told.append((session_ns + given["time_ns"], number, *end))
        elif given["locate"] in members:
            number = members[given["locate"]]
            told += [(session_ns + given["time_ns"], number, *one) for one in books[number].take(letter, given)]
    return told
