"""One small run in a warehouse, for every test here that only looks."""

from pathlib import Path

import pytest

from tests.jobs.archived import archive, played_topics
from tests.jobs.warehouse.lists import Topics


@pytest.fixture(scope="session")
def topics() -> Topics:
    return played_topics()


@pytest.fixture(scope="session")
def archived_run(topics: Topics, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run; nobody has its warehouse open."""
    folder = tmp_path_factory.mktemp("archived")
    archive(topics, folder)
    return folder
