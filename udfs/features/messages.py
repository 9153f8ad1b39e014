"""Messages: how much is quoted for what is traded."""

import numpy as np

from udfs.kernels import kernel

STATE = np.dtype([("unused", "<i8")])


@kernel()
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """Changes of the best quotes for each trade; their number in a bar without trades."""
    values[0] = float(bar.quotes) / float(max(bar.trades, 1))
