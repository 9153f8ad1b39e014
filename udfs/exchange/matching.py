"""Matching of immediate-or-cancel limit orders against the displayed best quote.

An order takes what is displayed on the opposite side at its arrival, at that price, in whole lots, and no more; the
rest expires. What it took is gone until the venue quotes that side anew. Hidden size, deeper levels and our own
market impact are not modelled. Fees are the venue's taker rate on the notional, rounded up.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas.errors import Unsafe
from schemas.frame import Records
from schemas.instrument import Instrument, divide_up
from schemas.records import REPORT, Side
from schemas.trading import Order, Reason, ReportKind
from udfs.arrays import QUOTE
from udfs.kernels import kernel, read_only

PPM = 1_000_000
EXECUTION_ID_SIZE = 48


class Terms(NamedTuple):
    """What the exchange knows of an instrument."""

    instrument: Instrument
    taker_ppm: int


@kernel()
def fold_quote(quote, row):  # type: ignore[no-untyped-def]
    """Bring a book row to a quote."""
    row.position = quote.position
    row.channel_ns = quote.channel_ns
    row.bid, row.bid_size = quote.bid, quote.bid_size
    row.ask, row.ask_size = quote.ask, quote.ask_size
    row.marks = quote.marks


@kernel()
def fold_quotes(quotes: Records, first: int, last: int, book: Records) -> None:
    """Bring the book rows (QUOTE records by instrument number) to the state after quotes[first:last].

    The quotes come by position and are newer than every row. From behind, so that only the last one of an instrument
    is copied; a row that was never quoted has channel time 0, and a quote at position 0 counts for it.
    """
    for i in range(last - 1, first - 1, -1):
        row = book[quotes[i].instrument]
        if quotes[i].position > row.position or row.channel_ns == 0:
            fold_quote(quotes[i], row)


def empty_book(instruments: int) -> Records:
    book = np.zeros(instruments, QUOTE)
    book["instrument"] = np.arange(instruments)
    return book


def match(order: Order, terms: Terms, quote: Records, now_ns: int) -> Records:
    """The reports of an order that arrives now: ACCEPTED, then FILL and what is left EXPIRED; or REJECTED.

    `quote` (a 0-d QUOTE record) is reduced by what was taken. The last report is terminal.
    """
    refusal = refuse(order, terms.instrument, now_ns)
    if refusal is not Reason.NONE:
        return _reports(order, [(ReportKind.REJECTED, refusal, 0, 0, 0, 0, 0)], terms, now_ns)
    price_name, size_name = ("ask", "ask_size") if order.side == Side.BUY else ("bid", "bid_size")
    price, shown = int(quote[price_name]), int(quote[size_name])
    reaches = price > 0 and (price <= order.price if order.side == Side.BUY else price >= order.price)
    lot = terms.instrument.lot  # displayed sums may be finer than it; what is held must stay sellable
    taken = min(order.size, shown // lot * lot) if reaches else 0
    lines = [(ReportKind.ACCEPTED, Reason.NONE, 0, 0, 0, order.size, 0)]
    if taken:
        quote[size_name] = shown - taken
        fee = divide_up(terms.instrument.notional(price, taken) * terms.taker_ppm, PPM)
        lines.append((ReportKind.FILL, Reason.NONE, price, taken, taken, order.size - taken, fee))
    if taken < order.size:
        lines.append((ReportKind.EXPIRED, Reason.NO_LIQUIDITY, 0, 0, taken, 0, 0))
    return _reports(order, lines, terms, now_ns)


def refuse(order: Order, instrument: Instrument, now_ns: int) -> Reason:
    """Why the exchange does not take an order at all; Reason.NONE when it does."""
    if now_ns > order.valid_until_ns:
        return Reason.EXPIRED
    if order.size < instrument.size_min or order.size % instrument.lot:
        return Reason.BAD_SIZE
    if order.price <= 0 or order.price % instrument.tick_size_at(now_ns):
        return Reason.OFF_STEP
    return Reason.NONE


def _reports(order: Order, lines: Sequence[tuple[int, ...]], terms: Terms, now_ns: int) -> Records:
    reports = np.zeros(len(lines), REPORT)
    for place, (kind, reason, price, size, cumulative, leaves, fee) in enumerate(lines):
        report = reports[place]
        report["order_id"] = order.id.encode()
        if kind == ReportKind.FILL:
            execution_id = f"{order.id}-{place}"
            if len(execution_id) > EXECUTION_ID_SIZE:
                raise Unsafe(f"execution id {execution_id!r} is longer than {EXECUTION_ID_SIZE}")
            report["execution_id"] = execution_id.encode()
        report["broker_ns"] = now_ns
        report["price"], report["size"] = price, size
        report["cumulative"], report["leaves"] = cumulative, leaves
        report["fee"], report["fee_currency"] = fee, terms.instrument.fee.encode()
        report["instrument"], report["side"] = order.instrument, order.side
        report["kind"], report["reason"] = kind, reason
    return reports


def warm() -> None:
    """Compile for the arrays that the channel passes."""
    fold_quotes(read_only(np.zeros(1, QUOTE)), 0, 1, np.zeros(1, QUOTE))
