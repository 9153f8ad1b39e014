"""Small ONNX graphs, written by hand."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from schemas.features import WIDTH


def logistic(
    weights: np.ndarray, *, width: int = WIDTH, columns: int = 2, scale: float = 1.0, is_merged: bool = False
) -> bytes:
    """P(up) = sigmoid(x · weights) * scale, as [1 - p, p]; merged: one row, the mean of all."""
    both = np.stack([-weights, weights], axis=1).astype(np.float32)[:, :columns]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["even"]),
        helper.make_node("Mul", ["even", "scale"], ["scaled"]),
        helper.make_node("ReduceMean", ["scaled"], ["probabilities"], axes=[0], keepdims=1)
        if is_merged
        else helper.make_node("Identity", ["scaled"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "logistic",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, columns])],
        [
            numpy_helper.from_array(both, "w"),
            numpy_helper.from_array(np.array(scale, np.float32), "scale"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
