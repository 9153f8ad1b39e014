"""Which TaskManager is struck: the one that works, also while the spare rehearses."""

from pathlib import Path

import pytest

from jobs.campaign import victims

TRADE, REHEARSAL = "a" * 32, "b" * 32


class Rest:
    """A JobManager with two jobs that run."""

    def __init__(self, address: str, timeout_s: float) -> None: ...

    def live_jobs(self) -> dict[str, str]:
        return {REHEARSAL: "rehearsal", TRADE: "trade"}

    def is_processing(self, job: str) -> bool:
        return True

    def hosts(self, job: str) -> set[str]:
        return {TRADE: {"taskmanager-1"}, REHEARSAL: {"taskmanager-2"}}[job]


def test_the_one_that_rehearses_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "cluster" / "conf"
    conf.mkdir(parents=True)
    (conf / "config.yaml").write_text("rest.port: 1\n")
    monkeypatch.setattr(victims, "Rest", Rest)
    assert victims.working_taskmanager(tmp_path) == "taskmanager-1"
