"""Looking at a real broker: topics as text, and a replay whose log comes from Kafka."""

from pathlib import Path

import pytest

from jobs.cat import cat
from jobs.replay import replay
from schemas.topics import TICKS
from tests.jobs.archived import archive, played_topics
from tests.system.rig import CHANNELS, Rig

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def run(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose log lies in the broker, and all of it in an archive."""
    topics, folder = played_topics(), tmp_path_factory.mktemp("run")
    for channel in CHANNELS:
        rig.write(channel, topics[TICKS.name][channel])
    archive(topics, folder)
    return folder


def test_cat_reads_the_broker(rig: Rig, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cat("ticks", None, 4, 2, rig.bootstrap, run)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in lines] == ["0:", "0:", "1:", "1:"]
    assert lines[0].startswith("0:4  TICKS FEED/1/1  ")
    assert all("@binance-" in line for line in lines)


def test_the_log_of_the_broker_replays(rig: Rig, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(run, bootstrap=rig.bootstrap) == 0
    assert "decisions, 0 differences" in capsys.readouterr().out
    assert replay(run, bootstrap=rig.bootstrap, mutate=True) == 1
