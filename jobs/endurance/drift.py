"""Does a quantity grow with time? A straight line through block means, and how sure one may be of its slope; pure.

What a process holds is autocorrelated: it rises in steps and falls when something collects. A fit through the bare
samples would take hundreds of equal ones for hundreds of witnesses. So samples are averaged over blocks, and the
residuals' lag-one autocorrelation shrinks the number of blocks that count, as for trends of climate (Santer et al.,
Journal of Geophysical Research 105, 2000).
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import linregress
from scipy.stats import t as student

__all__ = ["BLOCKS", "Drift", "Slope", "Verdict", "drift", "slope"]

BLOCKS = 16
CONFIDENCE = 0.95
HOUR_S = 3600.0

Floats = npt.NDArray[np.float64]


class Verdict(StrEnum):
    FLAT = "flat"  # surely slower than the limit, over the whole or, after a step, over the later half
    GROWS = "grows"  # surely faster than the limit, and still so over the later half
    UNSURE = "unsure"  # the interval holds the limit, or there are too few samples: measure for longer


class Slope(msgspec.Struct, frozen=True):
    """Growth an hour, and half the width of its 95 % interval (Student's t)."""

    per_hour: float
    half_width: float

    @property
    def low(self) -> float:
        return self.per_hour - self.half_width

    @property
    def high(self) -> float:
        return self.per_hour + self.half_width


class Drift(msgspec.Struct, frozen=True):
    """What a series did: its first and last block's mean, its growth in all and over the later half."""

    start: float
    end: float
    whole: Slope
    late: Slope
    verdict: Verdict


def drift(at_s: Sequence[float], values: Sequence[float], limit_per_hour: float) -> Drift | None:
    """Judge a series whose warm-up has been left out; None when its samples do not fill every block.

    >>> seconds = range(160)
    >>> drift(seconds, [1000 + second for second in seconds], limit_per_hour=60).verdict
    <Verdict.GROWS: 'grows'>
    >>> drift(seconds, [1000 + second % 2 for second in seconds], limit_per_hour=60).verdict
    <Verdict.FLAT: 'flat'>
    """
    blocks = _blocks(np.asarray(at_s, float), np.asarray(values, float))
    if blocks is None:
        return None
    times, means = blocks
    whole, late = slope(times, means), slope(times[BLOCKS // 2 :], means[BLOCKS // 2 :])
    return Drift(float(means[0]), float(means[-1]), whole, late, _verdict(whole, late, limit_per_hour))


def slope(times_s: Floats, means: Floats) -> Slope:
    """The least-squares line through points at equal distances; needs three of them."""
    fit = linregress(times_s, means)
    residuals = means - fit.intercept - fit.slope * times_s
    counted = len(means) * (1 - (found := _autocorrelation(residuals))) / (1 + found)
    freedom = max(counted - 2, 1.0)
    error = np.sqrt(residuals @ residuals / freedom / np.square(times_s - times_s.mean()).sum())
    return Slope(float(fit.slope) * HOUR_S, float(student.ppf((1 + CONFIDENCE) / 2, freedom) * error) * HOUR_S)


def _blocks(at_s: Floats, values: Floats) -> tuple[Floats, Floats] | None:
    """The middle of each stretch of time, and the mean of what was sampled in it; None when one is empty."""
    if len(at_s) < BLOCKS:
        return None
    edges = np.linspace(at_s[0], at_s[-1], BLOCKS + 1)
    block = np.minimum(np.searchsorted(edges, at_s, "right") - 1, BLOCKS - 1)
    counts = np.bincount(block, minlength=BLOCKS)
    if not counts.all():
        return None
    return (edges[:-1] + edges[1:]) / 2, np.bincount(block, values) / counts


def _autocorrelation(residuals: Floats) -> float:
    """Of neighbours; between 0 (also where it is negative, which would only narrow the interval) and 0.9."""
    power = float(residuals @ residuals)
    return min(max(float(residuals[1:] @ residuals[:-1]) / power, 0.0), 0.9) if power else 0.0


def _verdict(whole: Slope, late: Slope, limit_per_hour: float) -> Verdict:
    if min(whole.high, late.high) <= limit_per_hour:
        return Verdict.FLAT
    if whole.low > limit_per_hour and late.low > limit_per_hour:
        return Verdict.GROWS
    return Verdict.UNSURE
