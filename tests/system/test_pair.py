"""A hot pair for real: one replica is killed and returns, orders go on; and one that goes wrong halts the gateway."""

from pathlib import Path

import pytest

from jobs.execution.standing import standing
from jobs.replicas.drill import diverge, lose_each
from jobs.replicas.stage import Stage
from tests.builders import CAPTURE

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def test_a_replica_is_lost_and_nothing_else_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "pair")
    try:
        stage.open()
        found = lose_each(stage, CAPTURE, 2.0, 6.0, print, victims=("a",))
    finally:
        stage.close()
    usual, killed, _ = found.phases
    assert usual.orders and killed.orders, "orders must go on while a replica is dead"
    assert found.asked["a"] and found.asked["b"] and set(found.first) == {"a", "b"}
    assert found.compared > 0 and found.different == 0
    assert (found.lost, found.doubled, found.differences) == (0, 0, 0) and found.orders == sum(found.first.values())


def test_one_that_sees_another_market_halts_the_gateway(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "pair")
    try:
        stage.open()
        compared, said = diverge(stage, CAPTURE, 4.0, print)
    finally:
        stage.close()
    assert compared > 0 and "HALTED" in said
    seen = standing(stage.folder)
    assert seen.halted and seen.by == "gateway" and ("different bytes" in seen.reason or "does not say" in seen.reason)
