import math
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from models.card import card
from models.evaluate import evaluate
from models.registry import Registry
from schemas.errors import DataError
from tests.models.builders import SECOND_NS, generated


def _judged(scores, labels, horizon_ns=1):
    rows = generated(1, len(labels))
    return evaluate(np.array(scores, np.int32), replace(rows, label=np.array(labels, np.int8)), horizon_ns)


def test_metrics_by_hand():
    metrics = _judged([9_000, 6_000, 4_000, 5_000, 1_000], [1, -1, -1, 1, 0])
    assert (metrics.rows, metrics.flat_rows) == (4, 1)
    assert metrics.accuracy == 0.5  # exactly 5,000 takes no side
    assert metrics.base_rate == 0.5
    assert metrics.accuracy_se == 0.25
    expected = -(math.log(0.9) + math.log(0.4) + math.log(0.6) + math.log(0.5)) / 4
    assert math.isclose(metrics.log_loss, expected)
    assert math.isclose(metrics.log_loss_base, math.log(2))


def test_the_base_rate_is_the_more_frequent_side():
    assert _judged([1] * 4, [-1, -1, -1, 1]).base_rate == 0.75
    assert _judged([1] * 4, [1, 1, -1, 1]).base_rate == 0.75


def test_rows_of_one_block_count_as_one():
    """Ten rows that are always right or wrong together say as much as one."""
    random = np.random.default_rng(1)
    right = np.repeat(random.random(200) < 0.5, 10)
    labels = np.where(random.random(2_000) < 0.5, 1, -1)
    scores = np.where(right, 5_000 + 2_000 * labels, 5_000 - 2_000 * labels)
    metrics = _judged(scores, labels, horizon_ns=10 * SECOND_NS)
    assert math.isclose(metrics.accuracy_se_blocks / metrics.accuracy_se, math.sqrt(10), rel_tol=0.01)
    alone = _judged(scores, labels, horizon_ns=SECOND_NS)
    assert math.isclose(alone.accuracy_se_blocks, alone.accuracy_se)


def test_calibration_counts_every_row_once():
    scores = [0, 999, 1_000, 5_500, 10_000, 9_999]
    metrics = _judged(scores, [1, -1, 1, 1, 1, -1])
    assert [(one.from_bp, one.to_bp, one.rows) for one in metrics.calibration] == [
        (0, 1_000, 2),
        (1_000, 2_000, 1),
        (5_000, 6_000, 1),
        (9_000, 10_000, 2),
    ]
    assert [one.up_share for one in metrics.calibration] == [0.5, 1.0, 1.0, 0.5]
    assert metrics.calibration[0].score_bp_mean == 499.5


def test_rows_that_did_not_move_cannot_be_judged():
    with pytest.raises(DataError, match="none of 3 rows moved"):
        _judged([1, 2, 3], [0, 0, 0])


def test_the_shipped_card_is_what_the_manifest_says():
    manifest = Registry().find("direction")
    text = (files("models") / "cards" / "direction.md").read_text(encoding="utf-8")
    assert text == card(manifest)
    assert f"accuracy {manifest.metrics.accuracy:.3f}" in text
