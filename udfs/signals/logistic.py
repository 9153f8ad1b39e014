"""The compiled twin of `models.online`: River's scaler and logistic regression on one record of `models.weights.STATE`.

Every operation is River's, in River's order (StandardScaler, GLM, Log, SGD; release 0.23), so every bit is: sums run
in the order of the features and begin at zero, products and differences are rounded one after the other. River's
clipping of the gradient at 1e12 is left out, for no gradient of the log-loss is beyond 1. `x` is finite.
"""

import math

import numpy as np

from udfs.kernels import kernel

# River's deviation is Python's `variance ** 0.5`, the C library's pow: another last bit than a square root's in about
# 1 of 1,000. A compiler that sees this constant writes a square root, so kernels take it as an argument.
HALF = 0.5
_SURE = 30.0  # beyond this margin River's sigmoid is 0 or 1,
_LARGE = 18.0  # and beyond this one its gradient leaves out what is small


@kernel()
def learn(state, x, up, rate, half):  # type: ignore[no-untyped-def]
    """Take the row into means and variances, then make one step down the gradient of its log-loss."""
    scaled = np.empty(len(x))
    for i in range(len(x)):
        _count(state, i, float(x[i]))
        scaled[i] = _scale(state, i, float(x[i]), half)
    margin = 0.0
    for i in range(len(x)):
        margin += state.weights[i] * scaled[i]
    gradient = _gradient(margin + state.intercept, 1.0 if up else -1.0)
    state.intercept -= rate * gradient
    for i in range(len(x)):
        state.weights[i] -= scaled[i] * gradient * rate
    state.iterations += np.uint64(1)


@kernel()
def predict(state, x, half):  # type: ignore[no-untyped-def]
    """The probability of up."""
    margin = 0.0
    for i in range(len(x)):
        margin += state.weights[i] * _scale(state, i, float(x[i]), half)
    margin += state.intercept
    if margin < -_SURE:
        return 0.0
    if margin > _SURE:
        return 1.0
    return 1.0 / (1.0 + math.exp(-margin))


@kernel()
def _count(state, i, x):  # type: ignore[no-untyped-def]
    state.counts[i] += np.uint64(1)
    mean = state.means[i]
    state.means[i] += (x - mean) / state.counts[i]
    state.variances[i] += ((x - mean) * (x - state.means[i]) - state.variances[i]) / state.counts[i]


@kernel()
def _scale(state, i, x, half):  # type: ignore[no-untyped-def]
    deviation = state.variances[i] ** half
    return (x - state.means[i]) / deviation if deviation != 0.0 else 0.0


@kernel()
def _gradient(margin, sign):  # type: ignore[no-untyped-def]
    right = margin * sign
    if right > _LARGE:
        return math.exp(-right) * -sign
    if right < -_LARGE:
        return -sign
    return -sign / (math.exp(right) + 1.0)
