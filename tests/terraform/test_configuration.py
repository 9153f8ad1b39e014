"""What needs no provider: format, versions, documents, and agreement with schemas/topics.py."""

import subprocess
from pathlib import Path

import hcl2
import pytest

from schemas.metrics import METRICS
from schemas.topics import TOPICS
from tests.terraform.command import ROOT, copied
from tests.terraform.readme import FOLDERS, written


def test_is_formatted(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", str(copy)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_one_text_states_the_versions_everywhere() -> None:
    texts = {path.read_text() for path in ROOT.glob("*/*/versions.tf")}
    assert len(texts) == 1
    assert '">= 5.100.0, < 7.0.0"' in texts.pop()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_readme_tells_every_input_and_output(folder: Path) -> None:
    assert (folder / "README.md").read_text() == written(folder), "python -m tests.terraform.readme writes it"


def test_rights_in_kafka_are_those_of_the_table_of_topics() -> None:
    with (ROOT / "stacks" / "pipeline" / "topics.tf").open() as file:
        [block] = hcl2.load(file)["locals"]
    rights = {name: [topic.strip('"') for topic in topics] for name, topics in block["topics"].items()}
    writes = {topic.name: topic.writes for topic in TOPICS}
    assert sorted(rights["trade_a"]) == sorted(name for name, by in writes.items() if "trade" in by)
    assert set(rights["trade_b"]) < set(rights["trade_a"])
    assert sorted(rights["feed"]) == sorted(name for name, by in writes.items() if "feed" in by)
    reads = {topic.name for topic in TOPICS if "archive" in topic.reads or topic.reads == "all"}
    assert set(rights["archive"]) >= reads


def test_alarms_watch_what_is_published() -> None:
    """By the tables of metrics, of labels and of what the alerts of Prometheus ask of Flink."""
    with (ROOT / "modules" / "observability" / "alarms.tf").open() as file:
        [block] = hcl2.load(file)["locals"]
    flink = {"flink_jobmanager_job_numRestarts", "flink_taskmanager_job_task_operator_pendingRecords"}
    labels = {metric.name: {*metric.labels, "process"} for metric in METRICS} | {name: {"process"} for name in flink}
    for alarm in block["process_alarms"].values():
        assert set(alarm["dimension"]) <= labels[alarm["metric"].strip('"')] and len(alarm["dimension"]) <= 1, alarm
