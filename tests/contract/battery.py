"""What every machine must keep: checks over a pipeline and a log, each of which a test below breaks on purpose.

`trace` collects every array that every stage added, so a difference names the stage by the array's name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

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
        self.positions: defaultdict[str, list[int]] = defaultdict(list)

    def initial(self) -> None:
        return None

    def step(self, state: None, batch: Batch) -> None:
        for name, array in batch.arrays.items():
            if name in ("refused", "faults", "backwards") or not len(array):
                continue  # places in the frame: the frame's cut is their meaning
            self.heard[name].append(array.tobytes())
            if array.dtype.names and "position" in array.dtype.names:
                self.positions[name] += array["position"].tolist()
            else:
                self.positions[name] += [batch.position + batch.count - 1] * len(array)
        for order in batch.orders:
            self.heard["orders"].append(canonical_order(order) + b"\n")
            self.positions["orders"].append(batch.position)

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
    tap = Tap()
    machine = Channel(channel, tapped(build, tap))
    state = machine.initial()
    for data in messages:
        machine.step(state, data)
    assert not state.ledger.fault
    return tap.trace()


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


def check_repeats(build: Build, messages: Sequence[bytes], channel: int) -> None:
    """A log in which every message stands twice, and some earlier ones again, means the same."""
    repeated = [data for place, one in enumerate(messages) for data in (one, one, messages[max(0, place - 3)])]
    assert not differences(run(build, messages, channel), run(build, repeated, channel))


def check_causality(build: Build, frames: Sequence[Frame], channel: int, place: int) -> None:
    """Cutting the log inside a tick frame, or changing all that follows, changes nothing before."""
    place = next(i for i in range(place, len(frames)) if frames[i].kind == Kind.TICKS and len(frames[i]) > 1)
    left, right = cut(frames[place], len(frames[place]) // 2)
    past = [*frames[:place], left]
    position = sum(map(len, past))
    distorted = _distorted(right).records
    broken = replace(frames[place], records=np.concatenate([left.records, distorted]))
    changed = [*frames[:place], broken, *map(_distorted, frames[place + 1 :])]
    whole = _until(build, map(encode, frames), channel, position)
    assert whole, "nothing to compare before the cut"
    assert not differences(whole, _until(build, map(encode, past), channel, position))
    assert not differences(whole, _until(build, map(encode, changed), channel, position))


def _until(build: Build, messages: Iterable[bytes], channel: int, position: int) -> Trace:
    """The arrays' elements at positions before `position`."""
    tap = Tap()
    machine = Channel(channel, tapped(build, tap))
    state = machine.initial()
    for data in messages:
        machine.step(state, data)
    trace = {}
    for name, whole in tap.trace().items():
        if name == "orders":
            lines = whole.splitlines(keepends=True)
            kept = [line for line, at in zip(lines, tap.positions[name], strict=True) if at < position]
            trace[name] = b"".join(kept)
            continue
        size = len(whole) // len(tap.positions[name])
        count = sum(1 for at in tap.positions[name] if at < position)
        trace[name] = whole[: size * count]
    return trace


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
