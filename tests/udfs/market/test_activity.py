"""Bars of volume, notional and trades against lists of trades."""

from itertools import cycle
from random import Random

import msgspec
import numpy as np
import pytest

from schemas.errors import ConfigError
from schemas.features import NOTIONAL_BARS, TRADE_BARS, VOLUME_BARS
from schemas.instrument import Style
from schemas.records import TICK, Side, TickFlag, TickKind
from tests.udfs.features.oracle import term_of
from tests.udfs.market.logs import CHANNEL, START_NS, Segment, play, real
from udfs.arrays import AMENDED
from udfs.market.activity import PRINTS, Activity, limit
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality

NAMES = ("return_volume_bar", "return_notional_bar", "return_trades_bar")
KINDS = (VOLUME_BARS.number, NOTIONAL_BARS.number, TRADE_BARS.number)
MAX = 2**63 - 1
SHOWN = ("open", "high", "low", "close", "volume", "value", "buy_volume", "sell_volume", "trades")


def bars_of(ticks: np.ndarray, sizes: object = None, **more: object) -> np.ndarray:
    machines = [kind(term_of(*NAMES), CHANNEL) for kind in (Quality, Book, Bars, Activity)]
    return play(machines, [Segment(False, ticks)], sizes, **more)["activity"]


def sums(entries: list[tuple], last: int) -> dict[str, int]:
    prices, capped = [price for price, _, _ in entries], lambda values: min(sum(values), MAX)
    return {
        "open": prices[0], "high": max(prices), "low": min(prices), "close": last, "trades": len(entries),
        "volume": capped(size for _, size, _ in entries),
        "value": capped(min(price * size, MAX) for price, size, _ in entries),
        "buy_volume": capped(size for _, size, side in entries if side == Side.BUY),
        "sell_volume": capped(size for _, size, side in entries if side == Side.SELL),
    }  # fmt: skip


class Slow:
    """One kind of bar of one instrument: every trade in a list, every sum made anew."""

    def __init__(self, kind: int, limit_: int) -> None:
        self.kind, self.limit = kind, limit_
        self.entries: list[tuple] = []
        self.first, self.mark = 0, 0

    def filled(self) -> bool:
        volume = min(sum(size for _, size, _ in self.entries), MAX)
        value = min(sum(min(price * size, MAX) for price, size, _ in self.entries), MAX)
        return {KINDS[0]: volume, KINDS[1]: value, KINDS[2]: len(self.entries)}[self.kind] >= self.limit

    def amend(self, prints: list[list]) -> None:
        found = sums(self.entries, 0) if self.entries else {"volume": 0, "value": 0}
        if len(prints) - self.first > PRINTS or MAX in (found["volume"], found["value"]):
            self.mark = AMENDED
        else:
            self.entries = [tuple(one[1:4]) for one in prints[self.first :] if one[2]]


def tell(ticks: np.ndarray) -> list[dict]:
    """What each bar must be, in the order in which they close."""
    term = term_of(*NAMES)
    own = {one.number: one for one in term.universe.instruments if one.channel == CHANNEL and one.tradable}
    slow = {number: [Slow(kind, limit(one, kind)) for kind in KINDS] for number, one in own.items()}
    prints: dict[int, list[list]] = {number: [] for number in own}  # venue time, price, size (0 = cancelled), side
    last, told = dict.fromkeys(own, 0), []
    for position, tick in enumerate(ticks):
        number = int(tick["instrument"])
        if tick["kind"] != TickKind.TRADE or number not in own:
            continue
        one = [int(tick[name]) for name in ("venue_ns", "price", "size", "side")]
        if tick["flags"] & (TickFlag.CORRECTION | TickFlag.CANCEL):
            _amend(tick, one, prints[number], slow[number])
            last[number] = next((kept[1] for kept in prints[number][: -PRINTS - 1 : -1] if kept[2]), last[number])
            continue
        prints[number].append(one)
        last[number] = one[1]
        for bar in slow[number]:
            bar.entries.append(tuple(one[1:]))
            if bar.filled():
                head = {"position": position, "instrument": number, "width": bar.kind, "amended": bar.mark}
                told.append(head | sums(bar.entries, last[number]))
                bar.entries, bar.first, bar.mark = [], len(prints[number]), 0
    return told


def _amend(tick: np.void, one: list, prints: list[list], bars: list[Slow]) -> None:
    cancels = bool(tick["flags"] & TickFlag.CANCEL)
    first = max(0, len(prints) - PRINTS)
    same = [place for place in range(first, len(prints)) if one[0] and prints[place][0] == one[0] and prints[place][2]]
    found = [place for place in same if not cancels or prints[place][1:3] == one[1:3]]
    if len(found) != 1:
        for bar in bars:
            bar.mark = AMENDED
        return
    if cancels:
        prints[found[0]][2] = 0
    else:
        prints[found[0]][1:] = one[1:]
    for bar in bars:
        if found[0] >= bar.first:
            bar.amend(prints)
        else:
            bar.mark = AMENDED


