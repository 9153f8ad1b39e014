"""How good predictions were, and what a curve of money looked like; numbers in, numbers out.

A prediction is `p_bp`, the probability of up in basis points (10,000 = 1); a label is +1, -1, or 0 for a move too
small to count. Rows with label 0 are left out of every rate and counted apart.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

BP = 10_000
EVEN_BP = BP // 2

Integers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


class Score(NamedTuple):
    """Accuracy beside the base rate of the same rows; None where no row has a label."""

    labelled: int  # rows with label +1 or -1
    flat: int  # rows with label 0
    accuracy: float | None  # share of labelled rows that were called right; an even call counts half
    accuracy_se: float | None
    base_rate: float | None  # what always calling the more frequent label would have reached
    log_loss: float | None  # in nats; a probability counts as at least 1 and at most 9,999 bp


class Bin(NamedTuple):
    """The labelled rows whose prediction lies in one bin."""

    predicted: float  # mean probability of up
    realised: float  # share that went up
    realised_se: float
    rows: int


def score(p_bp: Integers, labels: Integers, groups: Integers) -> Score:
    """How often the predictions were right.

    `groups` numbers rows that are not independent (labels of one instrument whose horizons overlap): the standard
    error is the cluster-robust one, sqrt(sum over groups of (sum of residuals)^2) / n, without a correction for few
    groups (Liang, Zeger 1986).

    >>> found = score(np.array([6000, 4000, 6000, 5000]), np.array([1, -1, -1, 0]), np.array([1, 2, 3, 4]))
    >>> found.labelled, found.flat, round(found.accuracy, 4), round(found.base_rate, 4)
    (3, 1, 0.6667, 0.6667)
    """
    counts = labels != 0
    flat = int(len(labels) - counts.sum())
    up, p, groups = labels[counts] > 0, p_bp[counts].astype(np.int64), groups[counts]
    count = len(up)
    if not count:
        return Score(0, flat, None, None, None, None)
    hits = np.where(p == EVEN_BP, 0.5, (p > EVEN_BP) == up)
    accuracy = math.fsum(hits) / count
    ups = int(up.sum())
    right = np.clip(np.where(up, p, BP - p), 1, BP - 1) / BP
    return Score(
        labelled=count,
        flat=flat,
        accuracy=accuracy,
        accuracy_se=_clustered_se(hits - accuracy, groups),
        base_rate=max(ups, count - ups) / count,
        log_loss=-math.fsum(math.log(one) for one in right.tolist()) / count,
    )


def calibration(p_bp: Integers, labels: Integers, bins: int = 10) -> list[Bin]:
    """Predicted beside realised, in bins of equal width; empty bins are left out, label 0 is not counted."""
    counts = labels != 0
    up, p = labels[counts] > 0, p_bp[counts].astype(np.int64)
    place = np.minimum(p * bins // BP, bins - 1)
    found = []
    for one in range(bins):
        inside = place == one
        count = int(inside.sum())
        if count:
            realised = float(up[inside].mean())
            spread = math.sqrt(realised * (1 - realised) / count)
            found.append(Bin(float(p[inside].mean()) / BP, realised, spread, count))
    return found


def drawdown_max(curve: list[int]) -> int:
    """The deepest fall of a curve below its own earlier high, as a number that is 0 or positive.

    >>> drawdown_max([0, 5, 3, 8, 1, 9])
    7
    """
    high, deepest = 0, 0
    for place, value in enumerate(curve):
        high = value if place == 0 else max(high, value)
        deepest = max(deepest, high - value)
    return deepest


def percentile(sorted_values: Integers, percent: int) -> int:
    """The nearest-rank percentile of sorted values: the smallest one that so many percent do not exceed.

    >>> percentile(np.array([10, 20, 30, 40]), 50), percentile(np.array([10, 20, 30, 40]), 99)
    (20, 40)
    """
    rank = -(-len(sorted_values) * percent // 100)
    return int(sorted_values[max(rank, 1) - 1])


def _clustered_se(residuals: Floats, groups: Integers) -> float:
    _, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place, weights=residuals)
    return math.sqrt(math.fsum(sums * sums)) / len(residuals)
