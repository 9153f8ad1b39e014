from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Mark
from tests.udfs.signals.builders import START_NS, channel_log, frames, play, term
from udfs.arrays import LABEL
from udfs.signals.label import Label

HORIZON_NS = 10_000_000_000
NO_MID = Mark.GAP | Mark.ONE_SIDED | Mark.CROSSED
NONE: list[int] = []


def slow(closes, rows):
    """The definition, said slowly: for each row look for its close; nothing is kept up to date."""
    labels, dropped = [], 0
    for row in rows:
        if not row["warm"] or row["marks"]:
            continue
        after = [
            close
            for close in closes
            if close["instrument"] == row["instrument"]
            and close["width"] == 0
            and close["position"] > row["position"]
            and int(close["now_ns"]) >= int(row["channel_ns"]) + HORIZON_NS
        ]
        if not after:
            continue
        close = after[0]
        if int(close["marks"]) & NO_MID:
            dropped += 1
            continue
        before, now = int(row["bid"]) + int(row["ask"]), int(close["bid"]) + int(close["ask"])
        spread = int(row["ask"]) - int(row["bid"])
        # Mids in half units: the mid moved by more than half the spread.
        direction = 0 if abs(now - before) / 2 <= spread / 2 else int(np.sign(now - before))
        labels.append((close["position"], row["instrument"], row["number"], before, now, spread, direction))
    return sorted(labels), dropped


@pytest.mark.parametrize("seed", range(6))
def test_labels_are_the_slow_definition(seed):
    closes, rows = channel_log(seed, 150, instruments=(1, 0))
    result = play([Label(term(), 0)], frames(NONE, closes=closes, features=rows))
    labels = np.frombuffer(result["labels"], LABEL)
    expected, dropped = slow(closes, rows)
    names = ["position", "instrument", "row", "mid_before_half", "mid_after_half", "spread", "label"]
    assert labels[names].tolist() == expected
    machine = Label(term(), 0)
    assert machine.lost(machine.load(result["state of label"])) == {"dropped": dropped, "overrun": 0}
    assert dropped and {-1, 0, 1} <= set(labels["label"].tolist())
    by_number = {row["number"]: row for row in rows}
    assert all(label["row_ns"] == by_number[label["row"]]["channel_ns"] for label in labels)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 2500), max_size=40), st.frozensets(st.integers(0, 40)))
def test_frames_and_restarts_are_invisible(seed, cuts, restarts):
    closes, rows = channel_log(seed, 60)
    machine = Label(term(), 0)
    whole = play([machine], frames(NONE, closes=closes, features=rows))
    assert play([machine], frames(cuts, closes=closes, features=rows), restarts) == whole


def test_the_future_changes_nothing_before_it():
    closes, rows = channel_log(3, 80)
    position = int(closes["position"][len(closes) // 2])
    whole = play([Label(term(), 0)], frames(NONE, closes=closes, features=rows))["labels"]
    later = closes.copy()
    later["bid"][later["position"] >= position] += 50
    changed = play([Label(term(), 0)], frames(NONE, closes=later, features=rows))["labels"]
    earlier = [np.frombuffer(data, LABEL) for data in (whole, changed)]
    earlier = [labels[labels["position"] < position].tobytes() for labels in earlier]
    assert earlier[0] == earlier[1] != b""
    assert whole != changed


@pytest.mark.parametrize(("moved_half", "expected"), [(4, 0), (5, 1), (-4, 0), (-5, -1)])
def test_exactly_half_the_spread_is_flat(moved_half, expected):
    closes, rows = channel_log(0, 2, instruments=(0,))
    close, row = closes[closes["width"] == 0][:1].copy(), rows[:1].copy()
    row["warm"], row["marks"], row["position"], row["channel_ns"] = 1, 0, 1, START_NS
    row["bid"], row["ask"] = 100, 104
    close["position"], close["now_ns"], close["marks"] = 2, START_NS + HORIZON_NS, 0
    close["bid"], close["ask"] = 100 + moved_half, 104
    labels = np.frombuffer(play([Label(term(), 0)], frames(NONE, closes=close, features=row))["labels"], LABEL)
    assert labels["label"].tolist() == [expected]


def test_rows_beyond_the_bound_are_counted():
    """More than one row a second cannot come from the features; if it did, the oldest would go, and be counted."""
    closes, rows = channel_log(0, 40, instruments=(0,))
    rows = np.repeat(rows[30:31], 15)
    rows["number"], rows["warm"], rows["marks"] = np.arange(1, 16), 1, 0
    machine = Label(term(), 0)
    result = play([machine], frames(NONE, closes=closes[:0], features=rows))
    state = machine.load(result["state of label"])
    assert machine.lost(state) == {"dropped": 0, "overrun": 4}
    assert sorted(state["pending"]["row"][0].tolist()) == list(range(5, 16))


def test_labels_of_a_position_are_ordered_by_instrument():
    closes, rows = channel_log(5, 120, instruments=(1, 0))
    labels = np.frombuffer(play([Label(term(), 0)], frames(NONE, closes=closes, features=rows))["labels"], LABEL)
    by_position = defaultdict(list)
    for label in labels:
        by_position[int(label["position"])].append((int(label["instrument"]), int(label["row"])))
    assert all(order == sorted(order) for order in by_position.values())
    assert max(len({instrument for instrument, _ in order}) for order in by_position.values()) == 2
