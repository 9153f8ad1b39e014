"""Spreads that were paid: effective, realised, and the price impact between them. Huang and Stoll 1996."""

import numpy as np

from udfs.kernels import kernel

STATE = np.dtype([("effective_bp", "<f8"), ("realised_bp", "<f8"), ("impact_bp", "<f8")])


@kernel()
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """Means by size over the mid at the close; each keeps its last value in a bar without trades for it.

    Realised spread and impact are of the trades whose quote 5 s later came in this bar (`udfs.market.prints`).
    """
    if bar.mid_half > 0 and bar.quoted > 0:
        own.effective_bp = 2e4 * float(bar.effective) / float(bar.quoted) / float(bar.mid_half)
    if bar.mid_half > 0 and bar.matured > 0:
        own.realised_bp = 2e4 * float(bar.realised) / float(bar.matured) / float(bar.mid_half)
        own.impact_bp = 2e4 * float(bar.impact) / float(bar.matured) / float(bar.mid_half)
    values[0] = own.effective_bp
    values[1] = own.realised_bp
    values[2] = own.impact_bp
