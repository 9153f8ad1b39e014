"""The book of levels against dictionaries, event by event, and against what the venue itself says is best."""

import json
from collections.abc import Iterator
from functools import reduce
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.adapters.binance import parse
from schemas.features import SECOND_NS
from schemas.records import ALL_STREAMS, NO_INSTRUMENT, TICK, Kind, Side, Status, TickFlag, TickKind
from tests.jobs.adapters.captures import demo, lines
from tests.udfs.market.logs import CHANNEL, LAST, START_NS, Row, Segment, gap_positions, play, term, universe
from udfs.arrays import DEPTH_LEVELS, Standing
from udfs.machine import Batch
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.level_sides import FALL, LEVELS_MAX
from udfs.market.levels import Levels
from udfs.market.quality import Quality

MEMBERS = sorted(one.number for one in universe().of_channel(CHANNEL))
LEVEL, SNAPSHOT = int(TickKind.LEVEL), int(TickFlag.SNAPSHOT)
Told = list[tuple[int, int]]  # price and size, from the best on
FLOWS_MAX = 2**63 - 1


class SlowSide:
    """One side: a dictionary of what is known, down to a price."""

    def __init__(self, is_bid: bool) -> None:
        self.is_bid = is_bid
        self.sizes: dict[int, int] = {}
        self.edge: int | None = None  # the worst price that is known; None = all are

    def is_beyond(self, price: int) -> bool:
        return self.edge is not None and (price < self.edge if self.is_bid else price > self.edge)

    def best_first(self) -> list[int]:
        return sorted(self.sizes, reverse=self.is_bid)

    def set(self, price: int, size: int) -> None:
        if self.is_beyond(price):
            return
        self.sizes.pop(price, None) if size == 0 else self.sizes.__setitem__(price, size)
        if len(self.sizes) > LEVELS_MAX:
            order = self.best_first()
            kept = order[: LEVELS_MAX if order[-1] == price else LEVELS_MAX - FALL]
            if price not in kept and order[-1] != price:  # it fell with the others
                kept = [one for one in order if one != price][: LEVELS_MAX - FALL]
            self.sizes = {one: self.sizes[one] for one in kept}
            self.edge = kept[-1]

    def end_snapshot(self, told: list[int]) -> None:
        if told:
            worst = min(told) if self.is_bid else max(told)
            if not self.is_beyond(worst):
                self.edge = worst


