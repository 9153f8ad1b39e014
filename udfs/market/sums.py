"""Sums and products of int64 that stop at the end of the range instead of wrapping round."""

import numpy as np

from udfs.kernels import kernel

_MAX = 2**63 - 1
_END = np.uint64(_MAX)


@kernel()
def add(left, right):  # type: ignore[no-untyped-def]
    """The sum, held at the ends of the range; neither may be -2^63."""
    if right > 0 and left > _MAX - right:
        return _MAX
    if right < 0 and left < -_MAX - right:
        return -_MAX
    return left + right


@kernel()
def add_more(left, right):  # type: ignore[no-untyped-def]
    """The sum of two that are not negative, held at the end of the range."""
    return np.int64(min(np.uint64(left) + np.uint64(right), _END))  # unsigned, it cannot wrap, and needs no branch


@kernel()
def multiply(left, right):  # type: ignore[no-untyped-def]
    """The product of any `left` and a `right` that is not negative, held at the ends of the range."""
    if right == 0 or (-(2**31) < left < 2**31 and right < 2**32):
        return left * right
    if left > _MAX // right:
        return _MAX
    if left < -(_MAX // right):
        return -_MAX
    return left * right
