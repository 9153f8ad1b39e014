"""The book against dictionaries, event by event."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from schemas.features import SECOND_NS
from schemas.records import ALL_STREAMS, TICK, Kind, Mark, Side, Status, TickFlag, TickKind
from tests.udfs.market.logs import CHANNEL, LAST, START_NS, Segment, gap_positions, play, real, segments, term, universe
from udfs.machine import Batch
from udfs.market.book import Book
from udfs.market.quality import Quality

MEMBERS = sorted(one.number for one in universe().of_channel(CHANNEL))
PASSING = {Mark.SUSPECT, Mark.TIME_BACKWARDS}


class Slow:
    """An instrument's book as one would tell it."""

    def __init__(self) -> None:
        self.quote = {TickKind.BID: (0, 0), TickKind.ASK: (0, 0)}
        self.waiting: dict[int, tuple[int, int]] = {}
        self.marks: set[Mark] = set()
        self.sent = self.shown()

    def shown(self) -> tuple[int, ...]:
        (bid, bid_size), (ask, ask_size) = self.quote[TickKind.BID], self.quote[TickKind.ASK]
        marks = set(self.marks)
        if not bid_size or not ask_size:
            marks.add(Mark.ONE_SIDED)
        elif bid > ask:
            marks.add(Mark.CROSSED)
        return bid, bid_size, ask, ask_size, int(sum(marks))

    def take(self, tick: np.void) -> None:
        kind, price, size = int(tick["kind"]), int(tick["price"]), int(tick["size"])
        if kind in (TickKind.BID, TickKind.ASK):
            self.waiting[kind] = (price, size) if size else (0, 0)
        if kind == TickKind.STATUS and size == Status.GAP:
            self.marks.add(Mark.GAP)
            if price in (ALL_STREAMS, TickKind.BID, TickKind.ASK):
                self.waiting = {}
        if kind == TickKind.STATUS and size == Status.HALTED:
            self.marks.add(Mark.VENUE_HALTED)
        if kind == TickKind.STATUS and size == Status.TRADING:
            self.marks.discard(Mark.VENUE_HALTED)
        if tick["flags"] & TickFlag.LAST and self.waiting:
            self.quote.update(self.waiting)
            if len(self.waiting) == 2:
                self.marks.discard(Mark.GAP)
            self.waiting = {}


def tell(made: dict[str, np.ndarray], gaps: list[int]) -> list[tuple[int, ...]]:
    """The quotes that the book must send for the records that quality accepted."""
    books, quotes, now_ns = {number: Slow() for number in MEMBERS}, [], 0
    suspects = made["suspects"].tolist()
    backwards = set(made["backwards"].tolist())
    gaps = list(gaps)

    def send(position: int, numbers: list[int]) -> None:
        for number in numbers:
            if books[number].shown() != books[number].sent:
                books[number].sent = books[number].shown()
                *prices, marks = books[number].sent
                quotes.append((position, now_ns, *prices, number, marks, 0))

    for position, tick in enumerate(made["ticks"]):
        lost = [number for _ in range(gaps.count(position)) for number in MEMBERS]
        for number in lost:
            books[number].waiting = {}
            books[number].marks.add(Mark.GAP)
        before_ns, now_ns = now_ns, max(now_ns, int(tick["receive_ns"]))
        if now_ns // SECOND_NS > before_ns // SECOND_NS:
            passed = [number for number in MEMBERS if books[number].marks & PASSING]
            for number in passed:
                books[number].marks -= PASSING
            send(position, passed)
        for _, number, _ in [one for one in suspects if one[0] == position]:
            books[number].waiting = {}
            books[number].marks |= {Mark.SUSPECT, Mark.GAP}
        send(position, MEMBERS)
        if int(tick["instrument"]) in MEMBERS:
            book = books[int(tick["instrument"])]
            if position in backwards:
                book.marks.add(Mark.TIME_BACKWARDS)
            book.take(tick)
            send(position, [int(tick["instrument"])])
    return quotes


def check(parts: list[Segment]) -> np.ndarray:
    made = play([Quality(term(), CHANNEL), Book(term(), CHANNEL)], parts)
    accepted = np.ones(sum(len(part.ticks) for part in parts), bool)
    accepted[made["refused"]] = False
    told = tell(made, gap_positions(parts, accepted.tolist()))
    assert made["quotes"].tolist() == told
    return made["quotes"]


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments())
def test_as_dictionaries_tell(parts: list[Segment]) -> None:
    check(parts)


def test_real_ticks() -> None:
    quotes = check(real())
    assert len(quotes) > 500
    assert (quotes["marks"] == 0).all()


