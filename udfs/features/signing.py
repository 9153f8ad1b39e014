"""Who asked for the trades, where no venue says it: the tick rule, and Lee and Ready 1991."""

import numpy as np

from udfs.kernels import kernel

STATE = np.dtype([("unused", "<i8")])


@kernel()
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """(bought - sold) / traded size by each rule; 0 without trades (`udfs.market.prints`)."""
    volume = float(bar.volume)
    values[0] = float(bar.tick_rule) / volume if volume > 0.0 else 0.0
    values[1] = float(bar.lee_ready) / volume if volume > 0.0 else 0.0
