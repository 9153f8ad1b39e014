"""States and their bytes: what is not this machine's is refused by name."""

import numpy as np
import pytest

from schemas.errors import StateError
from schemas.records import TICK, Kind
from udfs.machine import ArrayMachine, Batch, Pipeline, State


class Counter(ArrayMachine):
    name = "counter"
    version = 1

    def initial(self) -> State:
        return {"counts": np.zeros(3, "<i8"), "flags": np.zeros((2, 2), "u1")}

    def step(self, state: State, batch: Batch) -> None:
        state["counts"] += 1


class Other(Counter):
    name = "other"


class Newer(Counter):
    version = 2


class Upgraded(Counter):
    version = 3

    def upgrade(self, data: bytes, version: int) -> bytes:
        counts = np.frombuffer(data, "<i8", 3) + 10 ** (version - 1)
        return counts.tobytes() + data[counts.nbytes :]


def test_what_is_put_into_a_batch_cannot_be_changed() -> None:
    batch, ticks = Batch(0, Kind.TICKS, 0, 3), np.zeros(3, TICK)
    batch["ticks"] = ticks
    for one in (batch["ticks"], ticks, batch["quotes"]):
        with pytest.raises(ValueError, match="read-only"):
            one["position" if one.dtype != TICK else "price"] = 1


def test_a_state_survives_its_bytes() -> None:
    machine = Counter()
    state = machine.initial()
    state["counts"][1], state["flags"][1, 0] = 7, 9
    again = machine.load(machine.dump(state))
    assert all(np.array_equal(again[name], state[name]) for name in state)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"\0", lambda data: b""])
def test_a_cut_or_longer_state_is_refused(change) -> None:
    data = Counter().dump(Counter().initial())
    with pytest.raises(StateError, match="state of counter"):
        Counter().load(change(data))


@pytest.mark.parametrize("machine", [Other, Newer])
def test_another_machines_state_is_refused(machine) -> None:
    pipeline = Pipeline([Counter()])
    with pytest.raises(StateError, match="the bytes are of counter version 1"):
        Pipeline([machine()]).load(pipeline.dump(pipeline.initial()))


def test_an_older_state_is_upgraded_version_by_version() -> None:
    old, new = Pipeline([Counter()]), Pipeline([Upgraded()])
    (state,) = new.load(old.dump(old.initial()))
    assert state["counts"].tolist() == [11, 11, 11]
    (state,) = new.load(new.dump(new.initial()))
    assert state["counts"].tolist() == [0, 0, 0]
    with pytest.raises(StateError, match="the bytes are of counter version 3"):
        old.load(new.dump(new.initial()))


def test_a_pipeline_refuses_what_it_does_not_know_the_end_of() -> None:
    pipeline = Pipeline([Counter()])
    data = pipeline.dump(pipeline.initial())
    for wrong in (data[:10], data + b"\0"):
        with pytest.raises(StateError):
            pipeline.load(wrong)
