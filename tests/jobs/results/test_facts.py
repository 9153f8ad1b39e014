"""A run is told in the words of its last term, those of strategies that have left included."""

import msgspec
import numpy as np

from jobs.results.facts import by_last, with_all
from schemas.records import DECISION
from tests.builders import demo_term


def test_strategies_that_have_left_stand_behind_those_of_the_last_term() -> None:
    first = demo_term()
    model, probe = first.strategies
    second = msgspec.structs.replace(first, number=2, strategies=(probe,))
    last = with_all([first, second])
    assert last.number == 2 and [one.name for one in last.strategies] == ["probe", "model"]
    assert with_all([second, msgspec.structs.replace(first, number=3)]).strategies == (model, probe)
    decisions = np.zeros(2, DECISION)
    decisions["strategy"] = [0, 1]
    assert by_last(decisions, first, last)["strategy"].tolist() == [1, 0]
    assert by_last(decisions[:1], second, last)["strategy"].tolist() == [0]
