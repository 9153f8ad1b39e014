"""The protocol of every unit of logic, the batch that passes through, and the pipeline that chains them.

A machine is a deterministic state machine over one channel's log: the configuration is the object, the state is an
argument. Row i of a batch may use only rows with position <= i and the machine's own state; a stage never reads
another stage's state.
"""

import struct
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import numpy as np

from schemas.control import Control, Term
from schemas.errors import StateError
from schemas.frame import Records
from schemas.trading import Order
from udfs.arrays import EMPTY

State = dict[str, Records]


class Batch(msgspec.Struct):
    """The accepted records of one frame, and what the stages made of them (`udfs.arrays`).

    Arrays are read-only once they are put in: no stage changes what another one reads, and a kernel has one kind of
    input (`udfs.kernels.read_only`).
    """

    channel: int
    kind: int
    position: int  # of the first accepted record; the others follow without holes
    count: int  # accepted records
    control: Control | None = None
    gap: bool = False  # records of this frame's writer are missing before it
    arrays: dict[str, Records] = {}
    orders: list[Order] = []

    def __post_init__(self) -> None:
        for name, records in self.arrays.items():
            self[name] = records

    def __getitem__(self, name: str) -> Records:
        found = self.arrays.get(name)
        return EMPTY[name] if found is None else found

    def __setitem__(self, name: str, records: Records) -> None:
        records.setflags(write=False)
        self.arrays[name] = records


class Machine(Protocol):
    """What the adapters run. `state` is changed in place; the bytes of a state carry the machine's version.

    A machine whose version is above 1 has `upgrade(data, version)`: the bytes of that version as those of the next.
    One with `inherits`, names of Term fields, goes on in the next term with the state that it had, when these are the
    same in both terms; one with `inherit(state, before, was, changed)` picks out itself what its fresh state takes over
    from the machine and state before. Every other one begins a term cold.

    A machine with `needs`, the name of an array, has nothing to do with a batch that has neither it nor a control.
    """

    name: str
    version: int

    def initial(self) -> Any: ...

    def step(self, state: Any, batch: Batch) -> None: ...

    def dump(self, state: Any) -> bytes: ...

    def load(self, data: bytes) -> Any: ...

    def warm(self) -> None:
        """Compile the machine's kernels; changes nothing."""


class ArrayMachine:
    """A machine whose state is a dictionary of numpy arrays of fixed shape; gives it bytes."""

    name: str
    version: int

    def initial(self) -> State:
        raise NotImplementedError

    def dump(self, state: State) -> bytes:
        return b"".join(array.tobytes() for array in state.values())

    def load(self, data: bytes) -> State:
        state = self.initial()
        size, at = sum(array.nbytes for array in state.values()), 0
        if size != len(data):
            raise StateError(f"state of {self.name}: {len(data)} bytes instead of {size}")
        for array in state.values():
            array[...] = np.frombuffer(data, array.dtype, array.size, at).reshape(array.shape)
            at += array.nbytes
        return state


_PART = struct.Struct("<16sII")


class Pipeline:
    """Machines in a row; itself a machine. Each sees what the ones before it added."""

    name = "pipeline"
    version = 1

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = tuple(machines)
        self._needs = [getattr(machine, "needs", "") for machine in self.machines]

    def initial(self) -> list[Any]:
        return [machine.initial() for machine in self.machines]

    def step(self, state: list[Any], batch: Batch) -> None:
        for machine, needs, own in zip(self.machines, self._needs, state, strict=True):
            if needs and needs not in batch.arrays and batch.control is None:
                continue
            machine.step(own, batch)

    def objection(self, state: list[Any], term: Term) -> str:
        """Why a term cannot follow, as far as the states say, which are closed already; empty when it can."""
        for machine, own in zip(self.machines, state, strict=True):
            if hasattr(machine, "objection") and (reason := machine.objection(own, term)):
                return str(reason)
        return ""

    def inherit(self, state: list[Any], before: "Pipeline", was: list[Any], changed: frozenset[str]) -> None:
        """Give fresh states what outlives a term: `before` and `was` are its pipeline and states, not used again.

        `changed` are the Term fields in which the two terms differ; machines meet again by their names.
        """
        known = {machine.name: (machine, own) for machine, own in zip(before.machines, was, strict=True)}
        for place, machine in enumerate(self.machines):
            if machine.name not in known:
                continue
            inherits = getattr(machine, "inherits", None)
            if inherits is not None and changed.isdisjoint(inherits):
                state[place] = known[machine.name][1]
            elif hasattr(machine, "inherit"):
                machine.inherit(state[place], *known[machine.name], changed)

    def dump(self, state: list[Any]) -> bytes:
        parts = []
        for machine, own in zip(self.machines, state, strict=True):
            data = machine.dump(own)
            parts += [_PART.pack(machine.name.encode(), machine.version, len(data)), data]
        return b"".join(parts)

    def load(self, data: bytes) -> list[Any]:
        """The states; raises StateError when a name, a version or a length is not this pipeline's."""
        state, at = [], 0
        for machine in self.machines:
            if len(data) < at + _PART.size:
                raise StateError(f"state of {machine.name}: missing")
            name, version, size = _PART.unpack_from(data, at)
            at += _PART.size
            current = _upgraded(machine, name.rstrip(b"\0").decode(), version, data[at : at + size])
            state.append(machine.load(current))
            at += size
        if at != len(data):
            raise StateError(f"state of the pipeline: {len(data) - at} bytes too many")
        return state


def _upgraded(machine: Machine, name: str, version: int, data: bytes) -> bytes:
    """State bytes of an older version as those of today's; StateError when they are another's, or of a newer one."""
    if name != machine.name or not 0 < version <= machine.version or (version != machine.version and _is_new(machine)):
        found = f"{name} version {version}"
        raise StateError(f"state of {machine.name} version {machine.version}: the bytes are of {found}")
    for older in range(version, machine.version):
        data = machine.upgrade(data, older)  # type: ignore[attr-defined]
    return data


def _is_new(machine: Machine) -> bool:
    """Whether a machine has no way from an older version."""
    return not hasattr(machine, "upgrade")
