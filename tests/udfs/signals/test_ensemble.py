import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigError, Unsafe
from schemas.records import OUTCOME
from tests.udfs.signals.builders import channel_log, frames, play, term
from udfs.arrays import LABEL, ONLINE, ROW, SCORE
from udfs.signals.ensemble import Ensemble
from udfs.signals.label import Label

NONE: list[int] = []
MEMBERS = {"scores": SCORE, "online": ONLINE}


def _log(seed: int, seconds: int, in_sample: float = 0.2) -> dict[str, np.ndarray]:
    closes, rows = channel_log(seed, seconds)
    labels = play([Label(term(), 0)], frames(NONE, closes=closes, features=rows))["labels"]
    random = np.random.default_rng(seed)
    scores, online = np.zeros(len(rows), SCORE), np.zeros(len(rows), ONLINE)
    scores["row"] = online["row"] = rows["number"]
    # The model is bold and random, the learner timid: their losses differ.
    scores["model_bp"] = random.integers(0, 10_001, len(rows))
    online["online_bp"] = random.integers(4_000, 6_001, len(rows))
    scores["in_sample"] = random.random(len(rows)) < in_sample
    return {"features": rows, "labels": np.frombuffer(labels, LABEL), "scores": scores, "online": online}


def _batches(log, cuts=NONE):
    """Scores and online predictions follow the rows into their batches."""
    members = {name: np.zeros(len(log["features"]), [("position", "<u8"), ("at", "<i8")]) for name in MEMBERS}
    for member in members.values():
        member["position"], member["at"] = log["features"]["position"], np.arange(len(member))
    for batch in frames(cuts, features=log["features"], labels=log["labels"], **members):
        for name in MEMBERS:
            if name in batch.arrays:
                batch[name] = log[name][batch[name]["at"]]
        yield batch


def slow(log, learn):
    """The definition with nothing compiled, nothing forgotten and exponentials as they are written."""
    losses, held, rows, outcomes = [math.log(2)] * 2, {}, [], []
    events = [(label["position"], 0, label, None) for label in log["labels"]]
    members = zip(log["scores"], log["online"], strict=True)
    events += [(row["position"], 1, row, pair) for row, pair in zip(log["features"], members, strict=True)]
    for _, is_row, one, pair in sorted(events, key=lambda event: event[:2]):
        if is_row:
            model, online = int(pair[0]["model_bp"]), int(pair[1]["online_bp"])
            raw = [math.exp(-learn.eta * loss) for loss in losses]
            weight = min(max(raw[0] / sum(raw), learn.weight_floor), 1 - learn.weight_floor)
            weight_bp = math.floor(weight * 10_000 + 0.5)
            p = math.floor((weight_bp * model + (10_000 - weight_bp) * online) / 10_000 + 0.5)
            held[one["number"]] = (model, online, p, int(pair[0]["in_sample"]))
            rows.append((one["number"], model, online, weight_bp, 10_000 - weight_bp, p, max(p, 10_000 - p)))
            continue
        model, online, p, in_sample = held[one["row"]]
        outcomes.append((len(outcomes) + 1, one["row"], one["position"], model, online, p, one["label"], in_sample))
        if one["label"] and not in_sample:
            for member, up_bp in enumerate((model, online)):
                right = (up_bp if one["label"] > 0 else 10_000 - up_bp) / 10_000
                loss = -math.log(min(max(right, 0.0001), 0.9999))
                losses[member] = (1 - learn.loss_alpha) * losses[member] + learn.loss_alpha * loss
    return rows, outcomes


@pytest.mark.parametrize("seed", range(4))
def test_rows_and_outcomes_are_the_slow_definition(seed):
    log = _log(seed, 250)
    result = play([Ensemble(term(), 0)], _batches(log))
    rows, outcomes = np.frombuffer(result["rows"], ROW), np.frombuffer(result["outcomes"], OUTCOME)
    expected_rows, expected_outcomes = slow(log, term().learn)
    names = ["row", "model_bp", "online_bp", "model_weight_bp", "online_weight_bp", "p_bp", "confidence_bp"]
    assert rows[names].tolist() == expected_rows
    names = ["number", "row", "position", "model_bp", "online_bp", "p_bp", "label", "in_sample"]
    assert outcomes[names].tolist() == expected_outcomes
    for name in ("row_ns", "channel_ns", "mid_before_half", "mid_after_half", "spread", "instrument"):
        assert (outcomes[name] == log["labels"][name]).all()
    assert (rows["in_sample"] == log["scores"]["in_sample"]).all()
    assert len(set(rows["model_weight_bp"].tolist())) > 20
    assert {-1, 0, 1} == set(outcomes["label"].tolist())
    assert not outcomes["pad"].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 2500), max_size=40), st.frozensets(st.integers(0, 40)))
def test_frames_and_restarts_are_invisible(seed, cuts, restarts):
    log = _log(seed, 60)
    whole = play([Ensemble(term(), 0)], _batches(log))
    assert play([Ensemble(term(), 0)], _batches(log, cuts), restarts) == whole


def test_the_worse_member_keeps_the_floor():
    log = _log(1, 300, in_sample=0.0)
    sides = {int(label["row"]): int(label["label"]) for label in log["labels"]}
    wrong = [9_900 if sides.get(int(row), 0) < 0 else 100 for row in log["features"]["number"]]
    log["scores"]["model_bp"] = wrong
    rows = np.frombuffer(play([Ensemble(term(), 0)], _batches(log))["rows"], ROW)
    assert rows["model_weight_bp"][0] == 5_000
    assert rows["model_weight_bp"][-1] == 500
    assert rows["online_weight_bp"][-1] == 9_500


def test_in_sample_rows_do_not_earn_trust():
    log = _log(1, 200, in_sample=1.0)
    rows = np.frombuffer(play([Ensemble(term(), 0)], _batches(log))["rows"], ROW)
    assert set(rows["model_weight_bp"].tolist()) == {5_000}


def test_members_that_are_not_aligned_are_refused():
    log = _log(1, 60)
    log["online"] = log["online"][:0]
    machine = Ensemble(term(), 0)
    (batch,) = (frame for frame in frames(NONE, features=log["features"]))
    batch["scores"] = log["scores"]
    with pytest.raises(Unsafe, match="0 online predictions"):
        machine.step(machine.initial(), batch)


def test_a_label_of_a_row_that_is_not_held_is_refused():
    log = _log(1, 60)
    machine = Ensemble(term(), 0)
    (batch,) = frames(NONE, labels=log["labels"])
    with pytest.raises(Unsafe, match=f"row {log['labels']['row'][0]} got a label"):
        machine.step(machine.initial(), batch)


@pytest.mark.parametrize("wrong", [{"loss_alpha": 0.0}, {"eta": -1.0}, {"weight_floor": 0.6}])
def test_settings_without_meaning_are_refused(wrong):
    with pytest.raises(ConfigError, match="must hold"):
        Ensemble(term(**wrong), 0)