class Slow:
    """An instrument's levels as one would tell them."""

    def __init__(self) -> None:
        self.sides = (SlowSide(True), SlowSide(False))
        self.told: tuple[list[int], list[int]] = ([], [])
        self.shown: tuple[Told, Told] = ([], [])
        self.known = (0, 0)
        self.lost, self.flows = True, False
        self.phase = "between"
        self.bar = [0] * (DEPTH_LEVELS + 1)  # the flow of each level in this second, and the changes
        self.bars: dict[int, list[list[int]]] = {1: [], 2: []}  # the seconds of each wider bar
        self.closed: set[int] = set()  # the wider bars that ended with this second

    def lose(self, phase: str) -> None:
        self.lost, self.flows, self.phase = True, False, phase

    def take(self, tick: np.void) -> None:
        kind, size, flags = int(tick["kind"]), int(tick["size"]), int(tick["flags"])
        if kind == LEVEL:
            self.bar[-1] += 1
            self.level(int(tick["side"]), int(tick["price"]), size, bool(flags & SNAPSHOT))
        if kind == TickKind.STATUS and size == Status.GAP and tick["price"] in (LEVEL, ALL_STREAMS):
            self.lose("between")
        if flags & LAST:
            self.end()

    def level(self, side: int, price: int, size: int, is_snapshot: bool) -> None:
        if is_snapshot and self.phase in ("between", "changes"):
            self.sides, self.told = (SlowSide(True), SlowSide(False)), ([], [])
            self.phase = "snapshot"
        if self.phase == "snapshot":
            self.told[side].append(price)
        elif self.phase == "partial" or self.lost:
            return
        else:
            self.phase = "changes"
        self.sides[side].set(price, size)

    def end(self) -> None:
        if self.phase == "snapshot":
            self.lost = False
            for side, told in zip(self.sides, self.told, strict=True):
                side.end_snapshot(told)
        if self.phase in ("snapshot", "changes"):
            self.show()
        self.phase = "between"

    def show(self) -> None:
        before, known = self.shown, self.known
        self.shown = tuple([(p, side.sizes[p]) for p in side.best_first()[:DEPTH_LEVELS]] for side in self.sides)
        self.known = tuple(
            DEPTH_LEVELS if side.edge is None else min(len(side.sizes), DEPTH_LEVELS) for side in self.sides
        )
        if self.flows:
            for level in range(min(*known, *self.known)):
                bids = contribution(at(before[0], level, 0), at(self.shown[0], level, 0), 1)
                asks = contribution(at(before[1], level, FLOWS_MAX), at(self.shown[1], level, FLOWS_MAX), -1)
                self.bar[level] = held(held(self.bar[level] + bids) - asks)
        self.flows = True

    def standing(self, bid: int, ask: int) -> Standing:
        standing = Standing.LOST if self.lost else Standing(0)
        standing |= Standing.SHALLOW if min(self.known) < DEPTH_LEVELS else 0
        if not all(self.shown):
            return standing | Standing.ONE_SIDED
        best = self.shown[0][0][0], self.shown[1][0][0]
        standing |= Standing.CROSSED if best[0] > best[1] else Standing.LOCKED if best[0] == best[1] else 0
        return standing | (Standing.DIFFERS if bid and ask and best != (bid, ask) else 0)

    def depth(self, close: np.void) -> tuple[object, ...]:
        width = int(close["width"])
        *flow, changes = self.close_bar(width)
        columns = [
            [at(side, level, 0)[part] for level in range(DEPTH_LEVELS)] for side in self.shown for part in (0, 1)
        ]
        standing = self.standing(int(close["bid"]), int(close["ask"]))
        number, known = int(close["instrument"]), min(self.known)
        return (int(close["position"]), *columns, flow, changes, number, int(standing), width, known)

    def close_bar(self, width: int) -> list[int]:
        if width:
            self.closed.add(width)
            return [
                reduce(lambda a, b: held(a + b), column) for column in zip(*self.bars[width], self.bar, strict=True)
            ]
        ended, self.bar = self.bar, [0] * (DEPTH_LEVELS + 1)
        for wide, seconds in self.bars.items():
            seconds.clear() if wide in self.closed else seconds.append(ended)
        self.closed = set()
        return ended


def held(value: int) -> int:
    return max(-FLOWS_MAX, min(FLOWS_MAX, value))


def at(levels: Told, level: int, missing: int) -> tuple[int, int]:
    return levels[level] if level < len(levels) else (missing, 0)


def contribution(before: tuple[int, int], after: tuple[int, int], sign: int) -> int:
    """What one side's level adds, `sign` telling which prices are better. Cont, Kukanov, Stoikov 2014, eq. 2."""
    better = sign * (after[0] - before[0])
    return (after[1] if better >= 0 else 0) - (before[1] if better <= 0 else 0)


def tell(made: dict[str, np.ndarray], gaps: list[int]) -> list[tuple[object, ...]]:
    books, told = {number: Slow() for number in MEMBERS}, []
    suspects = [(position, number) for position, number, _ in made["suspects"].tolist()]
    closes = iter([*made["closes"], None])
    close = next(closes)
    for position, tick in enumerate(made["ticks"]):
        for number in MEMBERS if position in gaps else []:
            books[number].lose("partial")
        for number in [number for place, number in suspects if place == position]:
            books[number].lose("partial")
        while close is not None and close["position"] == position:
            told.append(books[int(close["instrument"])].depth(close))
            close = next(closes)
        if int(tick["instrument"]) in MEMBERS:
            books[int(tick["instrument"])].take(tick)
    assert close is None
    return told


def machines() -> list:
    return [kind(term(), CHANNEL) for kind in (Quality, Book, Bars, Levels)]


def plain(depths: np.ndarray) -> list[tuple[object, ...]]:
    return [tuple(part.tolist() if isinstance(part, np.ndarray) else part for part in one) for one in depths.tolist()]


def check(parts: list[Segment]) -> np.ndarray:
    made = play(machines(), parts)
    accepted = np.ones(sum(len(part.ticks) for part in parts), bool)
    accepted[made["refused"]] = False
    told = tell(made, gap_positions(parts, accepted.tolist()))
    found = plain(made["depths"])
    assert len(found) == len(told) == len(made["closes"])
    for one, expected in zip(found, told, strict=True):
        assert one == expected
    return made["depths"]


