"""Bars against lists of what happened in each."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from schemas.features import BAR_WIDTHS_NS, SECOND_NS
from schemas.records import NO_INSTRUMENT, TICK, Kind, Mark, Side, TickFlag, TickKind
from tests.udfs.market.logs import (
    CHANNEL,
    LAST,
    START_NS,
    Segment,
    gap_positions,
    play,
    real,
    segments,
    term,
    universe,
)
from udfs.arrays import CLOSE, QUOTE
from udfs.machine import Batch
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality

MEMBERS = sorted(one.number for one in universe().of_channel(CHANNEL))
MAX = 2**63 - 1
WIDE_FIRST = (2, 1, 0)


def clamped(values: list[int]) -> int:
    """Their sum, held at the range of int64 after each step."""
    total = 0
    for value in values:
        total = max(-MAX, min(MAX, total + value))
    return total


def ofi(before: dict, after: dict) -> int:
    """Cont, Kukanov, Stoikov 2014: what a change of the best quotes adds to demand less supply."""
    ask, ask_before = (one["ask"] if one["ask_size"] else float("inf") for one in (after, before))
    bid, bid_before = after["bid"], before["bid"]
    return (
        after["bid_size"] * (bid >= bid_before)
        - before["bid_size"] * (bid <= bid_before)
        - after["ask_size"] * (ask <= ask_before)
        + before["ask_size"] * (ask >= ask_before)
    )


class Slow:
    """An instrument: its quote, and for each second the trades, changes of quotes and flows."""

    def __init__(self) -> None:
        self.quote = {"bid": 0, "bid_size": 0, "ask": 0, "ask_size": 0}
        self.marks, self.close, self.seen, self.quoted = int(Mark.ONE_SIDED), 0, False, False
        self.seconds: list[dict[str, list]] = [self.second()]

    @staticmethod
    def second() -> dict[str, list]:
        return {"trades": [], "flows": [], "changes": [], "events": []}

    def take_quote(self, quote: dict) -> None:
        after = {name: quote[name] for name in self.quote}
        if self.quoted and not self.marks & Mark.GAP:
            self.seconds[-1]["flows"].append(ofi(self.quote, after))
        if after != self.quote:
            self.seconds[-1]["changes"].append(1)
            self.seconds[-1]["events"].append(1)
            self.quoted = True
        self.quote, self.marks = after, quote["marks"]

    def bar(self, seconds: list[dict[str, list]]) -> tuple:
        trades = [one for second in seconds for one in second["trades"]]
        prints = [one for one in trades if not one["flags"] & (TickFlag.CORRECTION | TickFlag.CANCEL)]
        prices = [int(one["price"]) for one in prints] or [0]
        sizes = {
            side: clamped([int(one["size"]) for one in prints if side is None or one["side"] == side])
            for side in (None, 0, 1)
        }
        return (
            prices[0],
            max(prices),
            min(prices),
            self.close,
            sizes[None],
            clamped([int(one["price"]) * int(one["size"]) for one in prints]),
            sizes[Side.BUY],
            sizes[Side.SELL],
            clamped([clamped(second["flows"]) for second in seconds]),
            *self.quote.values(),
            len(trades),
            sum(len(second["changes"]) for second in seconds),
        )


def tell(made: dict[str, np.ndarray], gaps: list[int]) -> list[tuple]:
    """The closes of the accepted records; a quote takes effect at its position, after what closes there."""
    slow = {number: Slow() for number in MEMBERS}
    begun = dict.fromkeys(WIDE_FIRST, 0)  # the place in `seconds` where the open bar begins
    closes, now_ns = [], 0
    quotes = [dict(zip(QUOTE.names, one, strict=True)) for one in made["quotes"].tolist()]
    for position, tick in enumerate(made["ticks"]):
        for number in [number for _ in range(gaps.count(position)) for number in MEMBERS]:
            slow[number].marks |= Mark.GAP
        for _, number, _ in [one for one in made["suspects"].tolist() if one[0] == position]:
            slow[number].marks |= Mark.SUSPECT | Mark.GAP
        before_ns, now_ns = now_ns, max(now_ns, int(tick["receive_ns"]))
        for width in WIDE_FIRST:
            width_ns = BAR_WIDTHS_NS[width]
            if before_ns // width_ns == now_ns // width_ns or before_ns == 0:
                continue
            times = (before_ns // width_ns * width_ns + width_ns, now_ns // width_ns * width_ns)
            for number in MEMBERS:
                one = slow[number]
                if one.seen:
                    seconds = one.seconds[begun[width] :]
                    empty = not any(second["events"] for second in seconds)
                    closes.append((position, *times, *one.bar(seconds), number, one.marks, width, int(empty)))
            begun[width] = len(slow[0].seconds)
        if before_ns // SECOND_NS != now_ns // SECOND_NS:
            for one in slow.values():
                one.seconds.append(Slow.second())
        while quotes and quotes[0]["position"] == position:
            slow[quotes[0]["instrument"]].take_quote(quotes.pop(0))
        if tick["kind"] <= TickKind.LEVEL:
            one = slow[int(tick["instrument"])]
            one.seen = True
            one.seconds[-1]["events"].append(1)
            if tick["kind"] == TickKind.TRADE:
                one.seconds[-1]["trades"].append(tick)
                if not tick["flags"] & (TickFlag.CORRECTION | TickFlag.CANCEL):
                    one.close = int(tick["price"])
    return closes


def machines() -> list:
    return [Quality(term(), CHANNEL), Book(term(), CHANNEL), Bars(term(), CHANNEL)]


def check(parts: list[Segment]) -> np.ndarray:
    made = play(machines(), parts)
    accepted = np.ones(sum(len(part.ticks) for part in parts), bool)
    accepted[made["refused"]] = False
    told = tell(made, gap_positions(parts, accepted.tolist()))
    for found, expected in zip(made["closes"].tolist(), told, strict=True):
        assert dict(zip(CLOSE.names, found, strict=True)) == dict(zip(CLOSE.names, expected, strict=True))
    return made["closes"]


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments())
def test_as_lists_tell(parts: list[Segment]) -> None:
    check(parts)


def test_real_ticks() -> None:
    closes = check(real(12_000))
    assert set(closes["width"].tolist()) == {0, 1}
    assert (closes["trades"] > 0).any()


def closes_of(*rows: tuple) -> np.ndarray:
    """(seconds, instrument, kind, price, size, side, flags) from the beginning of a minute."""
    minute_ns = START_NS // (60 * SECOND_NS) * 60 * SECOND_NS
    table = [(0, minute_ns + int(s * SECOND_NS), p, q, n, k, side, flags) for s, n, k, p, q, side, flags in rows]
    return play(machines(), [Segment(False, np.array(table, TICK))])["closes"]


def trade(seconds: float, price: int, size: int = 1, number: int = 0, side: int = 0, flags: int = LAST) -> tuple:
    return seconds, number, TickKind.TRADE, price, size, side, flags


def beat(seconds: float) -> tuple:
    return seconds, NO_INSTRUMENT, TickKind.HEARTBEAT, 0, 0, 0, 0


def test_a_record_at_the_end_belongs_to_the_next_bar() -> None:
    closes = closes_of(trade(0.5, 100), trade(1, 200), beat(2))
    assert closes[["position", "open", "close", "trades"]].tolist() == [(1, 100, 100, 1), (2, 200, 200, 1)]


def test_wide_bars_close_first_and_instruments_by_number() -> None:
    closes = closes_of(trade(0, 100, number=3), trade(0, 100, number=0), beat(60))
    assert closes[["width", "instrument"]].tolist() == [(2, 0), (2, 3), (1, 0), (1, 3), (0, 0), (0, 3)]


def test_one_close_after_silence() -> None:
    closes = closes_of(trade(0, 100), beat(35.5))
    minute_ns = START_NS // (60 * SECOND_NS) * 60 * SECOND_NS
    seen = [
        (w, (end - minute_ns) / 1e9, (now - minute_ns) / 1e9) for w, end, now in closes[["width", "end_ns", "now_ns"]]
    ]
    assert seen == [(1, 10, 30), (0, 1, 35)]


def test_time_that_runs_backwards_closes_nothing() -> None:
    closes = closes_of(trade(1.5, 100), trade(0.5, 120), beat(1.9), beat(2))
    assert closes[["high", "trades"]].tolist() == [(120, 2)]


@pytest.mark.parametrize("flag", [TickFlag.CORRECTION, TickFlag.CANCEL])
def test_corrections_are_counted_only(flag: int) -> None:
    closes = closes_of(trade(0, 100), trade(0, 999_000, 7, flags=LAST | flag), beat(1))
    assert closes[["high", "close", "volume", "trades"]].tolist() == [(100, 100, 1, 2)]


def test_sums_hold_at_the_end_of_the_range() -> None:
    huge = 2**62 - 4
    closes = closes_of(*[trade(0, huge, huge)] * 3, trade(1, huge, huge), beat(10))
    assert closes[["width", "volume", "value", "buy_volume"]].tolist() == [
        (0, MAX, MAX, MAX),
        (1, MAX, MAX, MAX),
        (0, huge, MAX, huge),
    ]


@pytest.mark.parametrize(("kind", "sign"), [(TickKind.BID, 1), (TickKind.ASK, -1)])
def test_flow_holds_at_both_ends_of_the_range(kind: TickKind, sign: int) -> None:
    """The same side comes and improves five times, each time with almost the largest size."""
    size = 2**62 - 1
    rows = [(0, 0, kind, 2000 + sign * 20 * place, size, 0, LAST) for place in range(6)]
    assert closes_of(*rows, beat(1))["flow"].tolist() == [sign * MAX]


@pytest.mark.parametrize(
    ("price", "size"), [(2**31, 2**31 + 1), (2**31 - 1, 2**31 - 1), (2**32, 2**32), (4, 2**61 - 1), (4, 2**61)]
)
def test_values_are_exact_as_long_as_they_fit(price: int, size: int) -> None:
    assert closes_of(trade(0, price, size), beat(1))["value"].tolist() == [min(MAX, price * size)]


def test_a_gap_marks_the_bar_that_closes_with_the_frame_after_it() -> None:
    before = np.array([(0, START_NS, 100, 1, 0, TickKind.TRADE, 0, LAST)], TICK)
    after = np.array([(0, START_NS + SECOND_NS, 0, 0, NO_INSTRUMENT, TickKind.HEARTBEAT, 0, 0)], TICK)
    closes = play(machines(), [Segment(False, before), Segment(True, after)])["closes"]
    assert closes["marks"].tolist() == [Mark.ONE_SIDED | Mark.GAP]


def test_a_gap_of_the_gateway_is_no_gap_of_the_market() -> None:
    bars = Bars(term(), CHANNEL)
    state = bars.initial()
    bars.step(state, Batch(CHANNEL, Kind.REPORTS, 0, 0, gap=True))
    assert state["tops"]["marks"].tolist() == [Mark.ONE_SIDED] * 5


def test_more_closes_than_the_scratch_holds() -> None:
    closes = closes_of(*[trade(second, 100 + 20 * (second % 7)) for second in range(3000)])
    narrow = closes[closes["width"] == 0]
    assert narrow["open"].tolist() == [100 + 20 * (second % 7) for second in range(2999)]
    assert narrow["position"].tolist() == list(range(1, 3000))
