"""What dies or freezes is begun again, in time and a bounded number of times; a campaign's arithmetic."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from jobs.adapters.processes import Process, ProcessDiedError
from jobs.adapters.supervisor import Supervisor
from jobs.campaign.events import back, down, is_up, warm
from jobs.campaign.plan import KINDS, draw
from jobs.campaign.report import failed, upper_bound
from jobs.campaign.round import Round
from jobs.campaign.strikes import Struck
from jobs.campaign.takeovers import table
from jobs.supervision.bodies import Job
from jobs.supervision.events import Event
from jobs.supervision.kept import Kept

POLLING = "import time; print('is running', flush=True)\nwhile True: time.sleep(0.01)"
HANGING = "import time; print('is running', flush=True); time.sleep(60)"
DYING = "import sys; sys.exit(3)"
PROGRAM = (sys.executable, "-c")


class Told:
    """What was told of the parts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def __call__(self, part: str, what: str, why: str) -> None:
        self.lines.append((part, what, why))

    @property
    def whats(self) -> list[str]:
        return [what for _, what, _ in self.lines]


class Coded(Supervisor):
    """Runs Python code given as the job's only argument."""

    def start(self, name: str, *arguments: str, **options: object) -> Process:  # type: ignore[override]
        return super().start(name, arguments[-1], **options)  # type: ignore[arg-type]


@pytest.fixture
def jobs(tmp_path: Path):
    found = Coded(tmp_path, PROGRAM)
    yield found
    found.kill_all()


def kept(jobs: Supervisor, code: str, told: Told, **options: object) -> Kept:
    may_end = bool(options.pop("may_end", False))
    body = Job(jobs, "worker", code, ready=None if may_end else "is running", may_end=may_end)
    return Kept("worker", body, told, **options)  # type: ignore[arg-type]


