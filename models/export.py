"""LightGBM trees as ONNX bytes, and how far the two are apart."""

import lightgbm
import numpy as np
import numpy.typing as npt
import onnx
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from models.scorer import BP, Scorer
from schemas.errors import ModelError

OPSET = 15
PARITY_BP_MAX = 1  # two roundings of nearly equal probabilities may fall on either side of a half


def to_onnx(booster: lightgbm.Booster) -> bytes:
    """The ONNX bytes; the same trees make the same bytes."""
    inputs = [("x", FloatTensorType([None, booster.num_feature()]))]
    model = convert_lightgbm(booster, name="penstock", initial_types=inputs, zipmap=False, target_opset=OPSET)
    sort_opsets(model)
    return bytes(model.SerializeToString(deterministic=True))


def sort_opsets(model: onnx.ModelProto) -> None:
    """The converter takes them out of a set: in one process of about eight they lie the other way round."""
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)


def parity(booster: lightgbm.Booster, data: bytes, x: npt.NDArray[np.float32]) -> float:
    """The largest difference between the probabilities of the trees and the scores of the ONNX bytes, in bp.

    Raises ModelError when it is more than rounding: half a basis point for the scores' own, and float32.
    """
    expected = np.asarray(booster.predict(x, num_threads=1)) * BP
    apart = float(np.abs(Scorer(data, x.shape[1])(x) - expected).max())
    if apart > PARITY_BP_MAX:
        raise ModelError(f"export: ONNX scores are up to {apart:.2f} bp from LightGBM's on {len(x)} rows")
    return apart
