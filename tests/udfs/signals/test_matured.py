import numpy as np

from schemas.records import OUTCOME
from tests.udfs.signals.builders import channel_log, frames, play, term
from udfs.arrays import LABEL
from udfs.signals.label import Label
from udfs.signals.matured import Matured


def test_every_label_becomes_an_even_outcome():
    closes, rows = channel_log(1, 100)
    log = {"closes": closes, "features": rows}
    machines = [Label(term(), 0), Matured(term(), 0)]
    whole = play(machines, frames([], **log))
    labels, outcomes = np.frombuffer(whole["labels"], LABEL), np.frombuffer(whole["outcomes"], OUTCOME)
    assert outcomes["number"].tolist() == list(range(1, len(labels) + 1))
    for name in ("row", "position", "row_ns", "channel_ns", "instrument", "label", "spread"):
        assert (outcomes[name] == labels[name]).all()
    assert set(outcomes["p_bp"].tolist()) == {5_000}
    assert play(machines, frames(list(range(0, 4_000, 7)), **log), frozenset({3, 40, 41})) == whole
