"""The pauses that a drill reports."""

from pathlib import Path

import pytest

from jobs.adapters.ledger import Ledger
from jobs.pair import show
from jobs.replicas.drill import Result
from jobs.replicas.stream import Phase, arrivals_ns, gap_s_max
from schemas.trading import canonical_order
from tests.jobs.execution.world import config, make_order

S = 10**9


@pytest.mark.parametrize(
    ("at_s", "window_s", "gap_s"),
    [
        ((), (0, 2), 2.0),  # nothing at all is one long pause
        ((0, 1, 5, 6), (2, 6), 4.0),  # a pause counts from where it began
        ((0, 1, 2, 3), (0, 3), 1.0),
        ((0, 1), (1, 9), 8.0),  # and to the window's end
        ((5, 6, 30), (5, 7), 1.0),  # what comes later is another window's
    ],
)
def test_the_longest_pause_that_reaches_into_a_window(
    at_s: tuple[int, ...], window_s: tuple[int, int], gap_s: float
) -> None:
    begin, end = (one * S for one in window_s)
    assert gap_s_max([one * S for one in at_s], begin, end) == gap_s


def test_arrivals_are_the_first_of_each_order(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert arrivals_ns(path) == []
    ledger = Ledger(path, config().universe)
    for place, (n, at_ns) in enumerate([(1, 10), (2, 20), (1, 30)]):
        order = make_order(n)
        ledger.receive(order, canonical_order(order), None, at_ns, (0, place))
    ledger.close()
    assert arrivals_ns(path) == [10, 20]


def test_the_table_shows_each_phase_beside_the_undisturbed_one() -> None:
    phases = tuple(
        Phase(what=what, begin_ns=0, end_ns=20 * S, orders=9, gap_s_max=gap_s)
        for what, gap_s in (("undisturbed", 0.5), ("a killed", 1.0))
    )
    counts = {"orders": 9, "lost": 0, "doubled": 0, "differences": 0, "compared": 3, "different": 0, "alerts": 0}
    table = show(Result(phases=phases, asked={"a": 9, "b": 4}, first={"a": 8, "b": 1}, **counts))
    assert table.row_count == 2 and [*table.columns[-1].cells] == ["1.0", "2.0"]
    assert "a 9 (8 first), b 4 (1 first)" in str(table.caption)
