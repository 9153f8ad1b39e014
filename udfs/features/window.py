"""What every indicator of one bar width keeps: the last mids, and the sums that decay."""

import numpy as np

from udfs.kernels import kernel

MIDS = 20  # the longest look-back at mids

CORE = np.dtype(
    [
        ("mids", "<i8", (MIDS,)),  # bid + ask: the mid in half price units; a ring, the newest at `place`
        ("place", "<i8"),
        ("bars", "<i8"),  # with a mid, so far
        ("close", "<i8"),  # last trade at the bar before; 0 = none
        ("variance", "<f8"),  # of returns, bp^2
        ("gain", "<f8"),
        ("loss", "<f8"),
        ("range", "<f8"),
    ]
)
_TINY = 1e-30  # far below the resolution of any price; what decays must not become denormal


@kernel()
def settle(value):  # type: ignore[no-untyped-def]
    """Zero for what has decayed to nothing: denormal numbers depend on a processor mode that libraries change."""
    return value if value > _TINY or value < -_TINY else 0.0


@kernel()
def mid_before(core, bars):  # type: ignore[no-untyped-def]
    """The mid `bars` bars ago; 0 when there were not so many."""
    if core.bars <= bars:
        return 0
    place = core.place - bars
    return core.mids[place + MIDS if place < 0 else place]


@kernel()
def append(core, mid):  # type: ignore[no-untyped-def]
    core.place = core.place + 1 if core.place < MIDS - 1 else 0
    core.mids[core.place] = mid
    core.bars += 1
