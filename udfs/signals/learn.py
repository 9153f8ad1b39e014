"""The online learner: a row learns what has matured first and is then predicted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.online import STATE, Online
from models.scorer import BP, EVEN_BP
from schemas.control import Term
from schemas.errors import StateError
from schemas.features import WIDTH
from schemas.frame import Records
from udfs.arrays import ONLINE
from udfs.machine import Batch
from udfs.signals.pending import ring
from udfs.signals.score import usable


@dataclass(slots=True)
class LearnState:
    """The learner, and the rows that wait for their label: row n lies at n modulo the ring's length."""

    online: Online
    numbers: npt.NDArray[np.uint64]  # 0 = nothing waits here
    x: npt.NDArray[np.float32]


class Learn:
    """Adds `online`, one prediction for each row of `features`; rows and labels are walked in position order.

    A label teaches when it is not 0 and its row was usable; a label at a row's position teaches before that row is
    predicted. A row that is not usable is predicted even (5,000) and never learned. Probabilities become basis
    points by rounding to the nearest, halves to even.
    """

    name = "learn"
    version = 1

    def __init__(self, term: Term, channel: int) -> None:
        self._learning_rate = term.learn.learning_rate
        self._ring = ring(term, channel)

    def initial(self) -> LearnState:
        numbers, x = np.zeros(self._ring, np.uint64), np.zeros((self._ring, WIDTH), np.float32)
        return LearnState(Online(self._learning_rate), numbers, x)

    def step(self, state: LearnState, batch: Batch) -> None:
        rows, labels = batch["features"], batch["labels"]
        if not len(rows) and not len(labels):
            return
        before = np.searchsorted(rows["position"], labels["position"], side="left")
        due = np.searchsorted(before, np.arange(len(rows)), side="right")  # labels learned before row i
        ready = usable(rows)
        online_bp = np.full(len(rows), EVEN_BP, np.int32)
        learned = 0
        for i in range(len(rows)):
            self._learn(state, labels[learned : due[i]])
            learned = due[i]
            if ready[i]:
                online_bp[i] = self._predict(state, rows[i])
        self._learn(state, labels[learned:])
        if len(rows):
            batch["online"] = _online(rows, online_bp)

    def _learn(self, state: LearnState, labels: Records) -> None:
        for row, label in zip(labels["row"].tolist(), labels["label"].tolist(), strict=True):
            place = row % self._ring
            if label and state.numbers[place] == row:
                state.online.learn(state.x[place].tolist(), label > 0)

    def _predict(self, state: LearnState, row: np.void) -> int:
        place = int(row["number"]) % self._ring
        state.numbers[place] = row["number"]
        state.x[place] = row["x"]
        return round(state.online.predict(row["x"].tolist()) * BP)

    def dump(self, state: LearnState) -> bytes:
        return b"".join((state.online.dump(), state.numbers.tobytes(), state.x.tobytes()))

    def load(self, data: bytes) -> LearnState:
        state = self.initial()
        numbers_end = STATE.itemsize + state.numbers.nbytes
        if len(data) != numbers_end + state.x.nbytes:
            raise StateError(f"state of learn: {len(data)} bytes instead of {numbers_end + state.x.nbytes}")
        state.online.load(data[: STATE.itemsize])
        state.numbers[:] = np.frombuffer(data[STATE.itemsize : numbers_end], np.uint64)
        state.x[:] = np.frombuffer(data[numbers_end:], np.float32).reshape(state.x.shape)
        return state

    def warm(self) -> None:
        """Learn and predict once, on a state of its own."""
        online = Online(self._learning_rate)
        online.learn([0.0] * WIDTH, True)
        online.predict([0.0] * WIDTH)


def _online(rows: Records, online_bp: npt.NDArray[np.int32]) -> Records:
    online = np.zeros(len(rows), ONLINE)
    online["row"] = rows["number"]
    online["online_bp"] = online_bp
    return online
