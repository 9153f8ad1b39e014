"""Which TaskManager rehearses when, how often, and which of them count as warm."""

from pathlib import Path

import pytest

from jobs.adapters.rest import FlinkError
from jobs.supervision import spare
from jobs.supervision.spare import TRIES_MAX, Rehearsals

JOB, REHEARSAL = "a" * 32, "b" * 32


class Flink:
    """A JobManager and a client of it, as far as rehearsals ask them."""

    def __init__(self) -> None:
        self.free = {"taskmanager-1": 1, "taskmanager-2": 2}
        self.placed = {JOB: {"taskmanager-1"}, REHEARSAL: {"taskmanager-2"}}
        self.states = {JOB: "RUNNING", REHEARSAL: "FINISHED"}
        self.is_processed = self.answers = True
        self.begun, self.completed, self.term = 0, 1, 1
        self.given: tuple[str, ...] = ()
        self.told: list[tuple[str, str]] = []
        self.rehearsals = Rehearsals(self, [], self.tell, lambda: self.term)  # type: ignore[arg-type]

    def tell(self, part: str, what: str, why: str) -> None:
        self.told.append((part, what))

    def tend(self, times: int = 10) -> None:
        for _ in range(times):
            self.rehearsals.tend(JOB)

    # the cluster, and the process of its client
    log = Path("client.log")

    def begin_submission(self, module: str, *arguments: str) -> "Flink":
        assert module == "jobs.rehearse"
        self.begun, self.given = self.begun + 1, arguments
        return self

    def is_running(self) -> bool:
        return False

    def output(self) -> str:
        return f"Job has been submitted with JobID {REHEARSAL}"

    def kill(self) -> None: ...

    # the JobManager
    def taskmanagers(self) -> dict[str, int]:
        if not self.answers:
            raise FlinkError("silence")
        return self.free

    def hosts(self, job: str) -> set[str]:
        return self.placed[job]

    def job_state(self, job: str) -> str:
        return self.states[job]

    def is_processing(self, job: str) -> bool:
        return self.is_processed

    def checkpoints(self, job: str) -> tuple[int, str | None]:
        return self.completed, None

    def ask_to_cancel(self, job: str) -> None: ...


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch) -> Flink:
    made = Flink()
    monkeypatch.setattr(spare, "rest", lambda cluster: made)
    monkeypatch.setattr(spare, "LOOK_S", -1.0)
    return made


def test_the_working_one_is_warm_and_the_spare_rehearses_once(flink: Flink) -> None:
    flink.tend()
    assert flink.told == [("taskmanager-1", "warm"), ("taskmanager-2", "warm")] and flink.begun == 1


def test_one_that_comes_later_rehearses_too(flink: Flink) -> None:
    flink.tend()
    flink.free = {"taskmanager-2": 1, "taskmanager-3": 2}
    flink.placed = {JOB: {"taskmanager-2"}, REHEARSAL: {"taskmanager-3"}}
    flink.tend()
    assert flink.told[2:] == [("taskmanager-3", "warm")] and flink.begun == 2


def test_a_new_term_is_rehearsed_by_the_spare_alone(flink: Flink) -> None:
    flink.tend()
    assert flink.given == ("--term", "1")
    flink.term = 2
    flink.tend()
    assert flink.told[2:] == [("taskmanager-2", "cold"), ("taskmanager-2", "warm")]
    assert flink.begun == 2 and flink.given == ("--term", "2")


def test_a_failed_rehearsal_is_tried_once_more(flink: Flink) -> None:
    flink.states[REHEARSAL] = "FAILED"
    flink.tend(30)
    assert flink.told[1:] == [("taskmanager-2", "cold")] * TRIES_MAX and flink.begun == TRIES_MAX


def test_one_that_ran_elsewhere_does_not_count_for_the_spare(flink: Flink) -> None:
    flink.placed[REHEARSAL] = {"taskmanager-1"}
    flink.tend(3)
    assert flink.told[1:] == [("taskmanager-2", "cold")]
    flink.placed[REHEARSAL] = {"taskmanager-2"}
    flink.tend()
    assert flink.told[-1] == ("taskmanager-2", "warm") and flink.begun == 2


def test_nothing_begins_while_the_job_does_not_work_or_nobody_answers(flink: Flink) -> None:
    flink.is_processed = False
    flink.tend()
    flink.is_processed, flink.answers = True, False
    flink.tend()
    flink.answers, flink.completed = True, 0  # it still loads what it needs
    flink.tend()
    assert flink.begun == 0


def test_a_rehearsal_without_end_is_given_up(flink: Flink, monkeypatch: pytest.MonkeyPatch) -> None:
    flink.states[REHEARSAL] = "RUNNING"
    flink.tend()
    assert flink.begun == 1
    monkeypatch.setattr(spare, "REHEARSAL_S_MAX", -1.0)
    flink.tend(30)
    assert flink.told[1:] == [("taskmanager-2", "cold")] * TRIES_MAX
