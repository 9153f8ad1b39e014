"""Gradient-boosted trees on labelled rows, the same bytes every time."""

import re

import lightgbm
import numpy as np

from models.mirror import mirrored
from models.splits import Examples, joined
from schemas.feature_sets import DEFAULT, FeatureSet

# Few and shallow trees, large leaves: labels of neighbouring seconds and of related instruments overlap, so minutes of
# a capture hold far fewer independent examples than rows.
SETTINGS: dict[str, float | int | str | bool] = {
    "objective": "binary",
    "learning_rate": 0.02,
    "num_leaves": 4,
    "max_depth": 2,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
TREES = 80
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)  # of each tree's text; without it they are read one by one
_THRESHOLDS = re.compile(r"^threshold=(.+)$", re.MULTILINE)


def fit(train: Examples, seed: int, features: FeatureSet = DEFAULT) -> lightgbm.Booster:
    """A classifier of up (label +1) against down (-1), on the rows and their mirror images; flat rows are left out."""
    moved = joined([train.moved(), mirrored(train.moved(), features)])
    data = lightgbm.Dataset(moved.x, label=(moved.label > 0).astype(np.float64), params={"verbose": -1})
    booster = lightgbm.train({**SETTINGS, "seed": seed}, data, num_boost_round=TREES)
    return in_float32(booster)


def in_float32(booster: lightgbm.Booster) -> lightgbm.Booster:
    """The same trees, their thresholds rounded down to float32.

    A float32 feature goes left of a threshold t exactly when it goes left of the largest float32 that is not above t.
    ONNX keeps thresholds as float32 rounded to the nearest, which may send a row to the other side; these it keeps.
    """
    text = _THRESHOLDS.sub(_rounded_down, _SIZES.sub("", booster.model_to_string()))
    return lightgbm.Booster(model_str=text)


def _rounded_down(line: re.Match[str]) -> str:
    exact = np.array(line[1].split(), np.float64)
    nearest = exact.astype(np.float32)
    below = np.where(nearest.astype(np.float64) > exact, np.nextafter(nearest, np.float32(-np.inf)), nearest)
    return "threshold=" + " ".join(repr(float(value)) for value in below)
