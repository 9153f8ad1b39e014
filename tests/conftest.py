"""The order of the tests."""

import pytest

# Files of system tests that take longest, by what they took: two run at a time, and none of these may be begun last.
LONGEST = ("test_faults", "test_pair", "test_supervised", "test_run", "test_kill", "test_replace", "test_demo")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if _is_long(item) else len(LONGEST))


def _is_long(item: pytest.Item) -> bool:
    return item.path.stem in LONGEST and item.path.parent.name == "system"
