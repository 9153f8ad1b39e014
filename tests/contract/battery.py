"""What every machine must keep: checks over a pipeline and a log, each of which a test below breaks on purpose.

`trace` collects every array that every stage added, so a difference names the stage by the array's name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from schemas.control import Term
from schemas.frame import Frame, cut, encode, recut
from schemas.records import TICK, Kind
from schemas.trading import canonical_order
from udfs.channel import Channel, Resources
from udfs.machine import Batch, Machine, Pipeline

Build = Callable[[Term, int], Pipeline]
Trace = dict[str, bytes]


class Tap:
    """The last stage: keeps a copy of everything that passes. It is the test's ear, not a machine under test."""

    name = "tap"
    version = 1

    def __init__(self) -> None:
        self.heard: defaultdict[str, list[bytes]] = defaultdict(list)

    def initial(self) -> None:
        return None

    def step(self, state: None, batch: Batch) -> None:
        for name, array in batch.arrays.items():
            if name in ("refused", "faults", "backwards", "received", "preprocessed") or not len(array):
                continue  # places in the frame: the frame's cut is their meaning
            self.heard[name].append(array.tobytes())
        for order in batch.orders:
            self.heard["orders"].append(canonical_order(order) + b"\n")

    def dump(self, state: None) -> bytes:
        return b""

    def load(self, data: bytes) -> None:
        return None

    def warm(self) -> None:
        return None

    def trace(self) -> Trace:
        return {name: b"".join(parts) for name, parts in self.heard.items()}


def tapped(build: Build, tap: Tap, *more: Machine) -> Resources:
    def with_tap(term: Term, channel: int) -> Pipeline:
        return Pipeline([*build(term, channel).machines, *more, tap])

    return Resources(with_tap)


def run(build: Build, messages: Iterable[bytes], channel: int) -> Trace:
    return run_to_state(build, messages, channel)[0]


def run_to_state(build: Build, messages: Iterable[bytes], channel: int) -> tuple[Trace, bytes]:
    """The trace, and the bytes of the state at its end."""
    tap = Tap()
    machine = Channel(channel, tapped(build, tap))
    state = machine.initial()
    for data in messages:
        machine.step(state, data)
    assert not state.ledger.fault
    return tap.trace(), machine.dump(state)


def differences(left: Trace, right: Trace) -> list[str]:
    """The arrays in which two traces differ, with the place of the first differing byte."""
    found = []
    for name in sorted(left.keys() | right.keys()):
        one, other = left.get(name, b""), right.get(name, b"")
        if one != other:
            shared = min(len(one), len(other))
            at = next((i for i in range(shared) if one[i] != other[i]), shared)
            found.append(f"{name} at byte {at} of {len(one)} and {len(other)}")
    return found


def check_frame_boundaries(build: Build, frames: Sequence[Frame], channel: int, seed: int, longest: int) -> None:
    """However the log is cut into frames, every array has the same bytes."""
    random = np.random.default_rng(seed)

    def sizes() -> Iterator[int]:
        while True:
            yield int(random.integers(1, longest + 1))

    whole = run(build, map(encode, frames), channel)
    cut = run(build, map(encode, recut(frames, sizes())), channel)
    assert not differences(whole, cut)


def check_restarts(build: Build, messages: Sequence[bytes], channel: int, seed: int) -> None:
    """A dump and load into a new object, at random messages, cannot be seen; and dumping is stable."""
    random = np.random.default_rng(seed)
    restarts = set(random.integers(0, len(messages), 12).tolist())
    tap = Tap()
    machine = Channel(channel, tapped(build, tap))
    state = machine.initial()
    for place, data in enumerate(messages):
        machine.step(state, data)
        if place in restarts:
            held = machine.dump(state)
            machine = Channel(channel, tapped(build, tap))
            state = machine.load(held)
            assert machine.dump(state) == held
    assert not differences(run(build, messages, channel), tap.trace())


class Shown:
    """A machine that says nothing of what it needs, and so is shown every batch."""

    needs = ""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._machine, name)


def check_needs(build: Build, messages: Sequence[bytes], channel: int) -> None:
    """A batch that a machine says it has nothing to do with changes neither what it makes nor what it remembers."""

    def shown(term: Term, channel: int) -> Pipeline:
        return Pipeline([Shown(machine) for machine in build(term, channel).machines])

    (trace, state), (whole, remembered) = (run_to_state(one, messages, channel) for one in (build, shown))
    assert not differences(trace, whole)
    assert state == remembered


def check_repeats(build: Build, messages: Sequence[bytes], channel: int) -> None:
    """A log in which every message stands twice, and some earlier ones again, means the same."""
    repeated = [data for place, one in enumerate(messages) for data in (one, one, messages[max(0, place - 3)])]
    assert not differences(run(build, messages, channel), run(build, repeated, channel))


def check_causality(build: Build, frames: Sequence[Frame], channel: int, place: int) -> None:
    """Cutting the log inside a tick frame, or changing all that follows, changes nothing before."""
    place = next(i for i in range(place, len(frames)) if frames[i].kind == Kind.TICKS and len(frames[i]) > 1)
    left, right = cut(frames[place], len(frames[place]) // 2)
    broken = replace(frames[place], records=np.concatenate([left.records, _distorted(right).records]))
    past = run(build, map(encode, [*frames[:place], left]), channel)
    whole = run(build, map(encode, frames), channel)
    changed = run(build, map(encode, [*frames[:place], broken, *map(_distorted, frames[place + 1 :])]), channel)
    assert past, "nothing to compare before the cut"
    for later in (whole, changed):
        assert not differences(past, {name: later.get(name, b"")[: len(data)] for name, data in past.items()})


def _distorted(frame: Frame) -> Frame:
    if frame.kind != Kind.TICKS:
        return frame
    records = frame.records.astype(TICK)
    records["price"] += 10 * (records["price"] > 0)
    records["size"] += records["size"] > 0
    return replace(frame, records=records)


def check_interleaving(build: Build, logs: dict[int, Sequence[bytes]]) -> None:
    """Channels that run side by side in one process do not see each other."""
    taps = {channel: Tap() for channel in logs}
    machines = {channel: Channel(channel, tapped(build, taps[channel])) for channel in logs}
    states = {channel: machines[channel].initial() for channel in logs}
    for place in range(max(map(len, logs.values()))):
        for channel, messages in logs.items():
            if place < len(messages):
                machines[channel].step(states[channel], messages[place])
    for channel, messages in logs.items():
        assert not differences(run(build, messages, channel), taps[channel].trace())
