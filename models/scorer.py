"""The door to onnxruntime: float32 feature rows in, probabilities of up in basis points out."""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from schemas.errors import ModelError
from schemas.features import WIDTH

BP = 10_000
EVEN_BP = BP // 2  # what stands where there is no opinion


class Scorer:
    """An ONNX classifier of feature rows; the same row has the same score in every batch size.

    The graph has one input, float32 [n, width] for a feature set's width, and a float output of two columns: the
    probability of down and of up. It runs on one thread, because with more the sums depend on the size of the batch.
    Raises ModelError when the bytes are no such graph, when a probability is not between 0 and 1, and when there is not
    one for each row.
    """

    def __init__(self, data: bytes, width: int = WIDTH) -> None:
        self._width = width
        self._session = _session(data)
        self._input = _input_name(self._session, width)
        self._outputs = [_output_name(self._session)]

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """float32 [n, width] to int32 [n], 0..10,000: rounded to the nearest, halves to even."""
        if x.ndim != 2 or x.shape[1] != self._width:
            raise ModelError(f"scorer: rows of shape {x.shape} instead of (n, {self._width})")
        if not len(x):
            return np.zeros(0, np.int32)
        (both,) = self._session.run(self._outputs, {self._input: np.ascontiguousarray(x)})
        if len(both) != len(x):  # a kernel reads as many
            raise ModelError(f"scorer: the model gave {len(both)} probabilities for {len(x)} rows")
        up_bp = np.multiply(both[:, 1], BP, dtype=np.float64)
        if not (up_bp.min() >= 0 and up_bp.max() <= BP):  # neither holds for NaN
            raise ModelError("scorer: the model gave a probability that is not between 0 and 1")
        return np.rint(up_bp).astype(np.int32)


def _session(data: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # what is wrong comes as an exception
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no other base
        raise ModelError(f"scorer: {len(data)} bytes are not a model that onnxruntime loads: {error}") from error


def _input_name(session: ort.InferenceSession, width: int) -> str:
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or inputs[0].shape[1:] != [width]:
        found = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
        raise ModelError(f"scorer: the model's input is {found}; it must be one float tensor [n, {width}]")
    return str(inputs[0].name)


def _output_name(session: ort.InferenceSession) -> str:
    for output in session.get_outputs():
        if output.type == "tensor(float)" and output.shape[1:] == [2]:
            return str(output.name)
    found = ", ".join(f"{one.name} {one.type} {one.shape}" for one in session.get_outputs())
    raise ModelError(f"scorer: no output is a float tensor [n, 2] (down, up) without ZipMap: {found}")
