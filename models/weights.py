"""What the online learner has learned, as plain numbers: a state outlives a library's classes."""

import numpy as np

from schemas.features import WIDTH

# Everything that River changes while it learns, in feature order.
STATE = np.dtype(
    [
        ("weights", "<f8", (WIDTH,)),
        ("means", "<f8", (WIDTH,)),
        ("variances", "<f8", (WIDTH,)),
        ("counts", "<u8", (WIDTH,)),
        ("intercept", "<f8"),
        ("iterations", "<u8"),
    ]
)