def tend_until(part: Kept, condition, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        part.tend()
        time.sleep(0.02)


def test_a_killed_part_is_begun_again(jobs: Supervisor, tmp_path: Path) -> None:
    told = Told()
    part = kept(jobs, POLLING, told)
    tend_until(part, lambda: part.is_up)
    pid = int((tmp_path / "worker.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    tend_until(part, lambda: told.whats == ["up", "down", "up"])
    assert "killed by SIGKILL" in told.lines[1][2]
    assert int((tmp_path / "worker.pid").read_text()) != pid


def test_a_frozen_part_is_killed_and_begun_again(jobs: Supervisor, tmp_path: Path) -> None:
    told = Told()
    part = kept(jobs, POLLING, told, frozen_s=2.5)
    tend_until(part, lambda: part.is_up)
    pid = int((tmp_path / "worker.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    tend_until(part, lambda: told.whats == ["up", "down", "up"])
    assert "not answered" in told.lines[1][2]


def test_one_that_wakes_in_time_goes_on_by_itself(jobs: Supervisor, tmp_path: Path) -> None:
    told = Told()
    part = kept(jobs, POLLING, told, frozen_s=4.0)
    tend_until(part, lambda: part.is_up)
    pid = int((tmp_path / "worker.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    tend_until(part, lambda: time.monotonic() - begin > 1.5)
    os.kill(pid, signal.SIGCONT)
    tend_until(part, lambda: time.monotonic() - begin > 6.0)
    assert told.whats == ["up"]


def test_a_main_thread_that_hangs_counts_as_frozen(jobs: Supervisor) -> None:
    told = Told()
    part = kept(jobs, HANGING, told, frozen_s=2.5)
    tend_until(part, lambda: "down" in told.whats)


def test_restarts_have_an_end(jobs: Supervisor) -> None:
    told = Told()
    part = kept(jobs, DYING, told, restarts_max=3)
    with pytest.raises(ProcessDiedError, match=r"went down 4 times(.|\n)*status 3"):
        tend_until(part, lambda: False)
    assert told.whats == ["down"] * 4


def test_what_it_needs_comes_first(jobs: Supervisor, tmp_path: Path) -> None:
    told = Told()
    first = kept(Coded(tmp_path / "other", PROGRAM), POLLING, told)
    part = kept(jobs, POLLING, told, needs=(first,))
    for _ in range(5):
        part.tend()
    assert not (tmp_path / "worker.pid").exists()
    tend_until(first, lambda: first.is_up)
    tend_until(part, lambda: part.is_up)
    first.body.end()


def test_a_normal_end_is_no_death(jobs: Supervisor) -> None:
    told = Told()
    part = kept(jobs, "pass", told, may_end=True)
    begin = time.monotonic()
    tend_until(part, lambda: time.monotonic() - begin > 1.5)
    assert told.whats == ["up"] and part.body.has_ended()  # type: ignore[attr-defined]


def test_a_campaign_goes_on_with_the_same_strikes() -> None:
    assert draw(30, seed=7)[:12] == draw(12, seed=7)
    assert draw(12, seed=7) != draw(12, seed=8)
    assert {one.kind for one in draw(len(KINDS), seed=3)} == set(KINDS)


def test_a_round_that_did_harm_counts() -> None:
    strike = draw(1, seed=1)[0]
    clean = Round((Struck(strike, 1.0, 1.0),), None, "gave up")
    doubled = Round((Struck(strike, 1.0, 1.0, ("order a: 2 orders at the exchange",)),), None, "gave up")
    assert failed([clean, doubled]) == 2


def test_the_bound_is_the_rule_of_three_and_grows_with_harm() -> None:
    assert upper_bound(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert upper_bound(1, 10) > upper_bound(0, 10) > upper_bound(0, 100)
    assert upper_bound(10, 10) == 1.0


def test_only_the_last_event_of_a_part_counts() -> None:
    events = [Event(1, "feed", "up", ""), Event(2, "broker", "down", ""), Event(3, "broker", "up", "")]
    assert down(events) == set()
    assert down([*events, Event(4, "feed", "down", ""), Event(5, "taskmanager-2", "warm", "")]) == {"feed"}


def test_a_feed_that_is_begun_again_does_not_listen_before_it_is_up() -> None:
    events = [Event(1, "feed", "up", ""), Event(2, "feed", "down", "")]
    assert [is_up(events[:count], "feed") for count in (0, 1, 2)] == [False, True, False]
    assert is_up([*events, Event(3, "feed", "up", "")], "feed")


def test_a_new_term_takes_the_warmth_of_a_spare() -> None:
    events = [Event(1, "taskmanager-1", "warm", ""), Event(2, "taskmanager-2", "warm", "")]
    assert warm(events) == {"taskmanager-1", "taskmanager-2"}
    events.append(Event(3, "taskmanager-2", "cold", "term 2 has begun"))
    assert warm(events) == {"taskmanager-1"}
    assert warm([*events, Event(4, "taskmanager-2", "warm", "")]) == {"taskmanager-1", "taskmanager-2"}


def test_takeovers_are_told_by_what_the_spare_knew() -> None:
    strike = draw(1, seed=1)[0]
    struck = [
        Struck(strike, 1.0, pause_s, (), spare) for pause_s, spare in ((1.0, "warm"), (3.0, "warm"), (9.0, "cold"))
    ]
    shown = table(struck, usual_s=0.5)
    assert [[*column.cells] for column in shown.columns] == [
        ["warm", "cold"],
        ["2", "1"],
        ["2.0", "9.0"],
        ["3.0", "9.0"],
    ]


def test_a_killed_part_is_not_back_before_it_was_seen_down() -> None:
    before, second = [Event(1, "jobmanager", "up", "")], 1_000_000_000
    assert back(before, 5, is_replaced=True, now_ns=6) is None  # its keeper has not looked yet
    gone = [*before, Event(7, "jobmanager", "down", "")]
    assert back(gone, 5, is_replaced=True, now_ns=8) is None
    again = [*gone, Event(9, "jobmanager", "up", "")]
    assert back(again, 5, is_replaced=True, now_ns=2 * second) is None  # what hangs on it may go down yet
    assert back(again, 5, is_replaced=True, now_ns=4 * second) == 9
    late = [*again, Event(second, "trade", "down", "")]
    assert back(late, 5, is_replaced=True, now_ns=9 * second) is None
    assert back(before, 5, is_replaced=False, now_ns=6) == 6  # woke up in time