def trades(seed: int, count: int, base: int, size_max: int, wrong: float = 0.15) -> np.ndarray:
    """Trades of two instruments; some are corrected or cancelled soon or late, once or twice, or never were."""
    random, ticks = Random(seed), np.zeros(count, TICK)
    for place in range(count):
        at_ns = START_NS + place * random.choice((0, 1_000_000, 300_000_000))
        price, size, side = base + 20 * random.randint(-3, 3), random.randint(1, size_max), random.randint(0, 2)
        venue_ns, number = random.choice((0, place + 1, place + 1, place // 2 + 1)), random.choice((0, 1))
        flags = int(TickFlag.LAST)
        if place and random.random() < wrong:
            flags = int(random.choice((TickFlag.CORRECTION, TickFlag.CANCEL)))
            earlier = ticks[max(0, place - random.choice((1, 3, 10, 60)))]
            venue_ns, number = int(earlier["venue_ns"]), int(earlier["instrument"])
            if flags == TickFlag.CANCEL:
                price, size = int(earlier["price"]), int(earlier["size"])
        ticks[place] = (venue_ns, at_ns, price, size, number, TickKind.TRADE, side, flags)
    ticks["receive_ns"] = np.maximum.accumulate(ticks["receive_ns"])
    return ticks


def compare(ticks: np.ndarray) -> int:
    found, told = bars_of(ticks), tell(ticks)
    assert len(found) == len(told)
    for bar, one in zip(found, told, strict=True):
        for name in (*SHOWN, "position", "instrument", "width"):
            assert bar[name] == one[name], (name, one)
        assert bar["marks"] & AMENDED == one["amended"], one
    return len(found)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("base", "size_max"), [(6_000_000, 30), (400, 4), (2**61 // 20 * 20, 2**40)])
def test_oracle_of_ugly_trades(seed: int, base: int, size_max: int) -> None:
    assert compare(trades(seed, 400, base, size_max)) > 20


def test_oracle_of_one_tick_and_of_real_trades() -> None:
    assert compare(trades(1, 1, 6_000_000, 30)) in (0, 1, 2, 3)
    ticks = real(20_000)[0].ticks
    assert compare(ticks[ticks["kind"] == TickKind.TRADE]) > 20


def test_a_mistake_that_is_taken_back_leaves_nothing_behind() -> None:
    """In the open bar, as if it had never been; the closing trade's bar is the same without it."""
    clean = trades(3, 5, 6_000_000, 2, wrong=0)
    clean["instrument"], clean["venue_ns"] = 0, np.arange(1, 6)
    wrong, back = clean[2:3].copy(), clean[2:3].copy()
    wrong["price"], wrong["venue_ns"] = 9_000_000, 77
    back["price"], back["venue_ns"], back["flags"] = 9_000_000, 77, TickFlag.CANCEL
    dirty = np.concatenate([clean[:3], wrong, back, clean[3:]])
    left, right = bars_of(np.tile(clean, 9)), bars_of(np.concatenate([dirty, np.tile(clean, 8)]))
    for name in SHOWN:
        assert left[name].tolist()[:2] == right[name].tolist()[:2], name


def test_frame_cuts_and_restarts_are_invisible() -> None:
    ticks = trades(5, 300, 6_000_000, 30)
    whole = bars_of(ticks).tobytes()
    assert whole
    assert bars_of(ticks, cycle([1, 7, 2, 50]), restart=True, under=term_of(*NAMES)).tobytes() == whole


def test_notional_is_money() -> None:
    """50 USDT at prices of 0.01 and sizes of 10^-8; 5 contracts of 100 USD of an inverse instrument are 500 USD."""
    (one, *_) = term_of(*NAMES).universe.instruments
    linear = msgspec.structs.replace(one, bar_notional=50 * 10**8, price_decimals=2, size_decimals=8)
    assert limit(linear, NOTIONAL_BARS.number) == 50 * 10**10
    inverse = msgspec.structs.replace(
        linear, style=Style.INVERSE, multiplier=100, size_decimals=0, bar_notional=500 * 10**8
    )
    assert limit(inverse, NOTIONAL_BARS.number) == 5


def test_what_fills_a_bar_must_be_given() -> None:
    (one, *_) = term_of(*NAMES).universe.instruments
    with pytest.raises(ConfigError, match="bar_notional"):
        limit(msgspec.structs.replace(one, bar_notional=0), NOTIONAL_BARS.number)
