"""The archive over its own death: what a restart finds, takes back, and writes no second time."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.adapters.clickhouse import open_store
from jobs.warehouse.archive import Archive
from schemas.errors import SetupError
from schemas.topics import TICKS
from tests.jobs.warehouse.lists import ListReader, readers
from tests.jobs.warehouse.log import RECORD_TABLES, clean, dirty

EVERYTHING = {
    table: f"SELECT count() AS n, sum(cityHash64(*)) AS content FROM penstock.{table}"
    for table in (*RECORD_TABLES, "frames")
}
NOTHING_TO_TAKE_BACK = {"instruments_by_number 0"}  # the first insert of all


def test_a_finished_archive_started_again_writes_nothing(tmp_path: Path) -> None:
    with open_store(f"chdb://{tmp_path}") as store:
        store.create()
        first = Archive(store)
        first.run_to_end(readers(dirty(), first))
        before = {table: store.rows(sql) for table, sql in EVERYTHING.items()}
        second = Archive(store)
        second.run_to_end(readers(dirty(), second))
        assert (second.archived, second.healed) == (0, 0)
        assert {table: store.rows(sql) for table, sql in EVERYTHING.items()} == before


def test_repeats_after_a_restart_are_dropped(tmp_path: Path) -> None:
    """What the intake knows must come back from the warehouse, not only live in memory."""
    topics = clean()
    again = {name: {p: [*messages, *messages] for p, messages in parts.items()} for name, parts in topics.items()}
    with open_store(f"chdb://{tmp_path}") as store:
        store.create()
        first = Archive(store)
        first.run_to_end(readers(topics, first))
        counts = [store.rows(f"SELECT count() AS n FROM penstock.{table}") for table in RECORD_TABLES]
        second = Archive(store)
        second.run_to_end(readers(again, second))
        assert second.archived == first.archived
        assert [store.rows(f"SELECT count() AS n FROM penstock.{table}") for table in RECORD_TABLES] == counts


@pytest.mark.parametrize("victim", ["instruments_by_number 0", "outcomes 0", "frames 0", "frames 1"])
def test_kill_between_inserts_loses_and_doubles_nothing(tmp_path: Path, whole: dict[str, object], victim: str) -> None:
    topics = tmp_path / "topics"
    topics.write_bytes(pickle.dumps(dirty()))
    folder = tmp_path / "warehouse"

    def archive(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "tests.jobs.warehouse.lists", str(topics), str(folder), "300"]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)

    assert archive(*victim.split()).returncode == -9
    done = archive()
    assert done.returncode == 0, done.stderr
    archived, healed = map(int, done.stdout.split())
    assert archived > 0
    assert (healed > 0) == (victim not in NOTHING_TO_TAKE_BACK), "the kill came at another place"
    with open_store(f"chdb://{folder}") as store:
        assert {table: store.rows(sql) for table, sql in EVERYTHING.items()} == whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The uninterrupted run's content."""
    with open_store(f"chdb://{tmp_path_factory.mktemp('whole')}") as store:
        store.create()
        archive = Archive(store, 1000)
        archive.run_to_end(readers(dirty(), archive))
        return {table: store.rows(sql) for table, sql in EVERYTHING.items()}


def test_a_reader_that_skips_is_refused(tmp_path: Path) -> None:
    with open_store(f"chdb://{tmp_path}") as store:
        store.create()
        archive = Archive(store)
        archive.next = {TICKS.name: {0: 0, 1: 0}}
        with pytest.raises(SetupError, match=r"ticks\.v1\[0\] gave offset 3, expected 0"):
            archive.step({TICKS.name: ListReader(clean()[TICKS.name], {0: 3, 1: 0})})
