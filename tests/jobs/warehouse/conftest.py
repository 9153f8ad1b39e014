"""One archived warehouse for the tests that only ask; the engine opens one folder a process, so it is closed after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.adapters.clickhouse import Store, open_store
from jobs.results.kept import keep
from jobs.results.oracle import Parity
from jobs.warehouse.archive import Archive
from tests.jobs.warehouse.lists import readers
from tests.jobs.warehouse.log import dirty


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder whose warehouse holds the dirty topics; nobody has it open."""
    folder = tmp_path_factory.mktemp("run")
    with open_store(f"chdb://{folder / 'warehouse'}") as store:
        store.create()
        archive = Archive(store, block_messages_max=500)
        archive.run_to_end(readers(dirty(), archive))
    keep(folder, None, [Parity("close", 0.0, 9, 0, 0, 0.0, None)], "sql", 1)
    return folder


@pytest.fixture(scope="module")
def store(run_folder: Path) -> Iterator[Store]:
    with open_store(f"chdb://{run_folder / 'warehouse'}", read_only=True) as opened:
        yield opened
