"""One strike into a run: wait for calm, kill or freeze, wait until all is well again, and measure."""

import time

import msgspec
import psutil

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import is_serving
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.events import back, down
from jobs.campaign.plan import Strike
from jobs.campaign.stage import Stage
from jobs.campaign.victims import find, has_warm_spare, strike
from jobs.reconcile import reconcile
from schemas.errors import SetupError

__all__ = ["Struck", "strike_once"]

CALM_S_MAX = 300.0  # for everything to be up
WARM_S_MAX = 180.0  # for a spare to have rehearsed; then a TaskManager is struck though the spare is cold
FOUND_S_MAX = 60.0
BACK_S_MAX = 300.0
RESUMED_S_MAX = 120.0  # for a decision after everything was up again
POLL_S = 0.1


class Struck(msgspec.Struct, frozen=True):
    """A strike that was made; `back_s` until its part was up again, `pause_s` the decisions' longest silence."""

    strike: Strike
    back_s: float
    pause_s: float
    failures: tuple[str, ...] = ()
    spare: str = ""  # of a TaskManager: whether the one that took over was `warm` or `cold`

    @property
    def kind(self) -> str:
        """What was struck, as the report groups it."""
        return f"{self.strike.kind}, {self.spare} spare" if self.spare else self.strike.kind

    def __str__(self) -> str:
        return f"{self.kind}, {self.strike.how}: decisions paused {self.pause_s:.1f} s, back after {self.back_s:.1f} s"


def strike_once(stage: Stage, one: Strike, arrivals: Arrivals, awaits_warm: bool = True) -> Struck | None:
    """Wait for calm, strike, wait until all is well; None when the feed has ended before the strike.

    `awaits_warm`: a TaskManager is struck once the spare has rehearsed, if it does so in time.
    """
    is_taskmanager = one.kind == "taskmanager"
    stage.wait(lambda: not down(stage.events()), CALM_S_MAX, "everything is up")
    if is_taskmanager and awaits_warm:
        _await_spare(stage)
    time.sleep(one.wait_s)
    victim = _victim(stage, one)
    if victim is None:
        return None
    spare = ("warm" if has_warm_spare(stage.folder) else "cold") if is_taskmanager else ""
    begin_ns = wall_ns()
    strike(victim, one)
    back_ns = _await_back(stage, victim, one, begin_ns)
    _await_decision(stage, arrivals, back_ns)
    pause_s = longest_gap_s(list(arrivals.at_ns), begin_ns, wall_ns())
    return Struck(one, (back_ns - begin_ns) / 1e9, pause_s, _doubled(stage), spare)


def _await_spare(stage: Stage) -> None:
    deadline = time.monotonic() + WARM_S_MAX
    while not has_warm_spare(stage.folder) and stage.is_feeding() and time.monotonic() < deadline:
        stage.child.check()
        time.sleep(POLL_S)


def _victim(stage: Stage, one: Strike) -> psutil.Process | None:
    """The process to strike; None when the feed has ended. SetupError when there is none though the run goes on."""
    deadline = time.monotonic() + FOUND_S_MAX
    while stage.is_feeding():
        victim = find(stage.folder, one.kind)
        if victim is not None:
            return victim
        stage.child.check()
        if time.monotonic() > deadline:
            raise SetupError(f"no {one.kind} to strike was found within {FOUND_S_MAX:.0f} s")
        time.sleep(POLL_S)
    return None


def _await_back(stage: Stage, victim: psutil.Process, one: Strike, begin_ns: int) -> int:
    """The wall clock when no part was down any more: the victim lives on, or another has taken its place."""
    deadline = time.monotonic() + BACK_S_MAX
    while time.monotonic() < deadline:
        back_ns = back(stage.events(), begin_ns, not one.freeze_s or not _lives(victim), wall_ns())
        if back_ns is not None:
            return back_ns
        stage.child.check()
        time.sleep(POLL_S)
    raise SetupError(f"not back within {BACK_S_MAX:.0f} s: {', '.join(sorted(down(stage.events())))}")


def _await_decision(stage: Stage, arrivals: Arrivals, back_ns: int) -> None:
    """A pause ends with a decision, however long everything has been up."""

    def has_resumed() -> bool:
        return bool(arrivals.at_ns and arrivals.at_ns[-1] > back_ns) or not stage.is_feeding()

    stage.wait(has_resumed, RESUMED_S_MAX, "a decision comes, though everything is up")


def _lives(victim: psutil.Process) -> bool:
    try:
        return victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _doubled(stage: Stage) -> tuple[str, ...]:
    """What stands twice already, while the run goes on; what is on its way cannot be told from what is lost yet."""
    return reconcile(stage.folder, stage.bootstrap).doubled if is_serving(stage.bootstrap, 4.0) else ()
