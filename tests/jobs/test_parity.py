"""Parity agrees on a run as it was, and finds a changed price, a changed row and a missing one."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobs.parity import REPORT, parity
from jobs.results.store import open_archive
from schemas.features import INDEX
from schemas.frame import decode, encode
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES
from tests.jobs.archived import archive
from tests.jobs.test_replay import copy_of
from tests.jobs.warehouse.lists import Topics


def told(folder: Path) -> dict[str, dict[str, object]]:
    return {one["quantity"]: one for one in json.loads((folder / REPORT).read_bytes())}


def test_sql_and_the_pipeline_agree(archived_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert parity(archived_run) == 0
    assert ": 0 differ" in capsys.readouterr().out
    found = told(archived_run)
    assert {"1-s bars: value", "60-s bars: high", "feature row: bid", "bollinger_20_1s", "vwap_distance_30s"} <= set(
        found
    )
    assert all(one["compared"] > 0 for one in found.values()), "a quantity was compared with nothing"


def test_each_check_is_a_row_a_quantity(archived_run: Path) -> None:
    assert parity(archived_run) == 0
    with open_archive(archived_run) as store:
        last = store.ask("SELECT * FROM parity_runs WHERE checked_ns = (SELECT max(checked_ns) FROM parity_runs)")
    kept = {row["quantity"]: row["compared"] for row in last.to_pylist()}
    assert kept == {name: one["compared"] for name, one in told(archived_run).items()}
    assert {(row["beside"], row["different"] + row["missing"]) for row in last.to_pylist()} == {("sql", 0)}


def test_a_price_that_sql_sees_changed_is_noticed(archived_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert parity(archived_run, mutate=True) == 1
    assert "mutated: a trade of" in capsys.readouterr().out


def test_a_changed_feature_is_noticed(topics: Topics, tmp_path: Path) -> None:
    changed = copy_of(topics)
    frame = decode(changed[FEATURES.name][1][3])
    records = frame.records.copy()
    records["x"][0, INDEX["bollinger_20_1s"]] += 1e-5
    changed[FEATURES.name][1][3] = encode(replace(frame, records=records))
    archive(changed, tmp_path)
    assert parity(tmp_path) == 1
    assert [name for name, one in told(tmp_path).items() if one["different"]] == ["bollinger_20_1s"]


def test_a_missing_row_is_noticed(topics: Topics, tmp_path: Path) -> None:
    changed = copy_of(topics)
    changed[FEATURES.name][1].pop()
    archive(changed, tmp_path)
    assert parity(tmp_path) == 1
    assert "feature row: bid" in [name for name, one in told(tmp_path).items() if one["missing"]]


def test_nothing_to_compare_is_no_success(topics: Topics, tmp_path: Path) -> None:
    changed = copy_of(topics)
    for topic in (FEATURES, DECISIONS, EXECUTIONS, OUTCOMES, ORDERS):
        changed[topic.name] = {0: [], 1: []}
    archive(changed, tmp_path)
    assert parity(tmp_path) == 1
