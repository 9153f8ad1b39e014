"""Labelled rows, generated: what is up depends on two features, and time goes on in seconds."""

import numpy as np

from models.splits import Examples
from schemas.features import INDEX, WIDTH

SECOND_NS = 1_000_000_000
HORIZON_NS = 10 * SECOND_NS


def generated(seed: int = 1, count: int = 1_500, first: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, WIDTH)).astype(np.float32)
    # Coarse values: many rows stand exactly on a threshold's edge, as ratios of small integers do.
    x = (np.round(x * 4) / 4).astype(np.float32)
    pull = x[:, INDEX["book_imbalance"]] + x[:, INDEX["return_1s"]] / 2 + random.normal(size=count)
    label = np.where(np.abs(pull) < 0.1, 0, np.sign(pull)).astype(np.int8)
    row_ns = (first + np.arange(count, dtype=np.int64)) * SECOND_NS
    return Examples(x, label, row_ns, row_ns + HORIZON_NS)
