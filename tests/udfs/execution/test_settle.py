"""What contradicts an order or what was told before is Unsafe, each in its own way."""

from collections.abc import Callable

import numpy as np
import pytest

from schemas.errors import Unsafe
from schemas.frame import Records
from schemas.trading import Reason, ReportKind
from tests.jobs.execution.world import NOW_NS, config, make_order
from udfs.arrays import QUOTE
from udfs.exchange.matching import Terms, match
from udfs.execution.orders import OrderState
from udfs.execution.settle import own_report, settle

ORDER = make_order(1, size=40_000)


def told() -> Records:
    """ACCEPTED, FILL of 15,000, EXPIRED."""
    quote = np.zeros((), QUOTE)
    quote["ask"], quote["ask_size"] = ORDER.price, 15_000
    return match(ORDER, Terms(config().universe.instruments[0], 1000), quote, NOW_NS)


def test_a_story_that_goes_on() -> None:
    whole = told()
    first = settle(ORDER, OrderState.SENT, 0, b"", whole[:2])
    assert (first.state, first.filled, len(first.fresh)) == (OrderState.WORKING, 15_000, 2)
    rest = settle(ORDER, first.state, first.filled, whole[:2].tobytes(), whole)
    assert (rest.state, rest.filled, rest.reason, len(rest.fresh)) == (OrderState.EXPIRED, 15_000, 61, 1)
    again = settle(ORDER, rest.state, rest.filled, whole.tobytes(), whole)
    assert again == (OrderState.EXPIRED, 15_000, 0, again.fresh) and len(again.fresh) == 0


def change(name: str, value: object, row: int = 1) -> Callable[[Records], None]:
    def apply(reports: Records) -> None:
        reports[row][name] = value

    return apply


@pytest.mark.parametrize(
    "wrong, message",
    [
        (change("order_id", b"probe-0-1-2"), "the broker reports on"),
        (change("instrument", 1), "instrument or side"),
        (change("side", 1), "instrument or side"),
        (change("price", ORDER.price + 1), "worse than its limit"),
        (change("price", 0), "worse than its limit"),
        (change("size", 0), "worse than its limit"),
        (change("execution_id", b""), "worse than its limit"),
        (change("cumulative", 14_999), "do not add up"),
        (change("leaves", 24_999), "do not add up"),
        (change("kind", ReportKind.FILL_BUST), "cannot follow|not one that"),
        (change("kind", ReportKind.ACCEPTED), "ACCEPT cannot follow WORKING"),
        (change("kind", ReportKind.EXPIRED), "EXPIRE cannot follow EXPIRED"),
        (change("kind", 200), "not one that"),
    ],
)
def test_contradictions(wrong: Callable[[Records], None], message: str) -> None:
    reports = told()
    wrong(reports)
    with pytest.raises(Unsafe, match=message):
        settle(ORDER, OrderState.SENT, 0, b"", reports)


def test_another_story_than_before() -> None:
    known = told()
    changed = known.copy()
    changed[1]["fee"] += 1
    with pytest.raises(Unsafe, match="another story"):
        settle(ORDER, OrderState.EXPIRED, 15_000, known.tobytes(), changed)
    with pytest.raises(Unsafe, match="another story"):
        settle(ORDER, OrderState.EXPIRED, 15_000, known.tobytes(), known[:1])


def test_own_report_is_terminal() -> None:
    report = own_report(ORDER, ReportKind.VETOED, Reason.COLLAR, NOW_NS)
    assert settle(ORDER, OrderState.RECEIVED, 0, b"", report).state is OrderState.VETOED
