"""Rates and percentiles against slow, obvious ones."""

import math

import numpy as np
import pytest

from udfs.portfolio.performance import calibration, drawdown_max, percentile, score


def slow_score(p_bp: list[int], labels: list[int], groups: list[int]) -> tuple[float, float, float]:
    rows = [(p, label, group) for p, label, group in zip(p_bp, labels, groups, strict=True) if label]
    hits = []
    for p, label, _ in rows:
        hits.append(0.5 if p == 5_000 else 1.0 if (p > 5_000) == (label > 0) else 0.0)
    accuracy = sum(hits) / len(rows)
    total = 0.0
    for wanted in {group for _, _, group in rows}:
        total += sum(hit - accuracy for hit, (_, _, group) in zip(hits, rows, strict=True) if group == wanted) ** 2
    ups = sum(label > 0 for _, label, _ in rows)
    return accuracy, math.sqrt(total) / len(rows), max(ups, len(rows) - ups) / len(rows)


@pytest.mark.parametrize("seed", range(5))
def test_score_equals_the_slow_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    p_bp = random.choice([0, 4_999, 5_000, 5_001, 10_000, 6_500], 300)
    labels, groups = random.integers(-1, 2, 300), random.integers(0, 40, 300)
    found = score(p_bp, labels, groups)
    slow = slow_score(p_bp.tolist(), labels.tolist(), groups.tolist())
    assert (found.accuracy, found.accuracy_se, found.base_rate) == pytest.approx(slow, abs=1e-12)
    assert found.labelled + found.flat == 300


def test_independent_rows_have_the_binomial_error() -> None:
    p_bp, labels = np.array([6_000] * 10), np.array([1] * 7 + [-1] * 3)
    found = score(p_bp, labels, np.arange(10))
    assert found.accuracy_se == pytest.approx(math.sqrt(0.7 * 0.3 / 10))
    together = score(p_bp, labels, np.array([0] * 7 + [1] * 3))
    assert together.accuracy_se > found.accuracy_se


def test_log_loss_of_certainty_is_bounded() -> None:
    found = score(np.array([10_000, 0]), np.array([-1, -1]), np.arange(2))
    assert found.log_loss == pytest.approx((-math.log(1e-4) - math.log(0.9999)) / 2)


def test_nothing_labelled_has_no_rates() -> None:
    found = score(np.array([7_000]), np.array([0]), np.array([1]))
    assert found == (0, 1, None, None, None, None)


def test_calibration_counts_every_labelled_row_once() -> None:
    p_bp = np.array([0, 999, 1_000, 9_999, 10_000, 5_000])
    labels = np.array([-1, 1, 1, 1, 1, 0])
    found = calibration(p_bp, labels)
    assert [one.rows for one in found] == [2, 1, 2]
    assert found[0].realised == 0.5
    assert found[0].predicted == pytest.approx(0.04995)


@pytest.mark.parametrize("percent", [1, 50, 99, 100])
def test_percentile_is_the_nearest_rank(percent: int) -> None:
    values = np.sort(np.random.default_rng(percent).integers(0, 1_000, 137))
    below = [value for value in values.tolist() if (values <= value).sum() * 100 >= percent * len(values)]
    assert percentile(values, percent) == min(below)


def test_drawdown_of_a_loss_from_the_start() -> None:
    assert drawdown_max([-1, -5, -2]) == 4
    assert drawdown_max([]) == 0
