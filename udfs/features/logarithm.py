"""The logarithm of a ratio with + - * / alone: a library's differs in the last bit from one processor to another."""

from udfs.kernels import kernel

LN_2 = 0.6931471805599453
_ROOT_2 = 1.4142135623730951


@kernel()
def log_ratio(after, before):  # type: ignore[no-untyped-def]
    """ln(after / before) of two positive int64, to 2e-16 of itself also when they are nearly equal.

    2 artanh((a - b) / (a + b)) as its series, after whole powers of 2 are taken out, so that |z| <= 0.172.
    """
    top, bottom, halvings = float(after), float(before), 0
    while top > _ROOT_2 * bottom:
        top, halvings = 0.5 * top, halvings + 1
    while bottom > _ROOT_2 * top:
        bottom, halvings = 0.5 * bottom, halvings - 1
    difference = float(after - before) if halvings == 0 else top - bottom
    z = difference / (top + bottom)
    square, power, series = z * z, z, z
    for odd in range(3, 23, 2):
        power *= square
        series += power / float(odd)
    return 2.0 * series + float(halvings) * LN_2
