"""Orders of a hot pair at the gateway: the first of each id, or only what both have asked for."""

import contextlib
from pathlib import Path

import pytest

from jobs.execution.standing import standing
from schemas.config import PairConfig
from schemas.errors import ConfigError, Unsafe
from schemas.trading import Reason
from tests.jobs.execution.world import NOW_NS, Fuse, Killed, World, make_order, mark_frame, message

FIRST = PairConfig(orders="first", lag_ns_max=1_000_000_000)
BOTH = PairConfig(orders="both", lag_ns_max=1_000_000_000)


def test_the_first_of_each_id_goes_at_once(folder: Path) -> None:
    one, two = make_order(1), make_order(2)
    orders = [message(one, "b"), message(two, "a"), message(one, "a"), message(two, "b"), message(two, "b")]
    world = World(folder, orders, {}, pair=FIRST)
    world.run(Fuse())
    assert world.broker.submits == [one.id, two.id]


def test_both_must_ask_and_a_repeat_of_one_is_not_both(folder: Path) -> None:
    one, two, three = (make_order(n) for n in (1, 2, 3))
    orders = [message(one, "a"), message(one, "a"), message(two, "b"), message(one, "b"), message(three)]
    world = World(folder, orders, {}, pair=BOTH)
    world.run(Fuse())
    assert world.broker.submits == [one.id] and standing(folder).orders == {"received": 2, "filled": 1}
    world.orders.append(message(two, "a"))  # in another life of the gateway
    world.run(Fuse())
    assert world.broker.submits == [one.id, two.id]


def test_what_one_alone_asked_for_is_vetoed_when_its_time_has_passed(folder: Path) -> None:
    one = make_order(1)
    world = World(folder, [message(one, "a")], {}, pair=BOTH)
    world.run(Fuse())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.jobs.execution.world.NOW_NS", one.valid_until_ns + 1)
        patch.setattr(mark_frame, "__defaults__", (*mark_frame.__defaults__[:-1], one.valid_until_ns + 1))  # type: ignore[index]
        world.orders.append(message(one, "b"))  # too late
        world.run(Fuse())
    assert world.broker.submits == [] and standing(folder).orders == {"vetoed": 1}


@pytest.mark.parametrize("pair", [FIRST, BOTH])
def test_killed_at_every_step_each_order_is_offered_once(folder: Path, pair: PairConfig) -> None:
    made = [make_order(n) for n in (1, 2)]
    orders = [message(order, replica) for order in made for replica in ("a", "b", "a")]  # type: ignore[arg-type]
    fuse = Fuse()
    World(folder / "whole", orders, {}, pair=pair).run(fuse)
    for at in range(1, fuse.steps + 1):
        world = World(folder / str(at), orders, {}, pair=pair)
        with contextlib.suppress(Killed):
            world.run(Fuse(at))
        world.run(Fuse())
        filled = standing(folder / str(at)).orders == {"filled": 2}
        assert filled or world.broker.submits.count("probe-0-1-1") <= 1, at
        assert len(set(world.broker.submits)) == len(world.broker.submits)


def test_other_bytes_halt_and_a_resumed_gateway_goes_on_behind_them(folder: Path) -> None:
    orders = [message(make_order(1), "a"), message(make_order(1, size=20_000), "b"), message(make_order(2), "a")]
    world = World(folder, orders, {}, pair=FIRST)
    with pytest.raises(Unsafe, match=r"probe-0-1-1 came twice with different bytes .* from replica b"):
        world.run(Fuse())
    world.run(Fuse())
    assert world.broker.submits == ["probe-0-1-1"] and standing(folder).halted
    assert standing(folder).orders == {"filled": 1, "vetoed": 1}


def test_a_second_replica_that_nobody_configured_is_unsafe(folder: Path) -> None:
    world = World(folder, [message(make_order(1), "b")], {})
    with pytest.raises(Unsafe, match=r"has no \[gateway.pair\]"):
        world.run(Fuse())
    assert world.broker.submits == []


def test_the_bound_of_a_lag_must_be_positive() -> None:
    with pytest.raises(ConfigError, match="lag_ns_max"):
        PairConfig(orders="first", lag_ns_max=0)
    assert Reason.UNCONFIRMED and NOW_NS
