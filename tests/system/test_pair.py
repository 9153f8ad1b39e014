"""A hot pair for real: one replica is killed and returns, orders go on; and one that goes wrong halts the gateway."""

import shutil
from collections.abc import Iterator

import pytest

from jobs.execution.standing import standing
from jobs.replicas.drill import go_wrong, lose_each
from jobs.replicas.stage import Stage
from tests.builders import CAPTURE

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("pair"))
    try:
        made.open()
        yield made
    finally:
        made.close()


def test_a_replica_is_lost_and_nothing_else_is(stage: Stage) -> None:
    found = lose_each(stage, CAPTURE, 2.0, 6.0, print, victims=("a",))
    usual, killed, _ = found.phases
    assert usual.orders and killed.orders, "orders must go on while a replica is dead"
    assert found.asked["a"] and found.asked["b"] and set(found.first) == {"a", "b"}
    assert found.compared > 0 and found.different == 0
    assert (found.lost, found.doubled, found.differences) == (0, 0, 0) and found.orders == sum(found.first.values())


def test_one_that_sees_another_market_halts_the_gateway(stage: Stage) -> None:
    """b begins again without a state, and reads the log up to where its bids go wrong."""
    assert stage.processes["trade-b"].stop(60)
    shutil.rmtree(stage.folder / "state-b")
    stage.start("gateway")
    stage.wait_ready("gateway")
    assert not standing(stage.folder).halted
    stage.start("feed", "--data", str(CAPTURE), "--pace", "2")
    compared, said = go_wrong(stage, print)
    assert compared > 0 and "HALTED" in said
    seen = standing(stage.folder)
    assert seen.halted and seen.by == "gateway" and ("different bytes" in seen.reason or "does not say" in seen.reason)
