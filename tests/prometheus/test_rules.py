"""Rules: what they ask for is published, every alert is tested, and promtool agrees."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import jobs
from jobs.adapters.prometheus import RULES, find_program
from schemas import metrics
from schemas.errors import SetupError
from schemas.metrics import METRICS, PROCESSES, Metric
from tests.prometheus import dashboard
from tests.prometheus.readme import README, written
from udfs.counters import Counters

RULE_FILES, TEST_FILES = sorted((RULES / "rules").glob("*.yml")), sorted((RULES / "tests").glob("*.yml"))
FLINKS = ("flink_jobmanager_job_numRestarts", "flink_jobmanager_job_lastCheckpointCompletedTimestamp")
FLINKS += ("flink_taskmanager_job_task_operator_pendingRecords",)
OTHERS = {"up": {"job"}} | {name: {"job_name"} for name in FLINKS}  # Prometheus' own and Flink's own
TARGET = {"process", "job", "instance"}  # labels that scraping adds
SUFFIXES = ("_bucket", "_count", "_sum")
BY_NAME = {metric.name: metric for metric in METRICS}


def rules(kind: str) -> list[dict[str, Any]]:
    groups = [group for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


RECORDED = {rule["record"]: rule["expr"] for rule in rules("record")}


def names(expression: str) -> set[str]:
    return set(re.findall(r"(?<![\w:])(?:[a-z]+:)?(?:penstock|flink)_[\w:]+|\bup\b(?=\{)", expression))


def metric_of(name: str) -> Metric | None:
    for suffix in SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in BY_NAME and BY_NAME[base].kind == "histogram":
            return BY_NAME[base]
    return BY_NAME.get(name)


def labels_of(name: str) -> set[str]:
    """The labels that a metric or a recorded series has; fails for one that nobody publishes."""
    if name in OTHERS:
        return OTHERS[name] | TARGET
    if name in RECORDED:
        return set().union(*(labels_of(one) for one in names(RECORDED[name])))
    metric = metric_of(name)
    assert metric is not None, f"{name} is in no table: schemas/metrics.py"
    return {*metric.labels, *TARGET, *(("le",) if metric.kind == "histogram" else ())}


@pytest.mark.parametrize(
    "rule", [*rules("alert"), *rules("record")], ids=lambda rule: rule.get("alert", "") or "record"
)
def test_a_rule_asks_for_what_is_published(rule: dict[str, Any]):
    expression = rule["expr"]
    known = set().union(*(labels_of(name) for name in names(expression)))
    asked = {label for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in group.split(", ")}
    asked |= set(re.findall(r'(\w+)=~?"', expression))
    assert names(expression) and asked <= known, (asked, known)
    for process in re.findall(r'process="(\w+)"', expression):
        assert process in PROCESSES


@pytest.mark.parametrize("rule", rules("alert"), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in ("page", "warn") and set(rule["labels"]) == {"severity"}
    assert set(rule["annotations"]) == {"summary", "action"} and all(rule["annotations"].values())
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    kept = re.search(r"by \(([^)]*)\)", rule["expr"])
    left = set(kept[1].split(", ")) if kept else set().union(*(labels_of(name) for name in names(rule["expr"])))
    assert used <= left, f"{used - left} are not left of the expression"


def test_every_alert_is_seen_to_fire_and_to_be_quiet_and_every_record_is_computed():
    tests = [test for path in TEST_FILES for test in yaml.safe_load(path.read_text())["tests"]]
    cases = [case for test in tests for case in test.get("alert_rule_test", ())]
    fired = {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
    known = {rule["alert"] for rule in rules("alert")}
    assert fired == quiet == known
    computed = " ".join(case["expr"] for test in tests for case in test.get("promql_expr_test", ()))
    asked = computed + " ".join(rule["expr"] for rule in rules("alert"))
    assert all(name in asked for name in RECORDED)


def test_the_readme_lists_every_metric_and_alert():
    text = README.read_text()
    assert text == written(), "python -m tests.prometheus.readme writes it"
    assert all(f"`{rule['alert']}`" in text for rule in rules("alert"))


def test_every_sign_of_danger_has_an_alert():
    quiet = {"penstock_build_info", "penstock_round_age_seconds", "penstock_exchange_waiting_orders"}
    quiet |= {"penstock_replica_position_records", "penstock_parity_age_seconds"}
    gauges = {metric.name for metric in METRICS if metric.kind == "gauge"} - quiet
    watched = set().union(*(names(rule["expr"]) for rule in rules("alert")))
    assert gauges <= watched, gauges - watched


@pytest.fixture(scope="module")
def promtool() -> Path:
    try:
        return find_program("promtool")
    except SetupError as error:
        if os.environ.get("PROMETHEUS_REQUIRED") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


def ask(promtool: Path, *arguments: str | Path) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_runs_the_tests_of_the_rules(promtool: Path):
    ask(promtool, "check", "rules", *RULE_FILES)
    ask(promtool, "check", "config", RULES / "prometheus.yml")
    ask(promtool, "test", "rules", *TEST_FILES)


def test_promtool_finds_a_threshold_that_has_moved(promtool: Path, tmp_path: Path):
    for path in (*RULE_FILES, *TEST_FILES):
        copy = tmp_path / path.parent.name / path.name
        copy.parent.mkdir(exist_ok=True)
        text = path.read_text()
        copy.write_text(text.replace("penstock_loss_ratio > 0.5", "penstock_loss_ratio > 0.8"))
    with pytest.raises(AssertionError, match="Loss fires"):
        ask(promtool, "test", "rules", tmp_path / "tests" / "alerts.yml")


PANELS: list[dict[str, Any]] = json.loads(dashboard.FILE.read_text())["panels"]


def test_the_dashboard_is_as_it_is_written():
    assert dashboard.FILE.read_text() == dashboard.written(), "python -m tests.prometheus.dashboard writes it"
    places = [one["gridPos"] for one in PANELS]
    assert max(one["y"] + one["h"] for one in places) <= 24, "more than a screen"
    assert len({one["id"] for one in PANELS}) == len(PANELS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_the_rules_ask_for(panel: dict[str, Any]):
    [target] = panel["targets"]
    asked = names(target["expr"])
    known = RECORDED.keys() | set().union(*(names(rule["expr"]) for rule in rules("alert")))
    assert asked and asked <= known, asked - known
    labels = set().union(*(labels_of(name) for name in asked))
    kept = re.search(r"by \(([^)]*)\)", target["expr"])
    assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= (set(kept[1].split(", ")) if kept else labels)


def test_promtool_parses_every_query_of_the_dashboard(promtool: Path, tmp_path: Path):
    asked = [{"record": "a:b:c", "expr": one["targets"][0]["expr"], "labels": {"n": str(one["id"])}} for one in PANELS]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    ask(promtool, "check", "rules", path)


class Named:
    """Takes the operator's counters, as Flink does, and keeps their names."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def add_group(self, name: str, extra: str) -> "Named":
        return self

    def counter(self, name: str) -> "Named":
        self.names.add(name)
        return self

    def inc(self, n: int) -> None:
        """Nobody counts here."""


def test_every_metric_is_written_by_somebody():
    """What fills the pages names it; the operator's are counted under their last words."""
    pages = "".join(path.read_text() for path in (Path(jobs.__file__).parent / "observation").glob("*.py"))
    filled, operator = set(re.findall(r"\b([A-Z][A-Z_]+),", pages)), Named()
    Counters(operator, 0)
    for name, metric in vars(metrics).items():
        if isinstance(metric, Metric) and "flink" in metric.by:
            assert metric.name.removeprefix(metrics.FLINK) in operator.names
        elif isinstance(metric, Metric):
            assert name in filled, f"nobody tells {metric.name}"
