"""The shipped strategies: what they ask for, and that no fill leaves them holding what they can never close."""

from typing import Any

import numpy as np
import pytest

from schemas.features import FEATURES, INDEX
from schemas.records import Side
from schemas.trading import Reason
from tests.builders import START_NS, demo, demo_term
from tests.udfs.risk.test_limits import VIEW
from udfs.execution.probe import Probe
from udfs.execution.strategy import Row, Strategy
from udfs.execution.threshold import HORIZON_S, Threshold
from udfs.risk.limits import Intent, check

SPOT = demo().universe.instruments[0]
FUTURE = demo().universe.instruments[1]
ROUND_NS = 30_000_000_000
PROBE = Probe(Probe.Config(round_trip_ns=ROUND_NS))
THRESHOLD = Threshold(Threshold.Config(confidence_bp_min=8000))


def row(**changes: Any) -> Row:
    instrument = changes.get("instrument", SPOT)
    step = instrument.tick_sizes[0].step
    bid = 60_000 * 10**instrument.price_decimals // step * step
    features = np.zeros(len(FEATURES))
    features[INDEX["volatility_1s"]] = changes.pop("volatility_bp", 50.0)
    features[INDEX["spread"]] = 0.1
    fields: dict[str, Any] = {
        "number": 1,
        "channel_ns": START_NS,
        "instrument": instrument,
        "bid": bid,
        "bid_size": 10**9,
        "ask": bid + step,
        "ask_size": 10**9,
        "close": bid,
        "marks": 0,
        "warm": True,
        "model_bp": 5000,
        "online_bp": 5000,
        "p_bp": 5000,
        "confidence_bp": 5000,
        "held": 0,
        "working": 0,
        "taker_ppm": 1000,
        "features": tuple(features.tolist()),
    }
    return Row(**(fields | changes))


def only(answer: Any) -> Intent:
    assert not isinstance(answer, Reason) and len(answer) == 1
    return answer[0]


def passes(intent: Intent, seen: Row) -> bool:
    """Whether risk lets it through in the demonstration's limits."""
    now = {"now_ns": seen.channel_ns, "quote_ns": seen.channel_ns, "bid": seen.bid, "ask": seen.ask, "held": seen.held}
    return check(intent, seen.instrument, VIEW._replace(**now), demo_term().limits) is Reason.NONE


def test_probe_makes_a_round_trip() -> None:
    state = PROBE.initial()
    first = only(PROBE.decide(state, row()))
    assert (first.side, first.size) == (Side.BUY, SPOT.size_min) and passes(first, row())
    assert PROBE.decide(state, row(working=SPOT.size_min)) is Reason.ORDER_WORKING
    held = row(held=SPOT.size_min)
    back = only(PROBE.decide(state, held))
    assert (back.side, back.size) == (Side.SELL, SPOT.size_min) and passes(back, held)
    assert PROBE.decide(state, row(channel_ns=START_NS + ROUND_NS - 1)) is Reason.WAITING
    assert only(PROBE.decide(state, row(channel_ns=START_NS + ROUND_NS))).side == Side.BUY


@pytest.mark.parametrize("strategy", [PROBE, THRESHOLD])
@pytest.mark.parametrize("instrument", [SPOT, FUTURE])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_partial_fill_never_leaves_a_position_that_cannot_be_closed(
    strategy: Strategy, instrument: Any, sign: int
) -> None:
    """Every fill takes one lot only: the worst that a venue may do."""
    if sign < 0 and not instrument.shortable:
        return
    state, held = strategy.initial(), sign * instrument.lot
    for step in range(200):
        seen = row(instrument=instrument, held=held, channel_ns=START_NS + (step + HORIZON_S) * 1_000_000_000)
        intent = only(strategy.decide(state, seen))
        assert passes(intent, seen) and intent.size >= instrument.size_min
        closes = (intent.side == Side.SELL) == (held > 0)
        filled = intent.size if step % 3 else instrument.lot
        held += filled if intent.side == Side.BUY else -filled
        if held == 0:
            assert closes
            return
    pytest.fail(f"still holds {held}")


def test_threshold_asks_for_confidence_then_for_more_than_the_costs() -> None:
    state = THRESHOLD.initial()
    assert THRESHOLD.decide(state, row(p_bp=7999, confidence_bp=7999)) is Reason.BELOW_CONFIDENCE
    assert THRESHOLD.decide(state, row(p_bp=9000, confidence_bp=9000, volatility_bp=1.0)) is Reason.BELOW_COST
    intent = only(THRESHOLD.decide(state, row(p_bp=9000, confidence_bp=9000)))
    assert (intent.side, intent.size) == (Side.BUY, SPOT.size_min)
    later = START_NS + HORIZON_S * 1_000_000_000
    assert THRESHOLD.decide(state, row(held=SPOT.size_min, channel_ns=later - 1)) is Reason.WAITING
    assert only(THRESHOLD.decide(state, row(held=SPOT.size_min, channel_ns=later))).side == Side.SELL
    assert only(THRESHOLD.decide(state, row(p_bp=1000, confidence_bp=9000))).side == Side.SELL