SIZES = [1, 2, 7, 1000, 2**62 - 1]


def snapshot(random: Random, base: int, number: int) -> list[Row]:
    """Both sides, one, or neither; unsorted, doubled, with zeros, crossed, half, beyond what is kept."""
    rows = []
    for side in random.choice([(0, 1), (0, 1), (0, 1), (1,), (0,)]):
        for _ in range(random.choice([1, 3, 14, 14])):
            price = base + 20 * random.randint(-25, 2) * (1 if side == 0 else -1)
            rows.append((number, LEVEL, price, random.choice([*SIZES, 0]), side, SNAPSHOT))
    return rows


def changes(random: Random, base: int, number: int) -> list[Row]:
    sides = [random.randint(0, 1) for _ in range(random.choice([1, 1, 4, 12]))]
    near = [base + 20 * random.randint(-30, 3) * (1 if side == 0 else -1) for side in sides]
    return [(number, LEVEL, price, random.choice([*SIZES, 0, 0]), s, 0) for s, price in zip(sides, near, strict=True)]


def other(random: Random, base: int, number: int) -> list[Row]:
    stream = random.choice([ALL_STREAMS, TickKind.TRADE, LEVEL])
    gap = (number, TickKind.STATUS, int(stream), int(random.choice([Status.GAP, Status.HALTED])), Side.NONE, 0)
    refused = (number, LEVEL, base + 3, -1, 0, 0)
    trade = (number, TickKind.TRADE, base, 3, 0, 0)
    quote = [(number, TickKind.BID, base, 3, 0, 0), (number, TickKind.ASK, base + 20, 3, 0, 0)]
    heartbeat = (NO_INSTRUMENT, TickKind.HEARTBEAT, 0, 0, 0, 0)
    return random.choice([[gap], [refused], [trade], quote, quote, [heartbeat]])


def ugly(seed: int, events: int) -> list[Segment]:
    random = Random(seed)
    base = random.choice([1000, 6_000_000, 2**61]) // 20 * 20
    makers = random.choice([[snapshot] + [changes] * 9 + [other] * 3, [snapshot] + [changes] * 30])
    parts: list[list[tuple[int, ...]]] = [[]]
    now_ns = START_NS
    for _ in range(events):
        if random.random() < 0.03 and len(parts) < 3:
            parts.append([])
        now_ns += random.choice([0, 1, 1_000_000, 400_000_000, SECOND_NS, 11 * SECOND_NS])
        rows = random.choice(makers)(random, base, random.choice([0, 0, 0, 1, 3]))
        for place, (number, kind, price, size, side, flags) in enumerate(rows):
            ends = place + 1 == len(rows) and random.random() < 0.97
            parts[-1].append((0, now_ns, price, size, number, int(kind), int(side), flags | (LAST if ends else 0)))
    parts[-1].append((0, now_ns + 60 * SECOND_NS, 0, 0, NO_INSTRUMENT, int(TickKind.HEARTBEAT), 0, LAST))
    return [Segment(place > 0, np.array(rows, TICK)) for place, rows in enumerate(parts)]


LOGS = st.builds(ugly, st.integers(0, 2**32), st.integers(0, 150))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS)
def test_oracle_of_dictionaries_on_ugly_logs(parts: list[Segment]) -> None:
    check(parts)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS, st.integers(0, 2**32))
def test_frames_and_restarts_cannot_be_seen(parts: list[Segment], seed: int) -> None:
    random = Random(seed)

    def sizes() -> Iterator[int]:
        while True:
            yield random.randint(1, 9)

    whole, cut = play(machines(), parts), play(machines(), parts, sizes(), restart=True)
    assert whole["depths"].tobytes() == cut["depths"].tobytes()


def real(market: str, symbol: str, count: int) -> list[Segment]:
    """The first ticks of a capture, as instrument 0, as its adapter makes them."""
    one = next(
        one for one in demo().universe.instruments if (one.venue, one.symbol) == (f"binance-{market}", symbol.upper())
    )
    ticks = parse(one, [("capture", lines(market, f"{symbol}_20240808.gz"))]).ticks[:count].copy()
    ticks["instrument"] = 0
    return [Segment(False, ticks)]


