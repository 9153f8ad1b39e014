"""The same market upside down: what a feature row would have been had every price moved the other way."""

import numpy as np

from models.splits import Examples
from schemas.errors import ConfigError
from schemas.feature_sets import DEFAULT, FeatureSet
from schemas.mirror import SIGNED, UNSIGNED, WHOLES


def mirrored(rows: Examples, features: FeatureSet = DEFAULT) -> Examples:
    """The rows seen in the mirror, with opposite labels; a bp ratio is mirrored to first order.

    Prices go down instead of up, buyers become sellers, bids asks; `schemas.mirror` says what that does to each value.
    Trained on both, a model cannot take the drift of a few minutes for knowledge: up and down are equally frequent.
    """
    x = rows.x.copy()
    for place, feature in enumerate(features.features):
        if feature.mirror == SIGNED:
            x[:, place] *= np.float32(-1)
        elif feature.mirror in WHOLES:
            x[:, place] = np.float32(WHOLES[feature.mirror]) - x[:, place]
        elif feature.mirror != UNSIGNED:
            x[:, place] = rows.x[:, _place(feature.mirror, feature.name, features)]
    return Examples(x, -rows.label, rows.row_ns, rows.matured_ns)


def _place(other: str, name: str, features: FeatureSet) -> int:
    if other not in features.index:
        raise ConfigError(f"features: a model of {name} needs {other}, too: in the mirror they change places")
    return features.index[other]
