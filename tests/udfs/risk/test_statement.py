"""Accounts from executions against cash that is simply added up."""

from collections import defaultdict

import numpy as np
import pytest

from schemas.instrument import MONEY_UNIT
from schemas.records import REPORT, Side
from schemas.trading import ReportKind
from tests.builders import demo
from udfs.risk.statement import Quotes, accounts, curves, fees, fills, profits

INSTRUMENTS = demo().universe.instruments


def report(order_id: str, execution: str, side: int, price: int, size: int, fee: int = 0, **other: int) -> np.ndarray:
    found = np.zeros((), REPORT)
    found["order_id"], found["execution_id"] = order_id.encode(), execution.encode()
    found["kind"], found["side"], found["price"], found["size"], found["fee"] = ReportKind.FILL, side, price, size, fee
    found["fee_currency"] = b"USDT"
    for name, value in other.items():
        found[name] = value
    return found


def random_reports(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = []
    for n in range(200):
        number = int(random.integers(len(INSTRUMENTS)))
        one = INSTRUMENTS[number]
        price = int(random.integers(2_000, 70_000)) * 10**one.price_decimals
        size = int(random.integers(1, 50)) * one.size_min
        name = ("probe", "model")[int(random.integers(2))]
        side, fee = int(random.integers(2)), int(random.integers(1_000))
        made.append(report(f"{name}-0-1-{n}", f"e{n}", side, price, size, fee, instrument=number, broker_ns=n + 1))
    return np.array(made, REPORT)


@pytest.mark.parametrize("seed", range(4))
def test_profit_is_cash_and_what_is_held(seed: int) -> None:
    reports = random_reports(seed)
    quotes = {one.number: (3_000_000, 3_000_100) for one in INSTRUMENTS}
    slow: defaultdict[str, int] = defaultdict(int)
    held: defaultdict[tuple[str, int], int] = defaultdict(int)
    for one in reports:
        name = bytes(one["order_id"]).decode().split("-")[0]
        instrument, size = INSTRUMENTS[one["instrument"]], int(one["size"])
        exact = int(one["price"]) * size * MONEY_UNIT // 10 ** (instrument.price_decimals + instrument.size_decimals)
        sign = 1 if one["side"] == Side.BUY else -1
        slow[name] -= sign * exact + int(one["fee"])
        held[name, instrument.number] += sign * size
    for (name, number), size in held.items():
        instrument = INSTRUMENTS[number]
        mark = quotes[number][0 if size > 0 else 1]
        slow[name] += mark * size * MONEY_UNIT // 10 ** (instrument.price_decimals + instrument.size_decimals)
    standing = fills(reports)
    found = profits(accounts(standing, INSTRUMENTS), quotes, INSTRUMENTS)
    assert found == {(name, "USDT"): value for name, value in slow.items()}
    assert sum(fees(standing).values()) == int(reports["fee"].sum())


def test_a_correction_replaces_and_a_bust_removes() -> None:
    reports = np.array(
        [
            report("probe-0-1-1", "a", Side.BUY, 100, 10),
            report("probe-0-1-1", "b", Side.BUY, 100, 10),
            report("probe-0-1-1", "a", Side.BUY, 90, 10, kind=ReportKind.FILL_CORRECT),
            report("probe-0-1-1", "b", Side.BUY, 100, 10, kind=ReportKind.FILL_BUST),
            report("probe-0-1-1", "", Side.BUY, 0, 0, kind=ReportKind.EXPIRED),
        ],
        REPORT,
    )
    assert [(one.price, one.size) for one in fills(reports)] == [(90, 10)]


def test_an_execution_that_is_told_twice_counts_once() -> None:
    one = report("probe-0-1-1", "a", Side.BUY, 100, 10)
    assert len(fills(np.array([one, one], REPORT))) == 1


def test_curves_end_where_the_profits_are() -> None:
    reports = random_reports(9)
    standing = fills(reports)
    numbers = np.arange(len(INSTRUMENTS))
    quotes = Quotes(np.full(len(numbers), 5), numbers, np.full(len(numbers), 10_000), np.full(len(numbers), 10_100))
    *_, before, last = curves(standing, quotes, INSTRUMENTS, [0, 100, 300])
    whole = profits(accounts(standing, INSTRUMENTS), dict.fromkeys(numbers.tolist(), (10000, 10100)), INSTRUMENTS)
    assert last == whole
    assert before != last
