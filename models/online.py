"""The online learner: River's logistic regression behind its StandardScaler, with a state that is plain numbers.

This is the reference. The pipeline runs its compiled twin, `udfs.signals.logistic`, which has the same state and the
same bits; the tests compare the two row by row.
"""

from collections.abc import Sequence

import numpy as np
from river import compose, linear_model, optim, preprocessing

from models.weights import state_record
from schemas.errors import StateError
from schemas.features import NAMES


class Online:
    """Logistic regression by stochastic gradient descent; the rate is also the intercept's.

    A row is finite floats, one for each of `names` in their order; what is not finite must be kept away by the caller,
    for it would stay in the weights for ever. Until the first row is learned, up is as likely as down.

    >>> from schemas.features import WIDTH
    >>> online = Online(0.1)
    >>> online.predict([1.0] * WIDTH)
    0.5
    >>> for up in (True, False):
    ...     online.learn([float(up)] * WIDTH, up)
    >>> online.predict([0.0] * WIDTH) < 0.5
    True
    """

    def __init__(self, learning_rate: float, names: Sequence[str] = NAMES) -> None:
        self._learning_rate, self._names = learning_rate, names
        self._layout = state_record(len(names))
        self._begin()

    def _begin(self) -> None:
        self._scaler = preprocessing.StandardScaler()
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(self._learning_rate), intercept_lr=self._learning_rate
        )
        self._pipeline = compose.Pipeline(self._scaler, self._regression)

    def learn(self, x: Sequence[float], up: bool) -> None:
        self._pipeline.learn_one(dict(zip(self._names, x, strict=True)), up)

    def predict(self, x: Sequence[float]) -> float:
        """The probability of up."""
        return float(self._pipeline.predict_proba_one(dict(zip(self._names, x, strict=True)))[True])

    def dump(self) -> bytes:
        state = np.zeros(1, self._layout)
        weights, scaler = self._regression.weights, self._scaler
        state["weights"] = [weights.get(name, 0.0) for name in self._names]
        state["means"] = [scaler.means.get(name, 0.0) for name in self._names]
        state["variances"] = [scaler.vars.get(name, 0.0) for name in self._names]
        state["counts"] = [scaler.counts.get(name, 0) for name in self._names]
        state["intercept"] = self._regression.intercept
        state["iterations"] = self._regression.optimizer.n_iterations
        return state.tobytes()

    def load(self, data: bytes) -> None:
        """Take over a dumped state; the next prediction has the same bits as it would have had there."""
        if len(data) != self._layout.itemsize:
            raise StateError(f"state of the online learner: {len(data)} bytes instead of {self._layout.itemsize}")
        state = np.frombuffer(data, self._layout)[0]
        self._begin()
        self._regression.intercept = float(state["intercept"])
        self._regression.optimizer.n_iterations = int(state["iterations"])
        if not state["iterations"]:
            return
        # A Counter's update counts what it is given, unless that is a mapping.
        self._scaler.counts.update(dict(zip(self._names, state["counts"].tolist(), strict=True)))
        self._scaler.means.update(zip(self._names, state["means"].tolist(), strict=True))
        self._scaler.vars.update(zip(self._names, state["variances"].tolist(), strict=True))
        for name, weight in zip(self._names, state["weights"].tolist(), strict=True):
            self._regression._weights[name] = weight