@pytest.mark.parametrize(("market", "symbol"), [("spot", "btcusdt"), ("spot", "ethusdt"), ("usdm", "ethusdt")])
def test_oracle_of_dictionaries_on_real_levels(market: str, symbol: str) -> None:
    depths = check(real(market, symbol, 60_000))
    rows = depths[depths["width"] == 0]
    assert len(rows) > 20
    assert (rows["known"][5:] == DEPTH_LEVELS).all()
    assert np.abs(rows["flow"]).max(axis=0).min() > 0  # every level has flow


def log(*rows: Row) -> list[Segment]:
    """(price, size, side, flags) of instrument 0, a record a ms, and the close of their second."""
    ticks = [
        (0, START_NS + at * 1_000_000, price, size, 0, LEVEL, side, flags)
        for at, (price, size, side, flags) in enumerate(rows)
    ]
    end_ns = START_NS + 2 * SECOND_NS
    return [Segment(False, np.array([*ticks, (0, end_ns, 0, 0, NO_INSTRUMENT, 5, 0, LAST)], TICK))]


def shown(parts: list[Segment]) -> tuple[list[int], list[int], int, int]:
    """Bids, asks, what is certain, and the standing at the close of the first second."""
    last = check(parts)[-1]
    bids, asks = ([price for price in last[name].tolist() if price] for name in ("bid", "ask"))
    return bids, asks, int(last["known"]), int(last["standing"])


SHALLOW, LOST = int(Standing.SHALLOW), int(Standing.LOST)
SNAP = [(100, 1, 0, SNAPSHOT), (80, 2, 0, SNAPSHOT), (120, 3, 1, SNAPSHOT), (140, 4, 1, SNAPSHOT | LAST)]


def test_changes_without_a_snapshot_are_no_book() -> None:
    assert shown(log((100, 1, 0, 0), (120, 1, 1, LAST))) == ([], [], 0, LOST | SHALLOW | Standing.ONE_SIDED)


def test_a_level_beyond_what_the_snapshot_told_is_never_shown() -> None:
    assert shown(log(*SNAP, (60, 9, 0, 0), (160, 9, 1, LAST))) == ([100, 80], [120, 140], 2, SHALLOW)
    gone = shown(log(*SNAP, (80, 0, 0, 0), (60, 9, 0, LAST)))
    assert gone == ([100], [120, 140], 1, SHALLOW)


def test_a_zero_in_a_snapshot_says_how_deep_it_goes() -> None:
    deep = [(20, 0, 0, SNAPSHOT), *SNAP]
    assert shown(log(*deep, (40, 9, 0, LAST))) == ([100, 80, 40], [120, 140], 2, SHALLOW)


def test_a_side_that_a_snapshot_does_not_name_is_empty() -> None:
    one_sided = [(120, 3, 1, SNAPSHOT | LAST)]
    assert shown(log(*one_sided)) == ([], [120], 1, SHALLOW | Standing.ONE_SIDED)
    assert shown(log(*one_sided, (20, 1, 0, LAST))) == ([20], [120], 1, SHALLOW)


def test_an_event_without_its_end_is_not_shown() -> None:
    assert shown(log(*SNAP, (100, 0, 0, 0))) == ([100, 80], [120, 140], 2, SHALLOW)
    assert shown(log(*SNAP, *SNAP[:2])) == ([100, 80], [120, 140], 2, SHALLOW)


def test_crossed_and_locked_are_shown_and_marked() -> None:
    assert shown(log(*SNAP, (120, 1, 0, LAST)))[3] == SHALLOW | Standing.LOCKED
    assert shown(log(*SNAP, (130, 1, 0, LAST)))[3] == SHALLOW | Standing.CROSSED
    assert shown(log(*SNAP, (130, 1, 0, LAST), (130, 0, 0, LAST)))[3] == SHALLOW


def test_half_a_snapshot_after_a_loss_is_none() -> None:
    """The frame with its first two levels is missing."""
    before, after = log(*SNAP)[0].ticks[:4], log(*SNAP)[0].ticks[2:]
    lost = [Segment(False, before), Segment(True, after)]
    assert shown(lost) == ([100, 80], [120, 140], 2, SHALLOW | LOST)
    whole = [Segment(False, before), Segment(True, np.concatenate([after[:2], log(*SNAP)[0].ticks]))]
    assert shown(whole) == ([100, 80], [120, 140], 2, SHALLOW)


