"""The gateway killed at every step of its work, and again at every step of its recovery."""

import contextlib
import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.errors import Unsafe
from schemas.frame import Records, decode
from schemas.records import Kind, Side
from schemas.topics import STAMPS, TICKS
from schemas.trading import Cancel, ReportKind, canonical_order
from tests.jobs.execution.world import Double, Fuse, Killed, World, is_terminal, make_order, message
from udfs.channel import Channel, Resources
from udfs.machine import Batch, Pipeline

MOODS = {
    "probe-0-1-2": "thin",  # fills a part, the rest expires
    "probe-0-1-4": "rejects",
    "probe-0-1-5": "mute",  # executes, and the answer is lost
    "probe-0-1-6": "deaf",  # the order never arrives
    "probe-0-1-7": "slow",  # accepted first, filled later
    "probe-0-1-9": "late",  # arrives just after the question for it
    "probe-0-1-10": "later",  # arrives after it was taken back
}
FATES = ["FILL", "EXPIRED", "VETOED", "REJECTED", "FILL", "NEVER_SENT", "FILL", "FILL", "FILL", "NEVER_SENT"]


def orders() -> list[bytes]:
    made = [make_order(n) for n in range(1, 8)] + [make_order(8, side=Side.SELL, price=6_000_000)]
    made += [make_order(9), make_order(10)]
    made[2] = make_order(3, price=9_000_000)  # beyond the collar
    messages = [message(order) for order in made]
    cancel = canonical_order(Cancel(id="c-0-1-1", order_id="probe-0-1-7", channel=0, term=1))
    return [*messages[:3], messages[0], b"not an order", b'{"action":"\xff"}', *messages[3:], cancel]


class Recorder:
    """A machine that keeps the reports that the channel accepts."""

    name, version = "recorder", 1

    def initial(self) -> list[Records]:
        return []

    def step(self, state: list[Records], batch: Batch) -> None:
        state.extend(batch["reports"])

    def dump(self, state: Any) -> bytes:
        return b""

    def load(self, data: bytes) -> Any:
        return []


def accepted(world: World) -> list[Records]:
    """The reports that the channel takes from its log: repeats dropped, holes are a fault."""
    channel = Channel(0, Resources(lambda term, number: Pipeline([Recorder()])))
    state = channel.initial()
    for data in world.topics[TICKS.name, 0]:
        channel.step(state, data)
    assert state.ledger.fault == 0 and state.ledger.gaps == 0
    return list(state.own[0])


def check(world: World, submits_max: int = 1) -> None:
    reports = accepted(world)
    terminal = [bytes(one["order_id"]).decode() for one in reports if is_terminal(one)]
    assert sorted(terminal) == sorted(f"probe-0-1-{n}" for n in range(1, 11))
    executions = [bytes(one["execution_id"]) for one in reports if one["execution_id"]]
    assert len(set(executions)) == len(executions)
    told = [one for reports in world.broker.told.values() for one in reports if one["execution_id"]]
    assert sorted(executions) == sorted(bytes(one["execution_id"]) for one in told)
    assert len(set(world.broker.executed)) == len(world.broker.executed)
    assert all(world.broker.submits.count(one) <= submits_max for one in world.broker.submits)
    assert ("quarantine.v1", 0) in world.topics
    frames = {(one.epoch, one.sequence): one for one in map(decode, world.topics[STAMPS.name, 0])}  # a repeat is equal
    stamped = [bytes(record["order_id"]).decode() for frame in frames.values() for record in frame.records]
    assert sorted(stamped) == sorted(terminal)


def live(world: World, fuses: tuple[int, ...]) -> list[int]:
    """Lives with a fuse each, then one to the end; the steps that each took."""
    steps = []
    for at in (*fuses, None):
        fuse = Fuse(at)
        with contextlib.suppress(Killed):
            world.run(fuse)
        steps.append(fuse.steps)
    return steps


def test_undisturbed(folder: Path) -> None:
    world = World(folder, orders(), MOODS)
    live(world, ())
    check(world)
    fates = {bytes(one["order_id"]).decode(): one for one in accepted(world) if is_terminal(one)}
    assert [ReportKind(int(fates[f"probe-0-1-{n}"]["kind"])).name for n in range(1, 11)] == FATES
    before = {topic: list(frames) for topic, frames in world.topics.items()}
    live(world, ())  # a second life has only its announcement to say
    added = {topic: frames[len(before[topic]) :] for topic, frames in world.topics.items()}
    assert [len(frames) for frames in added.values()] == [1, 1, 0, 0]
    assert added[TICKS.name, 0][0][3] == Kind.CONTROL


@pytest.mark.parametrize("buffered", [False, True])
def test_killed_at_every_step(folder: Path, buffered: bool) -> None:
    total = live(World(folder / "whole", orders(), MOODS, buffered), ())[0]
    assert total > 80
    for at in range(1, total + 1):
        world = World(folder / str(at), orders(), MOODS, buffered)
        assert live(world, (at,))[0] == at
        check(world)


def test_killed_again_while_recovering(folder: Path) -> None:
    few = [message(make_order(1)), message(make_order(2))]
    moods = {"probe-0-1-1": "mute", "probe-0-1-2": "deaf"}
    total = live(World(folder / "whole", few, moods), ())[0]
    for first, second in itertools.product(range(1, total + 1), range(1, total + 1)):
        if (first + second) % 4:
            continue  # a quarter of the pairs, every step in both roles
        world = World(folder / f"{first}-{second}", few, moods)
        live(world, (first, second))
        terminal = [bytes(one["order_id"]) for one in accepted(world) if is_terminal(one)]
        assert sorted(terminal) == [b"probe-0-1-1", b"probe-0-1-2"], (first, second)
        assert len(set(world.broker.submits)) == len(world.broker.submits)


def test_an_order_that_was_offered_is_never_offered_again(folder: Path) -> None:
    """The promise rests on us, not on the broker: one that forgets to deduplicate makes no difference."""
    total = live(World(folder / "whole", orders(), MOODS), ())[0]
    for at in range(1, total + 1, 3):
        world = World(folder / str(at), orders(), MOODS)
        world.broker = Double(world.config, MOODS, deduplicates=False)
        live(world, (at,))
        check(world)


def test_other_bytes_under_one_id_are_unsafe(folder: Path) -> None:
    world = World(folder, [message(make_order(1)), message(make_order(1, size=20_000))], {})
    with pytest.raises(Unsafe, match="probe-0-1-1 came twice with different bytes"):
        world.run(Fuse())
    assert msgspec.json.decode(world.orders[1])["size"] == 20_000
