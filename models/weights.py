"""What the online learner has learned, as plain numbers: a state outlives a library's classes."""

import numpy as np

from schemas.features import WIDTH


def state_record(width: int) -> np.dtype[np.void]:
    """Everything that River changes while it learns, in the order of a set of so many features."""
    return np.dtype(
        [
            ("weights", "<f8", (width,)),
            ("means", "<f8", (width,)),
            ("variances", "<f8", (width,)),
            ("counts", "<u8", (width,)),
            ("intercept", "<f8"),
            ("iterations", "<u8"),
        ]
    )


STATE = state_record(WIDTH)