def many(prices: range, side: int, flag: int = SNAPSHOT) -> list[Row]:
    return [(price, 1, side, flag) for price in prices]


def test_a_full_side_lets_its_worst_levels_fall() -> None:
    top = 20_000 + 20 * LEVELS_MAX
    full = [*many(range(top, 20_000, -20), 0), (top + 100, 1, 1, SNAPSHOT | LAST)]
    parts = log(*full, (top + 20, 1, 0, LAST))
    check(parts)
    made = machines()
    states = [machine.initial() for machine in made]
    batch = Batch(CHANNEL, Kind.TICKS, 0, len(parts[0].ticks))
    batch["ticks"] = parts[0].ticks
    for machine, state in zip(made, states, strict=True):
        machine.step(state, batch)
    book = states[-1]["books"][0]
    assert book["count"].tolist() == [LEVELS_MAX - FALL + 1, 1]
    assert book["edge"][0] == 20_000 + 20 * (FALL + 1)


@pytest.mark.parametrize("step", [20, -20])
def test_oracle_of_dictionaries_when_levels_fall_off_the_end(step: int) -> None:
    """Three times what a side holds, in both orders, in a snapshot and in changes, then a fall of the market."""
    prices = range(40_000, 40_000 + 3 * 20 * LEVELS_MAX, 20)[:: step // 20]
    asks = many(range(300_000, 300_400, 20), 1)
    told = many(prices, 0) + asks
    told[-1] = (*told[-1][:3], SNAPSHOT | LAST)
    fall = [(price, 0, 0, LAST) for price in sorted(prices, reverse=True)[: LEVELS_MAX - 5]]
    check(log(*told, *[(price, 2, 0, LAST) for price in prices], *fall))
    ended = [*many(range(60, 40, -20), 0), *asks[:-1], (*asks[-1][:3], SNAPSHOT | LAST)]
    check(log(*ended, *[(price, 2, 0, LAST) for price in prices], *fall))


def test_the_state_of_a_million_changes_is_that_of_one() -> None:
    machine = Levels(term(), CHANNEL)
    state = machine.initial()
    size = len(machine.dump(state))
    assert size == sum(array.nbytes for array in state.values())
    machine.step(state, Batch(CHANNEL, Kind.HEARTBEAT, 0, 0, gap=True))
    assert len(machine.dump(state)) == size


def best_by_update_id(market: str, symbol: str) -> tuple[int, int, int]:
    """Depth updates, those whose best levels are not what the venue's own best quotes say at that id, and quotes.

    The book of the oracle, keyed by the text of prices; an update speaks of the quote with the largest id up to its
    own.
    """
    quotes: list[tuple[int, tuple[str, ...]]] = []
    updates: list[tuple[int, tuple[str, ...]]] = []
    book: tuple[dict[str, str], dict[str, str]] | None = None
    last = 0
    for line in lines(market, f"{symbol}_20240808.gz"):
        message = json.loads(line.partition(b" ")[2])
        if "lastUpdateId" in message:
            book, last = (dict(message["bids"]), dict(message["asks"])), message["lastUpdateId"]
            continue
        data = message["data"]
        if message["stream"].endswith("@bookTicker"):
            quotes.append((data["u"], (data["b"], data["B"], data["a"], data["A"])))
        elif "@depth" in message["stream"] and book is not None and data["u"] > last:
            for side, changed in zip(book, (data["b"], data["a"]), strict=True):
                side.update(changed)
            bids, asks = ({float(p): (p, s) for p, s in side.items() if float(s)} for side in book)
            updates.append((data["u"], (*bids[max(bids)], *asks[min(asks)])))
            if len(updates) == 600:
                break
    quotes.sort()
    ids = np.array([number for number, _ in quotes])
    places = np.searchsorted(ids, [number for number, _ in updates], side="right") - 1
    pairs = [(best, quotes[place][1]) for place, (_, best) in zip(places.tolist(), updates, strict=True) if place >= 0]
    return len(pairs), sum(best != quote for best, quote in pairs), len(quotes)


@pytest.mark.parametrize("market", ["spot", "usdm"])
def test_the_joined_depth_has_the_venues_own_best_quotes_at_equal_ids(market: str) -> None:
    compared, differ, _ = best_by_update_id(market, "ethusdt")
    assert compared > 500
    assert differ == 0
