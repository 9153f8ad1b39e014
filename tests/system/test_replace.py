"""`penstock submit`, then `penstock upgrade` while the feed goes on: a savepoint that fails changes nothing, one that
succeeds cannot be seen in a byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.adapters.rest import FlinkError
from jobs.adapters.submission import kept
from jobs.campaign.oracles import judge
from jobs.cluster import local_cluster
from jobs.upgrade import upgrade
from jobs.upgrading.check import faults
from jobs.upgrading.stage import Stage
from schemas.errors import SetupError

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
SECONDS = 150.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "run", "lock-step")
    try:
        yield made
    finally:
        made.close()


def test_an_upgrade_cannot_be_seen_and_one_that_fails_changes_nothing(stage: Stage) -> None:
    with pytest.raises(SetupError, match="penstock submit"):
        upgrade(stage.folder)
    stage.open(SECONDS)
    stage.wait(stage.has_decided, 120, "a first decision")
    old, blocked = kept(stage.folder, "a"), stage.folder / "savepoints"
    blocked.write_text("a file where a folder must be")
    with pytest.raises(FlinkError, match="the old job goes on"):
        upgrade(stage.folder)
    assert local_cluster(stage.folder).rest.is_processing(old.job)
    blocked.unlink()

    said: list[str] = []
    done = upgrade(stage.folder, say=said.append)
    assert done.job != old.job and "stopped with savepoint" in said[1]
    stage.finish(180)
    before = [at_ms < done.stopped_ns // 1_000_000 for at_ms in stage.decided_ms()]
    assert any(before) and not all(before), "the upgrade fell between no two decisions"
    stage.close()
    found = judge(stage.folder)
    assert not faults("lock-step", found)
    assert found.messages > 1000
