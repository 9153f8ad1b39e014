"""The compiled learner against River itself: the same bits in every prediction and in every state."""

from functools import cache

import numba
import numpy as np
import pytest

from models.online import Online
from models.weights import STATE
from schemas.config import FeedConfig
from schemas.features import WIDTH
from schemas.records import FEATURE
from tests.builders import captured, demo_term, log, messages
from tests.contract.battery import run
from udfs.machine import Pipeline
from udfs.pipeline import market
from udfs.signals.logistic import HALF, _scale, learn, predict
from udfs.signals.score import usable

ROWS = 2_000


@numba.njit
def _one(state, x, up, rate, half):
    predicted = predict(state[0], x, half)
    learn(state[0], x, up, rate, half)
    return predicted


@numba.njit
def _predict(state, x, half):
    return predict(state[0], x, half)


@numba.njit
def _scaled_one(state, feature, half):
    return _scale(state[0], feature, 1.0, half)


def _normal(random):
    x = random.normal(size=(ROWS, WIDTH)) * np.logspace(-3, 3, WIDTH) + np.linspace(-100, 100, WIDTH)
    x[:, 5] = 7.0  # a constant feature has no variance
    return x, random.random(ROWS) < 1 / (1 + np.exp(-x[:, 10] + x[:, 10].mean()))


def _huge(random):
    """Everything that float32 has, and both zeros."""
    x = random.choice([-1.0, 1.0], (ROWS, WIDTH)) * 10.0 ** random.uniform(-45, 38.5, (ROWS, WIDTH))
    x[random.random(x.shape) < 0.1] = -0.0
    return x, random.random(ROWS) < 0.5


def _still(random):
    """No variance for long; then a single feature moves by the least it can."""
    x = np.full((ROWS, WIDTH), 0.1)
    x[ROWS // 2 :, 3] = np.nextafter(np.float32(0.1), np.float32(1))
    return x, random.random(ROWS) < 0.7


def _learnable(random):
    """What a large rate learns until it is sure, and is then sometimes told that it is wrong."""
    x = random.normal(size=(ROWS, WIDTH))
    return x, (x[:, 0] > 0) ^ (random.random(ROWS) < 0.05)


@cache
def _market():
    """The usable rows of a real log."""
    frames = log(captured(0, 400), demo_term(), 0, FeedConfig(frame_wait_us_max=50_000))
    trace = run(lambda term, channel: Pipeline(market(term, channel)), messages(frames), 0)
    rows = np.frombuffer(trace["features"], FEATURE)
    return rows["x"][usable(rows)]


def _real(random):
    """Four times over, with labels that the next row's return suggests."""
    x = _market()
    assert len(x) > 100
    up = (np.roll(x[:, 0], -1) > 0) ^ (random.random((4, len(x))) < 0.1)
    return np.tile(x, (4, 1)), up.ravel()


def _same(make, rate, seed):
    """Row by row; at random rows each goes on from the other's bytes. The predictions and labels."""
    random = np.random.default_rng(seed)
    x, up = make(random)
    x = x.astype(np.float32)
    assert np.isfinite(x).all()
    river, state, predictions = Online(rate), np.zeros(1, STATE), []
    for number in range(len(x)):
        if number < 3 or random.random() < 0.02:
            data, held = river.dump(), state.tobytes()
            river, state = Online(rate), np.frombuffer(data, STATE).copy()
            river.load(held)
        expected = river.predict(x[number].tolist())
        river.learn(x[number].tolist(), bool(up[number]))
        predictions.append(_one(state, x[number], up[number], rate, HALF))
        assert predictions[-1].hex() == expected.hex(), f"prediction of row {number}"
        assert state.tobytes() == river.dump(), f"state after row {number}"
    return np.array(predictions), up


@pytest.mark.parametrize("rate", [0.01, 0.3])
@pytest.mark.parametrize("make", [_normal, _huge, _still, _real])
def test_it_is_river_bit_for_bit(make, rate):
    predictions, _ = _same(make, rate, seed=1)
    assert len(set(predictions.tolist())) > len(predictions) / 10


def test_it_is_river_where_it_is_too_sure():
    predictions, up = _same(_learnable, 5.0, seed=2)
    for sure in (0.0, 1.0):  # margins beyond 30
        for label in (False, True):  # right and wrong: both branches of the gradient beyond 18
            assert (up[predictions == sure] == label).sum() > 10


def test_a_deviation_is_pythons_power_and_not_a_square_root():
    random = np.random.default_rng(3)
    state = np.zeros(1, STATE)
    for variance in (random.random(20_000) * 10.0 ** random.integers(-20, 20, 20_000)).tolist():
        state["variances"][0, 4] = variance
        assert _scaled_one(state, 4, HALF) == 1.0 / variance**0.5


def test_the_first_row_is_predicted_even():
    assert _predict(np.zeros(1, STATE), np.full(WIDTH, 3.0, np.float32), HALF) == 0.5
