"""What grows is called growing, what only moves is not: noise, collection, a step, a warm-up that has not ended."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import lfilter
from scipy.stats import linregress

from jobs.endurance.drift import BLOCKS, Verdict, drift

LIMIT = 32.0  # MiB an hour
AT_S = np.arange(300.0)
Floats = npt.NDArray[np.float64]


def walked(seed: int, memory: float, size: float = 1.0) -> Floats:
    """Noise whose neighbours are alike, as allocators make it; standard deviation `size`."""
    noise = np.random.default_rng(seed).normal(size=len(AT_S))
    return lfilter([size * np.sqrt(1 - memory**2)], [1, -memory], noise)


def leak(per_hour: float) -> Floats:
    return AT_S / 3600 * per_hour


def step(at_s: int) -> Floats:
    return np.repeat([0.0, 20.0], [at_s, len(AT_S) - at_s])


@pytest.mark.parametrize("memory", [0.0, 0.9, 0.98])
def test_noise_is_hardly_ever_called_growth(memory: float) -> None:
    found = [drift(AT_S, 500 + walked(seed, memory, 0.5), LIMIT).verdict for seed in range(100)]
    assert found.count(Verdict.GROWS) <= 2


def test_the_interval_holds_the_truth_where_that_of_bare_samples_does_not() -> None:
    walks = [walked(seed, memory=0.9) for seed in range(100)]
    bare = [linregress(AT_S, walk) for walk in walks]
    fooled = sum(abs(fit.slope) > 2 * fit.stderr for fit in bare)
    mistaken = sum(found.low > 0 or found.high < 0 for found in (drift(AT_S, walk, LIMIT).whole for walk in walks))
    assert fooled > 50
    assert mistaken < 15


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.9])
def test_a_leak_is_seen_in_noise(noise: float) -> None:
    found = [drift(AT_S, 500 + leak(240) + walked(seed, noise, 0.3), LIMIT) for seed in range(100)]
    assert all(one.verdict == Verdict.GROWS for one in found)
    assert np.mean([one.whole.low <= 240 <= one.whole.high for one in found]) >= 0.9


def test_a_leak_below_the_limit_is_flat() -> None:
    assert drift(AT_S, 500 + leak(10), LIMIT).verdict == Verdict.FLAT
    assert drift(AT_S, 500 - leak(1000), LIMIT).verdict == Verdict.FLAT


@pytest.mark.parametrize("period_s", [7, 20, 45])
def test_what_is_collected_again_and_again_is_not_growth(period_s: int) -> None:
    saw = 40 * (AT_S % period_s) / period_s
    assert drift(AT_S, 500 + saw, LIMIT).verdict != Verdict.GROWS
    assert drift(AT_S, 500 + saw + leak(4000), LIMIT).verdict == Verdict.GROWS


@pytest.mark.parametrize("at_s", [10, 60, 140])
def test_a_step_that_is_over_is_flat(at_s: int) -> None:
    found = drift(AT_S, 500 + step(at_s) + walked(1, 0.0, 0.05), LIMIT)
    assert found.verdict == Verdict.FLAT


def test_a_step_near_the_end_is_not_called_growth() -> None:
    assert drift(AT_S, 500 + step(250) + walked(1, 0.0, 0.05), LIMIT).verdict == Verdict.UNSURE


def test_steps_that_go_on_are_growth() -> None:
    assert drift(AT_S, 500 + 5.0 * (AT_S // 30), LIMIT).verdict == Verdict.GROWS


def test_a_warm_up_that_levels_off_is_flat() -> None:
    assert drift(AT_S, 500 - 30 * np.exp(-AT_S / 20), LIMIT).verdict == Verdict.FLAT


def test_too_few_samples_are_no_verdict() -> None:
    assert drift([0, 1, 2], [1, 1, 1], LIMIT) is None
    assert drift([0.0] * BLOCKS + [100.0], [1.0] * (BLOCKS + 1), LIMIT) is None
