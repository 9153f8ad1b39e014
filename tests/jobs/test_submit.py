"""`penstock submit`: what it refuses before anything is sent (tests/system/test_replace.py submits for real)."""

from pathlib import Path

import pytest

from jobs import submit
from jobs.adapters.endpoints import free_port
from jobs.adapters.rest import FlinkError, Rest
from jobs.adapters.submission import Submission, keep, kept
from jobs.submit import rest_address, wait_processing
from schemas.errors import SetupError

OWN = ["--bootstrap", "127.0.0.1:1", "--channels", "0"]
JOB = "0" * 32


class Answers(Rest):
    """A cluster by hand: the states that the job takes, one after the other; the last one stays."""

    def __init__(self, *states: str) -> None:
        super().__init__("127.0.0.1:1")
        self._states = list(states)

    def is_processing(self, job: str) -> bool:
        return self.job_state(job) == "RUNNING"

    def job_state(self, job: str) -> str:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def job_failure(self, job: str) -> str:
        return "no connector\n\tat java"

    def taskmanagers(self) -> dict[str, int]:
        return {"one": 0}


@pytest.mark.parametrize("text", ["localhost", "localhost:http", "https://flink:443", ":8081"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match="HOST:PORT"):
        rest_address(text)


def test_a_job_that_begins_is_waited_for() -> None:
    wait_processing(Answers("CREATED", "CREATED", "RUNNING"), JOB, 5)


def test_a_job_that_ends_or_never_runs_says_why() -> None:
    with pytest.raises(FlinkError, match="is FAILED: no connector"):
        wait_processing(Answers("FAILED"), JOB, 5)
    with pytest.raises(FlinkError, match=r"does not run after 0 s, it is RESTARTING: no connector$"):
        wait_processing(Answers("RESTARTING"), JOB, 0)


@pytest.mark.parametrize("more", [["--work", "x"], ["--bounded"], ["--jar", "x.jar"], ["--flink-metrics", "1"]])
def test_what_is_for_the_embedded_job_is_refused(more: list[str]) -> None:
    with pytest.raises(SetupError, match="embedded job only"):
        submit.main(["--rest", "127.0.0.1:1", *OWN, *more])


def test_nobody_at_the_address_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(FlinkError, match="does not answer"):
        submit.main(["--rest", f"127.0.0.1:{free_port()}", "--folder", str(tmp_path), *OWN])
    assert not list(tmp_path.iterdir())


def test_what_was_submitted_is_kept(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="penstock submit"):
        kept(tmp_path, "a")
    one = Submission(rest="127.0.0.1:1", job=JOB, arguments=tuple(OWN))
    keep(tmp_path, "a", one)
    assert kept(tmp_path, "a") == one
    (tmp_path / "submission-a.json").write_text("[]")
    with pytest.raises(SetupError, match="submit the job again"):
        kept(tmp_path, "a")
