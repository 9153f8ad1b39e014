"""Momentum: the relative strength index."""

import udfs.features.window
from udfs.features.window import settle
from udfs.kernels import kernel


@kernel(udfs.features.window)
def rsi(core, move, n):  # type: ignore[no-untyped-def]
    """100 G / (G + L) from 0 to 100; 50 when both are zero. Wilder 1978.

    `move` is the mid's change since the bar before, `core.bars` the number of changes with it. G and L are the mean of
    the first n gains and losses, then smoothed by 1/n.
    """
    if core.bars > 0:
        weight = 1.0 / float(min(core.bars, n))
        core.gain = settle(core.gain + (float(max(move, 0)) - core.gain) * weight)
        core.loss = settle(core.loss + (float(max(-move, 0)) - core.loss) * weight)
    swing = core.gain + core.loss
    return 100.0 * core.gain / swing if swing > 0.0 else 50.0
