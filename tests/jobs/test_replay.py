"""Replay finds what differs, and only that."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from jobs.replay import replay
from jobs.results import compare
from schemas.frame import decode, encode
from schemas.records import DECISION, FEATURE
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES
from tests.jobs.archived import archive
from tests.jobs.warehouse.lists import Topics


def copy_of(topics: Topics) -> Topics:
    return {name: {channel: list(data) for channel, data in one.items()} for name, one in topics.items()}


def test_an_untouched_run_has_no_difference(archived_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(archived_run) == 0
    out = capsys.readouterr().out
    assert "decisions, 0 differences" in out
    assert "compared 0 decisions" not in out


def test_a_changed_price_is_noticed(archived_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(archived_run, mutate=True) == 1
    out = capsys.readouterr().out
    assert "mutated: one bid of" in out
    assert "decisions.v1 channel 0 number" in out
    assert "decisions, 0 differences" not in out


def test_a_changed_decision_in_the_archive_is_named(
    topics: Topics, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy_of(topics)
    frame = decode(changed[DECISIONS.name][1][3])
    records = frame.records.copy()
    records["confidence_bp"][0] += 1
    changed[DECISIONS.name][1][3] = encode(replace(frame, records=records))
    archive(changed, tmp_path)
    assert replay(tmp_path) == 1
    out = capsys.readouterr().out
    number, was = int(records["number"][0]), int(records["confidence_bp"][0])
    assert f"decisions.v1 channel 1 number {number}: confidence_bp: was {was}, is {was - 1}" in out
    assert "decisions, 1 differences" in out


def test_an_order_that_is_missing_is_named(topics: Topics, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = copy_of(topics)
    changed[ORDERS.name][0].pop()
    archive(changed, tmp_path)
    assert replay(tmp_path) == 1
    assert "orders.v1 channel 0 number probe-0-1-" in capsys.readouterr().out


def test_nothing_to_compare_is_no_success(topics: Topics, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = copy_of(topics)
    for topic in (DECISIONS, FEATURES, OUTCOMES, EXECUTIONS, ORDERS):
        changed[topic.name] = {0: [], 1: []}
    archive(changed, tmp_path)
    assert replay(tmp_path) == 1
    assert "compared 0 decisions" in capsys.readouterr().out


def test_another_cpu_may_round_a_score_but_not_decide() -> None:
    was = np.zeros(3, DECISION)
    now = was.copy()
    now["model_bp"][1] = 1
    assert [one.field for one in compare.records("t", 0, was, now, exact=True)] == ["model_bp"]
    assert not list(compare.records("t", 0, was, now, exact=False))
    now["verdict"][2] = 1
    now["p_bp"][2] = 2
    assert [one.field for one in compare.records("t", 0, was, now, exact=False)] == ["p_bp", "verdict"]


def test_floats_are_compared_by_bytes_or_to_a_millionth() -> None:
    was = np.zeros(2, FEATURE)
    was["x"][:, 3] = 1.0
    now = was.copy()
    now["x"][1, 3] = np.nextafter(np.float32(1), np.float32(2))
    assert len(list(compare.records("t", 0, was, now, exact=True))) == 1
    assert not list(compare.records("t", 0, was, now, exact=False))
    now["x"][1, 3] = 1.0001
    assert len(list(compare.records("t", 0, was, now, exact=False))) == 1
    was["x"][0, 0] = now["x"][0, 0] = np.nan
    now["x"][1, 3] = 1.0
    assert not list(compare.records("t", 0, was, now, exact=True))


def test_the_longer_side_is_told_record_by_record() -> None:
    was, now = np.zeros(1, DECISION), np.zeros(3, DECISION)
    now["number"] = [0, 1, 2]
    found = list(compare.records("t", 0, was, now, exact=True))
    assert [(one.number, one.field, one.was is None) for one in found] == [("1", "record", True), ("2", "record", True)]
