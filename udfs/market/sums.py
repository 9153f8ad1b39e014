"""Sums and products of int64 that stop at the end of the range instead of wrapping round."""

from udfs.kernels import kernel

_MAX = 2**63 - 1


@kernel()
def add(left, right):  # type: ignore[no-untyped-def]
    """The sum, held at the ends of the range; neither may be -2^63."""
    if right > 0 and left > _MAX - right:
        return _MAX
    if right < 0 and left < -_MAX - right:
        return -_MAX
    return left + right


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
