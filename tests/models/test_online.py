import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from river import compose, linear_model, optim, preprocessing

from models.online import Online
from schemas.errors import StateError
from schemas.features import NAMES, WIDTH

ROWS = 2_000


def _rows(seed: int = 1, count: int = ROWS):
    random = np.random.default_rng(seed)
    x = (random.normal(size=(count, WIDTH)) * np.logspace(-3, 3, WIDTH)).astype(np.float32)
    x[:, 5] = 7.0  # a constant feature has no variance
    up = random.random(count) < 1 / (1 + np.exp(-x[:, 10]))
    return x.tolist(), up.tolist()


def test_it_is_rivers_pipeline():
    """Row by row the same bits as River used directly, with a state that is dumped and loaded on the way."""
    river = compose.Pipeline(
        preprocessing.StandardScaler(),
        linear_model.LogisticRegression(optimizer=optim.SGD(0.05), intercept_lr=0.05),
    )
    online, reload = Online(0.05), np.random.default_rng(2)
    for number, (x, up) in enumerate(zip(*_rows(), strict=True)):
        if number < 3 or reload.random() < 0.05:
            data, online = online.dump(), Online(0.05)
            online.load(data)
            assert online.dump() == data
        named = dict(zip(NAMES, x, strict=True))
        assert online.predict(x) == river.predict_proba_one(named)[True]
        online.learn(x, up)
        river.learn_one(named, up)


def test_it_learns():
    online, right, x_up = Online(0.05), 0, zip(*_rows(3), strict=True)
    for number, (x, up) in enumerate(x_up):
        right += number >= ROWS // 2 and (online.predict(x) > 0.5) == up
        online.learn(x, up)
    assert right / (ROWS / 2) > 0.6


def test_predicting_changes_nothing():
    online = Online(0.05)
    for x, up in zip(*_rows(4, 50), strict=True):
        online.learn(x, up)
    before = online.dump()
    online.predict([1.0] * WIDTH)
    assert online.dump() == before


def test_a_state_of_another_length_is_refused():
    with pytest.raises(StateError, match="bytes instead of"):
        Online(0.05).load(b"short")


def _digest() -> str:
    online = Online(0.05)
    for x, up in zip(*_rows(5, 300), strict=True):
        online.learn(x, up)
    return hashlib.sha256(online.dump()).hexdigest()


def test_the_order_of_hashes_does_not_matter():
    """River keeps features in dictionaries and masks: another process with another hash seed has the same bits."""
    other = subprocess.run(
        [sys.executable, "-c", "import tests.models.test_online as t; print(t._digest())"],
        env={**os.environ, "PYTHONHASHSEED": "4242"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == _digest()
