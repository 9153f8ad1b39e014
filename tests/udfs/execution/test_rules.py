"""A rule answers as the strategy itself would, or leaves the row to it; a subclass is judged by its own rule only."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.features import FEATURES, INDEX
from schemas.records import FEATURE
from schemas.trading import Reason
from tests.builders import START_NS, demo
from udfs.arrays import ROW
from udfs.execution.probe import Probe
from udfs.execution.rule import ASK, Ruled
from udfs.execution.strategy import Row
from udfs.execution.threshold import Threshold
from udfs.trade.quiet import Quiet

SECOND_NS = 1_000_000_000
FUTURE = demo().universe.instruments[1]
PROBE = Probe(Probe.Config(round_trip_ns=30 * SECOND_NS))
THRESHOLD = Threshold(Threshold.Config(confidence_bp_min=6000))

facts = st.fixed_dictionaries(
    {
        "channel_ns": st.integers(-1, 12).map(lambda second: START_NS + second * SECOND_NS),
        "marks": st.sampled_from([0, 0, 0, 4]),
        "warm": st.sampled_from([True, True, True, False]),
        "p_bp": st.sampled_from([4_000, 4_001, 5_999, 6_000]) | st.integers(0, 10_000),
        "held": st.sampled_from([0, 0, 0, 5, -5]),
        "working": st.sampled_from([0, 0, 0, 5, -5]),
        "taker_ppm": st.sampled_from([0, 333, 500]),
        "volatility_bp": st.floats(0, 40, width=32),
        "spread_bp": st.sampled_from([0.0, 0.1, 3.7]),
        "remembered_ns": st.sampled_from([0, START_NS, START_NS + 2 * SECOND_NS]),
    }
)


def row(known: dict[str, Any]) -> Row:
    x = np.zeros(len(FEATURES), np.float32)
    x[INDEX["volatility_1s"]], x[INDEX["spread"]] = known["volatility_bp"], known["spread_bp"]
    step = FUTURE.tick_sizes[0].step
    quotes = {"bid": 600_000 * step, "bid_size": 9_000, "ask": 600_001 * step, "ask_size": 9_000, "close": 0}
    names = ("channel_ns", "marks", "warm", "p_bp", "held", "working", "taker_ppm")
    return Row(
        number=1,
        instrument=FUTURE,
        model_bp=5_000,
        online_bp=5_000,
        confidence_bp=max(known["p_bp"], 10_000 - known["p_bp"]),
        features=tuple(x.tolist()),
        **quotes,
        **{name: known[name] for name in names},
    )


def ruled(strategy: Ruled, seen: Row, remembered_ns: int) -> int:
    kernel, numbers = strategy.rule(INDEX)
    feature, said = np.zeros(1, FEATURE), np.zeros(1, ROW)
    feature["channel_ns"], feature["marks"], feature["warm"] = seen.channel_ns, seen.marks, seen.warm
    feature["x"] = seen.features
    said["p_bp"], said["confidence_bp"] = seen.p_bp, seen.confidence_bp
    return kernel(feature[0], said[0], seen.held, seen.working, seen.taker_ppm, remembered_ns, numbers)


@pytest.mark.parametrize("strategy", [PROBE, THRESHOLD])
@settings(max_examples=300, deadline=None)
@given(known=facts)
def test_a_rule_says_what_the_strategy_says(strategy: Any, known: dict[str, Any]) -> None:
    seen, state = row(known), strategy.initial()
    (state.next_ns if strategy is PROBE else state.entered_ns)[FUTURE.number] = known["remembered_ns"]
    assert strategy.remembered(state, FUTURE.number) == known["remembered_ns"]
    said = ruled(strategy, seen, known["remembered_ns"])
    answer = strategy.decide(state, seen)
    if isinstance(answer, Reason):
        assert said == answer
        assert strategy.remembered(state, FUTURE.number) == known["remembered_ns"]
    else:
        assert said == ASK


def test_a_strategy_that_changes_an_inherited_one_is_asked_itself() -> None:
    class Eager(Probe):
        pass

    eager = Eager(Probe.Config(round_trip_ns=1))
    nothing = np.zeros(4, np.int64)
    assert Quiet([PROBE], INDEX, nothing).is_complete
    assert not Quiet([PROBE, eager], INDEX, nothing).is_complete
