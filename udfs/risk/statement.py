"""Accounts from executions alone: what each strategy holds and earned, and how it came to it.

Corrected fills count as corrected, busted ones not at all, an execution id once. Money is in units of 10^-8 of the
settle currency; a position is worth the bid when long and the ask when short, and its cost while there is no quote.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from schemas.frame import Records
from schemas.instrument import Instrument
from schemas.trading import ReportKind
from udfs.risk.account import ACCOUNT, apply_fill, profit

_EXECUTIONS = (ReportKind.FILL, ReportKind.FILL_CORRECT, ReportKind.FILL_BUST)


class Fill(NamedTuple):
    """An execution, as a report tells it."""

    id: str
    order_id: str
    instrument: int
    side: int
    price: int
    size: int
    fee: int
    fee_currency: str
    broker_ns: int

    @property
    def strategy(self) -> str:
        return strategy_of(self.order_id)


class Quotes(NamedTuple):
    """Best quotes as they became known, in the order of `channel_ns`; one entry a change or a bar."""

    channel_ns: Records
    instrument: Records
    bid: Records
    ask: Records


def strategy_of(order_id: str) -> str:
    """The strategy that an order id names.

    >>> strategy_of("probe-0-1-7")
    'probe'
    """
    return order_id.partition("-")[0]


def fills(reports: Records) -> list[Fill]:
    """The fills that stand, of REPORT records in the order of the log, in the order in which they were first told."""
    found: dict[tuple[str, str], Fill | None] = {}
    for report in reports[np.isin(reports["kind"], _EXECUTIONS)]:
        order_id, execution_id = bytes(report["order_id"]).decode(), bytes(report["execution_id"]).decode()
        bust = report["kind"] == ReportKind.FILL_BUST
        found[order_id, execution_id] = None if bust else fill_of(report)
    return [fill for fill in found.values() if fill is not None]


def accounts(standing: Sequence[Fill], instruments: Sequence[Instrument]) -> dict[tuple[str, int], Records]:
    """ACCOUNT records by strategy and instrument; fees in another currency than the settle currency are left out."""
    book: dict[tuple[str, int], Records] = {}
    for fill in standing:
        _apply(book, fill, instruments)
    return book


def profits(
    book: dict[tuple[str, int], Records], quotes: dict[int, tuple[int, int]], instruments: Sequence[Instrument]
) -> dict[tuple[str, str], int]:
    """Realised + marked - fees by strategy and settle currency; `quotes` is (bid, ask) by instrument, 0 = none."""
    found: dict[tuple[str, str], int] = {}
    for (strategy, number), account in book.items():
        one = instruments[number]
        key = strategy, one.settle
        found[key] = found.get(key, 0) + profit(account, one, *quotes.get(number, (0, 0)))
    return found


def fees(standing: Sequence[Fill]) -> dict[tuple[str, str], int]:
    """Fees by strategy and currency."""
    found: dict[tuple[str, str], int] = {}
    for fill in standing:
        key = fill.strategy, fill.fee_currency
        found[key] = found.get(key, 0) + fill.fee
    return found


def curves(
    standing: Sequence[Fill], quotes: Quotes, instruments: Sequence[Instrument], times_ns: Sequence[int]
) -> Iterator[dict[tuple[str, str], int]]:
    """The profits at each of the rising `times_ns`, from what had happened by then."""
    book: dict[tuple[str, int], Records] = {}
    known: dict[int, tuple[int, int]] = {}
    waiting = sorted(standing, key=lambda fill: fill.broker_ns)
    columns = [column.tolist() for column in quotes]
    filled = quoted = 0
    for now_ns in times_ns:
        while filled < len(waiting) and waiting[filled].broker_ns <= now_ns:
            _apply(book, waiting[filled], instruments)
            filled += 1
        while quoted < len(columns[0]) and columns[0][quoted] <= now_ns:
            known[columns[1][quoted]] = columns[2][quoted], columns[3][quoted]
            quoted += 1
        yield profits(book, known, instruments)


def fill_of(report: Records) -> Fill:
    """The execution in one REPORT record."""
    return Fill(
        id=bytes(report["execution_id"]).decode(),
        order_id=bytes(report["order_id"]).decode(),
        instrument=int(report["instrument"]),
        side=int(report["side"]),
        price=int(report["price"]),
        size=int(report["size"]),
        fee=int(report["fee"]),
        fee_currency=bytes(report["fee_currency"]).decode(),
        broker_ns=int(report["broker_ns"]),
    )


def _apply(book: dict[tuple[str, int], Records], fill: Fill, instruments: Sequence[Instrument]) -> None:
    one = instruments[fill.instrument]
    account = book.setdefault((fill.strategy, fill.instrument), np.zeros((), ACCOUNT))
    apply_fill(account, one, fill.side, fill.price, fill.size, fill.fee if fill.fee_currency == one.settle else 0)
