"""The model's opinion of each row."""

import math
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

import models.scorer
from models.scorer import EVEN_BP, Scorer
from schemas.control import ModelRef, NewModel, Term
from schemas.errors import ModelError, StateError
from schemas.feature_sets import FeatureSet
from schemas.frame import Records
from schemas.layouts import feature_record
from udfs.arrays import SCORE
from udfs.kernels import kernel, read_only
from udfs.machine import Batch


class ScoreState(msgspec.Struct):
    """The model in force; its bytes are found by their sha256 and are no part of the state."""

    model: ModelRef


class Score:
    """Adds `scores`, one for each row of `features`; a row that is not usable scores even (5,000).

    A MODEL control puts another model in force from the next record on. `in_sample` is 1 when the time in which a
    row's label forms, [channel_ns, channel_ns + horizon_ns], meets the model's training data. Raises ModelError for a
    model of other features or one that cannot be opened; the state is then as it was.
    """

    name = "score"
    version = 1
    needs = "features"

    def __init__(self, term: Term, channel: int, open_model: Callable[[str], bytes]) -> None:
        if len(term.models) != 1:
            raise ModelError(f"term {term.number}: {len(term.models)} models are given, the score stage needs one")
        self._features = term.feature_set
        self._model = _checked(term.models[0], self._features)
        self._horizon_ns = term.learn.horizon_ns
        self._open_model = open_model
        self._opened: tuple[str, Scorer] | None = None

    def initial(self) -> ScoreState:
        return ScoreState(self._model)

    def step(self, state: ScoreState, batch: Batch) -> None:
        rows = batch["features"]
        if len(rows):
            batch["scores"] = self._score(state.model, rows)
        if isinstance(batch.control, NewModel):
            model = _checked(batch.control.model, self._features)
            self._scorer(model.sha256)  # what cannot be opened never comes into force
            state.model = model

    def dump(self, state: ScoreState) -> bytes:
        return msgspec.json.encode(state)

    def load(self, data: bytes) -> ScoreState:
        try:
            state = msgspec.json.decode(data, type=ScoreState)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StateError(f"state of score: {error}") from error
        _checked(state.model, self._features)
        return state

    def warm(self) -> None:
        """Compile the kernels; open the term's model and score once."""
        self._score(self._model, read_only(np.zeros(1, feature_record(self._features.names))))
        self._scorer(self._model.sha256)(np.zeros((1, len(self._features)), np.float32))

    def _score(self, model: ModelRef, rows: Records) -> Records:
        scores, ready, scorer = np.zeros(len(rows), SCORE), usable(rows), self._scorer(model.sha256)
        is_all = np.count_nonzero(ready) == len(rows)  # nearly always: nothing to pick out
        up_bp = scorer(rows["x"] if is_all else rows["x"][ready])
        _fill(rows, ready, up_bp, model.trained_from_ns - self._horizon_ns, model.trained_to_ns, scores)
        return scores

    def _scorer(self, sha256: str) -> Scorer:
        if self._opened is None or self._opened[0] != sha256:
            self._opened = sha256, Scorer(self._open_model(sha256), len(self._features))
        return self._opened[1]


def usable(rows: Records) -> npt.NDArray[np.bool_]:
    """Which feature rows may be scored and learned: warm, and every feature a finite number."""
    ready = np.zeros(len(rows), np.bool_)
    _mark_usable(read_only(rows), ready)
    return ready


@kernel()
def _mark_usable(rows, ready):  # type: ignore[no-untyped-def]
    for at in range(len(rows)):
        row = rows[at]
        ready[at] = row.warm != 0
        for i in range(len(row.x)):
            ready[at] &= math.isfinite(row.x[i])


@kernel(models.scorer)
def _fill(rows, ready, up_bp, from_ns, to_ns, scores):  # type: ignore[no-untyped-def]
    """Scores of rows, of which those that are ready have theirs in `up_bp`; in-sample from `from_ns` to `to_ns`."""
    scored = 0
    for at in range(len(rows)):
        score = scores[at]
        score.row = rows[at].number
        score.model_bp = EVEN_BP
        score.in_sample = from_ns <= rows[at].channel_ns <= to_ns
        if ready[at]:
            score.model_bp = up_bp[scored]
            scored += 1


def _checked(model: ModelRef, features: FeatureSet) -> ModelRef:
    if model.feature_hash != features.hash:
        raise ModelError(
            f"model {model.name} was made for features {model.feature_hash[:12]}, the term's are {features.hash[:12]}: "
            "train it again"
        )
    return model
