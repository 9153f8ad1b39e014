import hashlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.scorer import Scorer
from schemas.control import NewModel
from schemas.errors import ModelError, StateError
from schemas.features import WIDTH
from schemas.records import Kind
from tests.models.onnx_bytes import logistic
from tests.udfs.signals.builders import SECOND_NS, START_NS, channel_log, frames, play, reference, term
from udfs.arrays import SCORE
from udfs.machine import Batch
from udfs.signals.score import Score

MODELS = [logistic(np.linspace(-1, 1, WIDTH)), logistic(np.linspace(2, -2, WIDTH))]
BY_SHA = {hashlib.sha256(data).hexdigest(): data for data in MODELS}
FIRST, SECOND = (reference(sha256) for sha256 in BY_SHA)
NONE: list[int] = []


def _score(model=FIRST) -> Score:
    return Score(term(model), 0, BY_SHA.__getitem__)


def _scores(machine, rows, cuts=NONE):
    return np.frombuffer(play([machine], frames(cuts, features=rows))["scores"], SCORE)


def test_usable_rows_get_the_models_score_and_others_are_even():
    _, rows = channel_log(1, 120)
    scores = _scores(_score(), rows)
    usable = (rows["warm"] == 1) & np.isfinite(rows["x"]).all(axis=1)
    assert 0 < usable.sum() < (rows["warm"] == 1).sum() < len(rows)
    assert (scores["row"] == rows["number"]).all()
    assert (scores["model_bp"][~usable] == 5000).all()
    assert (scores["model_bp"][usable] == Scorer(MODELS[0])(rows["x"][usable])).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2500), max_size=40), st.frozensets(st.integers(0, 40)))
def test_frames_and_restarts_are_invisible(cuts, restarts):
    _, rows = channel_log(2, 60)
    whole = play([_score()], frames(NONE, features=rows))
    assert play([_score()], frames(cuts, features=rows), restarts) == whole


@pytest.mark.parametrize(
    ("trained_from_s", "trained_to_s", "expected"),
    [(-100, -1, 0), (-100, 0, 1), (5, 5, 1), (10, 20, 1), (11, 20, 0)],
)
def test_in_sample_is_a_label_that_meets_the_training_data(trained_from_s, trained_to_s, expected):
    _, rows = channel_log(1, 40)
    rows = rows[:1].copy()
    rows["channel_ns"] = START_NS
    trained = (START_NS + second * SECOND_NS for second in (trained_from_s, trained_to_s))
    scores = _scores(_score(reference(FIRST.sha256, *trained)), rows)
    assert scores["in_sample"].tolist() == [expected]


def test_a_model_control_counts_from_the_next_record_on():
    _, rows = channel_log(1, 60)
    machine = _score()
    state = machine.initial()
    control = Batch(0, Kind.CONTROL, 1, 1, control=NewModel(model=SECOND))
    control["features"] = rows
    machine.step(state, control)
    after = Batch(0, Kind.TICKS, 2, 1)
    after["features"] = rows
    restarted = _score()
    restarted.step(restarted.load(machine.dump(state)), after)
    assert control["scores"].tobytes() == _scores(_score(FIRST), rows).tobytes()
    assert after["scores"].tobytes() == _scores(_score(SECOND), rows).tobytes() != control["scores"].tobytes()


def test_a_model_that_cannot_be_opened_never_comes_into_force():
    machine = Score(term(FIRST), 0, lambda sha256: BY_SHA.get(sha256, b"garbage"))
    state = machine.initial()
    with pytest.raises(ModelError, match="not a model"):
        machine.step(state, Batch(0, Kind.CONTROL, 1, 1, control=NewModel(model=reference("f" * 64))))
    assert state.model == FIRST


def test_a_model_of_other_features_is_refused():
    other = msgspec.structs.replace(FIRST, feature_hash="e" * 64)
    with pytest.raises(ModelError, match="generated was made for features eeee"):
        _score(other)
    machine = _score()
    with pytest.raises(ModelError, match="was made for features"):
        machine.step(machine.initial(), Batch(0, Kind.CONTROL, 1, 1, control=NewModel(model=other)))
    with pytest.raises(ModelError, match="was made for features"):
        machine.load(msgspec.json.encode({"model": other}))


def test_a_term_without_one_model_is_refused():
    with pytest.raises(ModelError, match="0 models"):
        Score(msgspec.structs.replace(term(), models=()), 0, BY_SHA.__getitem__)


def test_bytes_that_are_no_state_are_refused():
    with pytest.raises(StateError, match="state of score"):
        _score().load(b"{}")


def test_warm_opens_the_model():
    opened = []
    Score(term(FIRST), 0, lambda sha256: opened.append(sha256) or BY_SHA[sha256]).warm()
    assert opened == [FIRST.sha256]
