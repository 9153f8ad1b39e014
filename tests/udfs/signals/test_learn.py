import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.online import Online
from schemas.errors import StateError, Unsafe
from tests.udfs.signals.builders import channel_log, frames, play, term
from udfs.arrays import LABEL, ONLINE
from udfs.signals.label import Label
from udfs.signals.learn import Learn

NONE: list[int] = []


def _log(seed: int, seconds: int) -> dict[str, np.ndarray]:
    closes, rows = channel_log(seed, seconds)
    labels = play([Label(term(), 0)], frames(NONE, closes=closes, features=rows))["labels"]
    return {"features": rows, "labels": np.frombuffer(labels, LABEL)}


def slow(rows, labels):
    """Every event in order, with all rows kept for ever."""
    online, kept, predicted = Online(term().learn.learning_rate), {}, []
    events = [(label["position"], 0, label) for label in labels] + [(row["position"], 1, row) for row in rows]
    learned = 0
    for _, is_row, one in sorted(events, key=lambda event: event[:2]):
        if not is_row:
            if one["label"] and one["row"] in kept:
                online.learn(kept[one["row"]].tolist(), bool(one["label"] > 0))
                learned += 1
        elif one["warm"] and np.isfinite(one["x"]).all():
            kept[one["number"]] = one["x"]
            predicted.append(round(online.predict(one["x"].tolist()) * 10_000))
        else:
            predicted.append(5000)
    return predicted, learned, online.dump()


def test_each_row_learns_what_matured_first_and_is_then_predicted():
    log = _log(1, 250)
    result = play([Learn(term(), 0)], frames(NONE, **log))
    predicted, learned, state = slow(log["features"], log["labels"])
    online = np.frombuffer(result["online"], ONLINE)
    assert learned > 50
    assert len(set(predicted)) > 100
    assert online["online_bp"].tolist() == predicted
    assert (online["row"] == log["features"]["number"]).all()
    assert result["state of learn"].startswith(state)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 2500), max_size=40), st.frozensets(st.integers(0, 40)))
def test_frames_and_restarts_are_invisible(seed, cuts, restarts):
    log = _log(seed, 50)
    whole = play([Learn(term(), 0)], frames(NONE, **log))
    assert play([Learn(term(), 0)], frames(cuts, **log), restarts) == whole


def test_a_label_at_a_rows_position_teaches_first():
    log = _log(2, 60)
    rows = log["features"]
    row = rows[(rows["warm"] == 1) & np.isfinite(rows["x"]).all(axis=1)][:1]
    label = log["labels"][:1].copy()
    later = row.copy()
    later["number"] += 1
    later["position"] += 50
    label["row"], label["label"], label["position"] = row["number"], 1, later["position"]
    result = play([Learn(term(), 0)], frames(NONE, features=np.concatenate([row, later]), labels=label))
    online_bp = np.frombuffer(result["online"], ONLINE)["online_bp"]
    assert online_bp[0] == 5000 < online_bp[1]


def test_a_flat_label_and_an_unknown_row_teach_nothing():
    log = _log(3, 60)
    flat = log["labels"].copy()
    flat["label"] = 0
    unknown = log["labels"].copy()
    unknown["row"] += 1_000_000
    for labels in (flat, unknown):
        result = play([Learn(term(), 0)], frames(NONE, features=log["features"], labels=labels))
        assert set(np.frombuffer(result["online"], ONLINE)["online_bp"].tolist()) == {5000}


def test_weights_beyond_numbers_are_no_prediction():
    machine = Learn(term(learning_rate=1e308), 0)
    with pytest.raises(Unsafe, match=r"row \d+ is not a number"):
        play([machine], frames(NONE, **_log(1, 250)))


def test_a_state_of_another_length_is_refused():
    machine = Learn(term(), 0)
    with pytest.raises(StateError, match="state of learn"):
        machine.load(machine.dump(machine.initial()) + b"x")


def test_warm_leaves_no_trace():
    machine = Learn(term(), 0)
    before = machine.dump(machine.initial())
    machine.warm()
    assert machine.dump(machine.initial()) == before
