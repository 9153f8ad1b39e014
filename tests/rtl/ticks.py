"""Ticks that try a preprocessing block: busy instruments, edges of every field, bursts at every small distance."""

import numpy as np

from schemas.frame import Records
from schemas.records import ALL_STREAMS, TICK, Side, Status, TickFlag, TickKind

EDGES = (0, 1, 2, 2**17, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, -1, -(2**63))
_KINDS = (TickKind.TRADE, TickKind.BID, TickKind.ASK, TickKind.LEVEL, TickKind.STATUS, TickKind.HEARTBEAT)


def ticks(count: int, seed: int, instruments: int = 64, edges: float = 0.03) -> Records:
    """Random walks of each instrument's price; three instruments make most of the ticks, so that they follow closely.

    A share of `edges` has a field at the end of a range; also kinds, sides and flags that no venue sends.
    """
    random = np.random.default_rng(seed)
    made = np.zeros(count, TICK)
    busy = random.random(count) < 0.6
    made["instrument"] = np.where(busy, random.integers(0, 3, count), random.integers(0, instruments, count))
    made["kind"] = random.choice(_KINDS, count, p=(0.4, 0.26, 0.26, 0.03, 0.04, 0.01))
    walk = np.zeros(count, np.int64)
    for instrument in range(instruments):
        own = made["instrument"] == instrument
        walk[own] = random.integers(10_000, 5_000_000) + np.cumsum(random.integers(-200, 201, int(own.sum())))
    made["price"] = np.maximum(walk, 1)
    made["size"] = random.integers(1, 10_000, count)
    made["side"] = random.choice((Side.BUY, Side.SELL, Side.NONE), count)
    made["flags"] = random.choice(
        (TickFlag.LAST, TickFlag.LAST | TickFlag.AUCTION, TickFlag.CANCEL), count, p=(0.9, 0.05, 0.05)
    )
    made["venue_ns"], made["receive_ns"] = random.integers(0, 2**62, (2, count))
    gone = random.random(count) < 0.02
    made["size"][gone & (made["kind"] != TickKind.TRADE)] = 0
    status = made["kind"] == TickKind.STATUS
    made["size"][status] = random.choice([int(one) for one in Status], int(status.sum()))
    made["price"][status] = random.choice([ALL_STREAMS, *range(4)], int(status.sum()))
    for name in ("price", "size"):
        edge = random.random(count) < edges
        made[name][edge] = random.choice(np.array(EDGES), int(edge.sum()))
    made["instrument"][random.random(count) < edges / 3] = random.choice((instruments, 2**31, 2**32 - 1))
    odd = random.random(count) < edges / 3
    for name in ("kind", "side", "flags"):
        made[name][odd] = random.integers(0, np.iinfo(TICK[name]).max + 1, int(odd.sum()))
    return made


def burst(distance: int, count: int, seed: int) -> Records:
    """Ticks in which each instrument comes again after exactly `distance` others."""
    made = ticks(count, seed, edges=0.0)
    made["instrument"] = np.arange(count) % (distance + 1)
    return made


def filling(count: int, instruments: int = 2) -> Records:
    """Trades and quotes as large as they can be: every sum reaches its end."""
    made = np.zeros(count, TICK)
    made["instrument"] = np.arange(count) % instruments
    made["price"] = made["size"] = 2**32 - 1
    made["side"] = np.arange(count) // instruments % 5 == 4
    return made


def one_sale(instrument: int) -> Records:
    """A sale of one, whose signed sum is all ones but not at an end of its range."""
    made = np.zeros(1, TICK)
    made["instrument"], made["price"], made["size"], made["side"] = instrument, 1, 1, Side.SELL
    return made
