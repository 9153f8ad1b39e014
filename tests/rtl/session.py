"""Sessions for the blocks that read packets: messages in MoldUDP64, and the ticks of the Python adapter."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from jobs.adapters.itch import Feed, midnight_ns
from jobs.adapters.mold import LINE, receive
from jobs.adapters.pcap import PACKET, Packets
from schemas.frame import Records
from schemas.instrument import Instrument, TickSize, Universe
from tests.itch import Market, directory, message
from tests.rtl.mold import packet
from udfs.market.order_book import LIMITS
from udfs.market.orders import Orders

MIDNIGHT_NS = midnight_ns(date(2026, 3, 9))
# Of `packet_ticks` and `packet_top`: sets enough for 100,000 messages without a full one, a FIFO for bursts.
SIZES = {"INSTRUMENT_W": 3, "LOCATE_W": 6, "SET_W": 10, "WAYS": 4, "LEVEL_W": 8, "DEPTH_W": 7}
STEP = 100
FIRST_PRICE = 1_000_000
LASTS_NS = 90 * 10**9  # of `system_session`


def universe(symbols: Iterable[str], channels: int = 1) -> Universe:
    given = {"venue": "nasdaq", "price_decimals": 4, "size_decimals": 0, "tick_sizes": (TickSize(0, 1),)}
    return Universe(
        instruments=tuple(
            Instrument(
                number=number, symbol=symbol, channel=number % channels, lot=1, size_min=1, quote="USD", settle="USD",
                fee="USD", **given,
            )
            for number, symbol in enumerate(symbols)
        )
    )  # fmt: skip


@dataclass
class Session:
    """Messages of `stocks` stocks, of which the even ones are instruments, and what the block can hold of them."""

    stocks: int = 4
    set_w: int = SIZES["SET_W"]
    ways: int = SIZES["WAYS"]
    level_w: int = SIZES["LEVEL_W"]
    packets: list[bytes] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)
    sequence: int = 1

    @property
    def members(self) -> dict[int, int]:
        """Instrument by locate code."""
        return {locate: number for number, locate in enumerate(range(2, self.stocks + 1, 2))}

    @property
    def window(self) -> npt.NDArray[np.int64]:
        """The lowest price of each instrument: half a window below where its market begins."""
        return np.array([FIRST_PRICE + 5_000 * one - (STEP << self.level_w - 1) for one in self.members], np.int64)

    def send(self, messages: Iterable[bytes], seed: int = 0, most: int = 5, apart_ns: int = 5000) -> None:
        """Put messages into packets of one to `most`, each up to `apart_ns` after the one before."""
        rest, chance = [*messages], random.Random(seed)
        while rest:
            own = rest[: chance.randint(1, most)]
            del rest[: len(own)]
            self.packets.append(packet(self.sequence, own))
            self.stamps.append((self.stamps or [MIDNIGHT_NS + 10**13])[-1] + chance.randint(1, apart_ns))
            self.sequence += len(own)

    def places(self) -> Packets:
        """The packets as a capture holds them."""
        ends = np.cumsum([len(one) for one in self.packets])
        places = np.zeros(len(ends), PACKET)
        places["receive_ns"], places["begin"], places["end"] = self.stamps, np.append(0, ends[:-1]), ends
        return Packets(np.frombuffer(b"".join(self.packets), np.uint8), places, 0)

    def feed(self) -> Feed:
        """The adapter with the limits of the block, the directory known."""
        symbols = [f"S{locate}" for locate in self.members]
        feed = Feed(universe(symbols), MIDNIGHT_NS)
        limits = np.array([(self.set_w, self.ways, 1 << self.level_w, STEP)], LIMITS)
        feed.orders = Orders(len(symbols), tuple(range(len(symbols))), MIDNIGHT_NS, limits, self.window)
        data = np.frombuffer(b"".join(directory(f"S{one}" for one in range(1, self.stocks + 1))), np.uint8)
        size = len(data) // self.stocks
        places = np.array(
            [(0, size * one, size) for one in range(self.stocks)], receive(_NONE, np.zeros(1, LINE)).dtype
        )
        assert not len(feed.take(data, places, "directory"))
        return feed

    def ticks(self, feed: Feed | None = None) -> Records:
        packets = self.places()
        return (feed or self.feed()).take(packets.data, receive(packets, np.zeros(1, LINE)), "session")


_NONE = Packets(np.zeros(0, np.uint8), np.zeros(0, PACKET), 0)


def system_session(count: int) -> Session:
    """A session that an adapter without limits and the block must make the same of: directory, flow, end of the day.

    It lasts about 90 seconds, so that features are warm, labels mature and orders are filled whatever `count` is.
    """
    session, most = Session(), 5
    flow = Market(session.stocks, 3, wild=0.0).messages(count)
    names = [f"S{one}" for one in range(1, session.stocks + 1)]
    apart_ns = LASTS_NS * (1 + most) // (count + len(names) + 1)
    session.send([*directory(names), *flow, message("S", code=b"E", time_ns=10**14 // 2)], most=most, apart_ns=apart_ns)
    return session
