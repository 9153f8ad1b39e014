from dataclasses import replace

import numpy as np
import onnx
import pytest

from models import fit as fitting
from models.evaluate import evaluate
from models.export import parity, sort_opsets, to_onnx
from models.fit import fit, in_float32
from models.scorer import Scorer
from models.splits import Examples
from schemas.errors import ModelError
from tests.models.builders import HORIZON_NS, generated


@pytest.fixture(scope="module")
def booster():
    return fit(generated(1), seed=1)


def test_the_same_rows_make_the_same_bytes(booster):
    assert to_onnx(fit(generated(1), seed=1)) == to_onnx(booster)
    assert to_onnx(fit(generated(1), seed=2)) != to_onnx(booster)


def test_the_order_of_hashes_does_not_reach_the_bytes(booster):
    """The converter's opsets come out of a set of strings."""
    model = onnx.load_from_string(to_onnx(booster))
    assert [one.domain for one in model.opset_import] == ["", "ai.onnx.ml"]
    opsets = list(model.opset_import)[::-1]
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    sort_opsets(model)
    assert model.SerializeToString(deterministic=True) == to_onnx(booster)


def test_it_learns_what_can_be_learned(booster):
    later = generated(2, first=5_000)
    metrics = evaluate(Scorer(to_onnx(booster))(later.x), later, HORIZON_NS)
    assert metrics.accuracy > metrics.base_rate + 5 * metrics.accuracy_se
    assert metrics.log_loss < metrics.log_loss_base


def test_onnx_is_lightgbm(booster):
    assert parity(booster, to_onnx(booster), generated(3, 5_000).x) <= 0.51


def test_a_row_on_a_thresholds_edge_goes_the_same_way():
    """Every threshold as a feature value, and the float32 on either side of it.

    Not those next to 0: LightGBM takes a value of at most 1e-35 for 0, and ONNX does not.
    """
    rows = generated(1)
    booster = fit(replace(rows, x=rows.x / np.float32(3)), seed=1)  # thirds: no threshold is a float32 by itself
    trees = booster.dump_model()["tree_info"]
    edges = np.array(sorted({edge for tree in trees for edge in _thresholds(tree["tree_structure"])}), np.float32)
    values = np.concatenate([edges, np.nextafter(edges, np.float32(9)), np.nextafter(edges, np.float32(-9))])
    values = values[np.abs(values) > 1e-34]
    assert len(values) > 20
    x = np.repeat(values[:, None], rows.x.shape[1], axis=1)
    assert parity(booster, to_onnx(booster), x) <= 0.51


def _thresholds(node):
    if "threshold" in node:
        yield node["threshold"]
        yield from _thresholds(node["left_child"])
        yield from _thresholds(node["right_child"])


def test_thresholds_are_the_largest_float32_not_above(booster):
    line = fitting._THRESHOLDS.search("threshold=0.1 -0.1 1.5 1.0000000180025095e-35")
    rounded = [float(text) for text in fitting._rounded_down(line).removeprefix("threshold=").split()]
    for exact, below in zip([0.1, -0.1, 1.5, 1.0000000180025095e-35], rounded, strict=True):
        assert float(np.float32(below)) == below <= exact
        assert float(np.nextafter(np.float32(below), np.float32(np.inf))) > exact
    x = generated(4).x
    assert in_float32(booster).predict(x).tobytes() == booster.predict(x).tobytes()


def test_a_model_that_differs_is_not_exported(booster):
    other = to_onnx(fit(generated(9), seed=9))
    with pytest.raises(ModelError, match="bp from LightGBM's"):
        parity(booster, other, generated(3).x)


def test_flat_rows_teach_nothing(booster):
    rows = generated(1)
    moved = rows.moved()
    flat = Examples(rows.x, np.zeros_like(rows.label), rows.row_ns, rows.matured_ns)
    both = Examples(*(np.concatenate(pair) for pair in zip(_arrays(moved), _arrays(flat), strict=True)))
    assert to_onnx(fit(both, seed=1)) == to_onnx(booster)


def _arrays(rows):
    return rows.x, rows.label, rows.row_ns, rows.matured_ns
