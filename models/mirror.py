"""The same market upside down: what a feature row would have been had every price moved the other way."""

import numpy as np

from models.splits import Examples
from schemas.feature_sets import DEFAULT, FeatureSet
from schemas.features import SIGNED, UNSIGNED, WHOLES


def mirrored(rows: Examples, features: FeatureSet = DEFAULT) -> Examples:
    """The rows seen in the mirror, with opposite labels; a bp ratio is mirrored to first order.

    Prices go down instead of up, buyers become sellers, bids asks; `schemas.features.Feature.mirror` says what that
    does to each value. Trained on both, a model cannot take the drift of a few minutes for knowledge: up and down are
    equally frequent.
    """
    x = rows.x.copy()
    for place, feature in enumerate(features.features):
        if feature.mirror == SIGNED:
            x[:, place] *= np.float32(-1)
        elif feature.mirror != UNSIGNED:
            x[:, place] = np.float32(WHOLES[feature.mirror]) - x[:, place]
    return Examples(x, -rows.label, rows.row_ns, rows.matured_ns)
