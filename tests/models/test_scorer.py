import math

import numpy as np
import pytest

from models.scorer import Scorer
from schemas.errors import ModelError
from schemas.features import WIDTH
from tests.models.onnx_bytes import logistic

WEIGHTS = np.linspace(-1, 1, WIDTH)


def test_the_score_is_the_models_probability_of_up():
    x = np.random.default_rng(1).normal(size=(200, WIDTH)).astype(np.float32)
    expected = [10_000 / (1 + math.exp(-float(row @ WEIGHTS))) for row in x.astype(np.float64)]
    scores = Scorer(logistic(WEIGHTS))(x)
    assert scores.dtype == np.int32
    assert np.abs(scores - expected).max() <= 0.51


def test_no_rows_have_no_scores():
    assert Scorer(logistic(WEIGHTS))(np.zeros((0, WIDTH), np.float32)).shape == (0,)


def test_bytes_that_are_no_model_are_refused():
    with pytest.raises(ModelError, match="not a model"):
        Scorer(b"not a model")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (logistic(np.ones(3), width=3), "input is x"),
        (logistic(WEIGHTS, columns=1), "no output"),
    ],
)
def test_a_model_of_another_shape_is_refused(data, what):
    with pytest.raises(ModelError, match=what):
        Scorer(data)


def test_rows_of_another_width_are_refused():
    with pytest.raises(ModelError, match=r"\(1, 3\)"):
        Scorer(logistic(WEIGHTS))(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("scale", [float("nan"), 3.0, -1.0])
def test_what_is_no_probability_is_refused(scale):
    with pytest.raises(ModelError, match="between 0 and 1"):
        Scorer(logistic(WEIGHTS, scale=scale))(np.ones((4, WIDTH), np.float32))


def test_a_model_must_have_a_probability_for_each_row():
    with pytest.raises(ModelError, match="1 probabilities for 4 rows"):
        Scorer(logistic(WEIGHTS, is_merged=True))(np.ones((4, WIDTH), np.float32))
