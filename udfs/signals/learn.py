"""The online learner: a row learns what has matured first and is then predicted."""

import math

import numpy as np

import models.scorer
import udfs.signals.logistic
from models.scorer import BP, EVEN_BP
from models.weights import state_record
from schemas.control import Term
from schemas.errors import Unsafe
from schemas.layouts import feature_record
from udfs.arrays import EMPTY, ONLINE
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.signals.logistic import HALF, learn, predict
from udfs.signals.pending import ring
from udfs.signals.score import usable


class Learn(ArrayMachine):
    """Adds `online`, one prediction for each row of `features`; rows and labels are walked in position order.

    A label teaches when it is not 0 and its row was usable; a label at a row's position teaches before that row is
    predicted. A row that is not usable is predicted even (5,000) and never learned. Probabilities become basis
    points by rounding to the nearest, halves to even. Raises Unsafe when the weights have grown beyond numbers.
    """

    name = "learn"
    version = 1
    inherits = ("features", "learn", "models")  # label, learn and ensemble go on together or not at all
    needs = "closes"  # rows and labels come with closes

    def __init__(self, term: Term, channel: int) -> None:
        self._learning_rate = float(term.learn.learning_rate)
        self._ring = ring(term, channel)
        self._width = len(term.feature_set)
        self._no_rows = np.zeros(0, feature_record(term.feature_set.names))

    def initial(self) -> State:
        """The learner, and the rows that wait for their label: row n lies at n modulo the ring's length."""
        return {
            "online": np.zeros(1, state_record(self._width)),
            "numbers": np.zeros(self._ring, np.uint64),  # 0 = nothing waits here
            "x": np.zeros((self._ring, self._width), np.float32),
        }

    def step(self, state: State, batch: Batch) -> None:
        rows, labels = batch["features"], batch["labels"]
        if not len(rows) and not len(labels):
            return
        out = np.zeros(len(rows), ONLINE)
        wrong = _walk(rows, usable(rows), labels, self._learning_rate, HALF, *state.values(), out)
        if wrong:
            raise Unsafe(f"learn: the prediction for row {wrong} is not a number; the learning rate is too large")
        if len(rows):
            batch["online"] = out

    def warm(self) -> None:
        """Compile the kernel."""
        rows, labels, out = read_only(self._no_rows), EMPTY["labels"], np.zeros(0, ONLINE)
        _walk(rows, usable(rows), labels, self._learning_rate, HALF, *self.initial().values(), out)


@kernel(models.scorer, udfs.signals.logistic)
def _walk(rows, ready, labels, rate, half, online, numbers, x, out):  # type: ignore[no-untyped-def]
    learned = 0
    for at in range(len(rows) + 1):
        while learned < len(labels) and (at == len(rows) or labels[learned].position <= rows[at].position):
            place = labels[learned].row % np.uint64(len(numbers))
            if labels[learned].label and numbers[place] == labels[learned].row:
                learn(online[0], x[place], labels[learned].label > 0, rate, half)
            learned += 1
        if at < len(rows):
            out[at].row = rows[at].number
            out[at].online_bp = EVEN_BP
            if ready[at]:
                up = predict(online[0], rows[at].x, half)
                if math.isnan(up):
                    return rows[at].number
                out[at].online_bp = round(up * BP)
                _hold(rows[at], numbers, x)
    return np.uint64(0)


@kernel()
def _hold(row, numbers, x):  # type: ignore[no-untyped-def]
    place = row.number % np.uint64(len(numbers))
    numbers[place] = row.number
    for i in range(len(row.x)):
        x[place, i] = row.x[i]
