"""Matching: what is displayed is taken once, at its price, within the limit; the rest expires; fees are rounded up."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.frame import Records
from schemas.records import Side
from schemas.trading import Reason, ReportKind
from tests.jobs.execution.world import NOW_NS, config, make_order
from udfs.arrays import QUOTE
from udfs.exchange.matching import Terms, empty_book, fold_quotes, match, refuse

INSTRUMENT = config().universe.instruments[0]  # 2 price decimals, 8 size decimals, lot 1,000, smallest 10,000
TERMS = Terms(INSTRUMENT, taker_ppm=1000)


def quote(bid: int = 5_999_999, ask: int = 6_000_001, size: int = 50_000) -> Records:
    made = np.zeros((), QUOTE)
    made["bid"], made["ask"], made["bid_size"], made["ask_size"] = bid, ask, size, size
    return made


def kinds(reports: Records) -> list[str]:
    return [ReportKind(int(kind)).name for kind in reports["kind"]]


def test_a_whole_fill_at_the_displayed_price() -> None:
    book = quote()
    reports = match(make_order(1, price=6_000_500), TERMS, book, NOW_NS)
    assert kinds(reports) == ["ACCEPTED", "FILL"]
    fill = reports[1]
    assert (fill["price"], fill["size"], fill["cumulative"], fill["leaves"]) == (6_000_001, 10_000, 10_000, 0)
    assert fill["fee"] == 600_001  # 6.0000010 USDT * 0.001 = 0.006000001 USDT
    assert (fill["execution_id"], fill["fee_currency"]) == (b"probe-0-1-1-1", b"USDT")
    assert book["ask_size"] == 40_000 and book["bid_size"] == 50_000


def test_a_part_is_filled_and_the_rest_expires_and_nothing_is_taken_twice() -> None:
    book = quote(size=15_000)
    first = match(make_order(1, price=6_000_001, size=40_000), TERMS, book, NOW_NS)
    assert kinds(first) == ["ACCEPTED", "FILL", "EXPIRED"]
    assert (first[1]["size"], first[1]["leaves"], first[2]["cumulative"]) == (15_000, 25_000, 15_000)
    second = match(make_order(2, price=6_000_001), TERMS, book, NOW_NS)
    assert kinds(second) == ["ACCEPTED", "EXPIRED"] and second[1]["reason"] == Reason.NO_LIQUIDITY
    quotes = np.array([quote()], QUOTE)
    book_rows = empty_book(1)
    book_rows[0] = book
    fold_quotes(quotes, 0, 1, book_rows)  # quoted anew
    assert kinds(match(make_order(3, price=6_000_001), TERMS, book_rows[0], NOW_NS)) == ["ACCEPTED", "FILL"]


@settings(deadline=None)  # the first example compiles
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)), max_size=12),
    st.integers(0, 2),
)
def test_the_newest_quotes_are_found_from_behind(told: list[tuple[int, int, int]], first: int) -> None:
    """As if every quote had been copied: also where several have one position, and where the log begins."""
    quotes = np.zeros(len(told), QUOTE)
    for at, (forward, instrument, size) in enumerate(told):
        quotes[at]["position"] = (quotes[at - 1]["position"] if at else first) + forward
        quotes[at]["channel_ns"], quotes[at]["instrument"], quotes[at]["bid_size"] = 1 + at, instrument, size
    # as batches are: one ends where the position changes
    ends = [at for at in range(len(told)) if at and quotes[at]["position"] > quotes[at - 1]["position"]]
    one, other = empty_book(3), empty_book(3)
    for begin, end in pairwise([0, *ends[: len(ends) // 2], len(told)]):
        for quote in quotes[begin:end]:
            one[quote["instrument"]] = quote
        fold_quotes(quotes, begin, end, other)
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    "side, price, filled",
    [
        (Side.BUY, 6_000_001, True),
        (Side.BUY, 6_000_000, False),
        (Side.SELL, 5_999_999, True),
        (Side.SELL, 6_000_000, 0),
    ],
)
def test_the_limit_is_kept(side: int, price: int, filled: bool) -> None:
    reports = match(make_order(1, side=side, price=price), TERMS, quote(), NOW_NS)
    assert kinds(reports)[-1] == ("FILL" if filled else "EXPIRED")


def test_no_quote_no_fill() -> None:
    for side in (Side.BUY, Side.SELL):
        assert kinds(match(make_order(1, side=side), TERMS, np.zeros((), QUOTE), NOW_NS)) == ["ACCEPTED", "EXPIRED"]


def test_refusals() -> None:
    order = make_order(1)
    assert refuse(order, INSTRUMENT, order.valid_until_ns) is Reason.NONE
    assert refuse(order, INSTRUMENT, order.valid_until_ns + 1) is Reason.EXPIRED
    assert refuse(make_order(1, size=9_000), INSTRUMENT, NOW_NS) is Reason.BAD_SIZE
    assert refuse(make_order(1, size=10_500), INSTRUMENT, NOW_NS) is Reason.BAD_SIZE
    assert refuse(make_order(1, price=0), INSTRUMENT, NOW_NS) is Reason.OFF_STEP
    reports = match(order, TERMS, quote(), order.valid_until_ns + 1)
    assert kinds(reports) == ["REJECTED"] and reports[0]["reason"] == Reason.EXPIRED


@given(
    price=st.integers(1, 10**9),
    shown=st.integers(0, 10**9),
    size=st.integers(10, 10**6).map(lambda lots: lots * 1000),
    ppm=st.integers(0, 10_000),
)
@settings(max_examples=100, deadline=None)
def test_sizes_add_up_and_a_fee_is_never_understated(price: int, shown: int, size: int, ppm: int) -> None:
    book = quote(ask=price, size=shown)
    order = make_order(1, price=price, size=size)
    reports = match(order, Terms(INSTRUMENT, ppm), book, NOW_NS)
    fills = reports[reports["kind"] == ReportKind.FILL]
    taken = int(fills["size"].sum())
    assert taken == min(size, shown // 1000 * 1000) and int(book["ask_size"]) == shown - taken
    assert reports[-1]["cumulative"] == taken
    exact = price * taken * ppm  # in units of 10^-8 USDT * 10^-2 * 10^-6
    assert int(fills["fee"].sum()) * 10**8 >= exact
    assert int(fills["fee"].sum()) * 10**8 <= exact + 10**8 + 10**2 * ppm