def ticks(*rows: tuple[int, ...]) -> list[Segment]:
    """(seconds, kind, price, size, flags) of instrument 0."""
    table = [
        (0, START_NS + int(seconds * SECOND_NS), price, size, 0, kind, Side.NONE, flags)
        for seconds, kind, price, size, flags in rows
    ]
    return [Segment(False, np.array(table, TICK))]


def quotes_of(parts: list[Segment]) -> list[tuple[int, ...]]:
    quotes = play([Quality(term(), CHANNEL), Book(term(), CHANNEL)], parts)["quotes"]
    return quotes[["position", "bid", "bid_size", "ask", "ask_size", "marks"]].tolist()


BID, ASK, STATUS = TickKind.BID, TickKind.ASK, TickKind.STATUS


def test_nothing_is_seen_before_the_event_ends() -> None:
    assert quotes_of(ticks((0, BID, 100, 5, 0))) == []
    assert quotes_of(ticks((0, BID, 100, 5, 0), (0, ASK, 120, 6, LAST))) == [(1, 100, 5, 120, 6, 0)]


def test_a_repeated_quote_is_sent_once() -> None:
    event = [(0, BID, 100, 5, 0), (0, ASK, 120, 6, LAST)]
    assert len(quotes_of(ticks(*event, *event))) == 1


def test_a_gap_ends_with_a_whole_event_only() -> None:
    event = [(0, BID, 100, 5, 0), (0, ASK, 120, 6, LAST)]
    gap = (0, STATUS, ALL_STREAMS, Status.GAP, LAST)
    sent = quotes_of(ticks(*event, gap, (0, BID, 100, 7, LAST), *event))
    assert [(position, marks) for position, *_, marks in sent] == [(1, 0), (2, Mark.GAP), (3, Mark.GAP), (5, 0)]


def test_a_gap_drops_what_waits() -> None:
    rows = [(0, BID, 100, 5, 0), (0, STATUS, BID, Status.GAP, 0), (0, ASK, 120, 6, LAST)]
    assert quotes_of(ticks(*rows))[-1] == (2, 0, 0, 120, 6, Mark.GAP | Mark.ONE_SIDED)
    rows[1] = (0, STATUS, TickKind.LEVEL, Status.GAP, 0)
    assert quotes_of(ticks(*rows))[-1] == (2, 100, 5, 120, 6, 0)


@pytest.mark.parametrize(
    ("bid", "bid_size", "ask", "ask_size", "marks"),
    [
        (120, 1, 100, 1, Mark.CROSSED),
        (100, 1, 100, 1, 0),
        (100, 0, 120, 1, Mark.ONE_SIDED),
        (120, 1, 100, 0, Mark.ONE_SIDED),
    ],
)
def test_marks_of_the_quotes(bid: int, bid_size: int, ask: int, ask_size: int, marks: int) -> None:
    whole = [(0, BID, 60, 1, 0), (0, ASK, 80, 1, LAST)]
    *_, last = quotes_of(ticks(*whole, (0, BID, bid, bid_size, 0), (0, ASK, ask, ask_size, LAST)))
    assert last[-1] == marks


def test_a_refused_record_marks_the_bar_and_is_a_gap_until_a_whole_event() -> None:
    event = [(0, BID, 100, 5, 0), (0, ASK, 120, 6, LAST)]
    refused, half = (0.1, BID, 0, 5, LAST), (0.2, BID, 100, 5, LAST)
    later = [(0.5, BID, 100, 5, 0), (0.5, ASK, 120, 6, LAST)]  # the bar ends 0.4 s after the start
    sent = quotes_of(ticks(*event, refused, half, *later))
    marks = [(position, marks) for position, *_, marks in sent]
    assert marks == [(1, 0), (2, Mark.SUSPECT | Mark.GAP), (3, Mark.GAP), (4, 0)]


def test_a_gap_of_the_gateway_is_no_gap_of_the_market() -> None:
    book = Book(term(), CHANNEL)
    for kind, marks in ((Kind.REPORTS, Mark.ONE_SIDED), (Kind.HEARTBEAT, Mark.ONE_SIDED | Mark.GAP)):
        state = book.initial()
        book.step(state, Batch(CHANNEL, kind, 0, 0, gap=True))
        assert state["rows"]["marks"][0] == marks


def test_more_quotes_than_the_scratch_holds() -> None:
    rows = [(0, BID, 100 + 20 * (i % 3), 5, LAST) for i in range(20_000)]
    sent = quotes_of(ticks(*rows))
    assert [position for position, *_ in sent] == list(range(20_000))
