"""One round: a run of its own as a child process, some strikes into it, its end, and the oracles."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from jobs.adapters import endpoints
from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import is_serving
from jobs.adapters.patience import until
from jobs.adapters.processes import Process, log_tail
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.ending import ends
from jobs.campaign.events import back, came_up, down
from jobs.campaign.oracles import Verdict, fills, judge
from jobs.campaign.plan import Strike
from jobs.campaign.victims import find, has_warm_spare, strike
from jobs.execution.flag import Flag
from jobs.reconcile import reconcile
from jobs.run import end_leftovers, forget
from jobs.supervision.events import read_events
from schemas.errors import PenstockError, SetupError

__all__ = ["Round", "Struck", "play_round"]

STARTED_S_MAX = 600.0
FILLED_S_MAX = 300.0  # of feeding, before something was traded
CALM_S_MAX = 300.0  # for everything to be up
WARM_S_MAX = 180.0  # for a spare to have rehearsed; then a TaskManager is struck though the spare is cold
FOUND_S_MAX = 60.0
BACK_S_MAX = 300.0
RESUMED_S_MAX = 120.0  # for a decision after everything was up again
END_S_MAX = 600.0
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


class Round(msgspec.Struct, frozen=True):
    """What a finished round came to."""

    struck: tuple[Struck, ...]
    verdict: Verdict | None  # None = the run itself gave up
    failure: str = ""


def play_round(
    folder: Path, arguments: list[str], strikes: list[Strike], say: Callable[[str], None], tell: Callable[[str], None]
) -> Round:
    """Strike until the strikes or the data end; the strikes that were made may be fewer. The folder is begun afresh.

    `say` is told what goes on now, `tell` what each strike came to.
    """
    forget(folder)  # at once: the last round's events are not this one's
    Flag(folder).path.unlink(missing_ok=True)
    child = Process("run", folder.parent)
    child.start([sys.executable, "-P", "-m", "jobs.main", "run", "--cluster", *arguments, "--folder", str(folder)])
    struck: list[Struck] = []
    try:
        say("starting: broker, exchange, gateway, archive, Flink")
        _wait(child, lambda: came_up(read_events(folder), "feed"), STARTED_S_MAX, "the feed runs")
        say("waiting for a first fill: one minute of data comes before the first order")
        _wait(child, lambda: fills(folder) > 0 or not _is_feeding(folder), FILLED_S_MAX, "an order is filled")
        with Arrivals(endpoints.require(folder, "bootstrap"), (0, 1)) as arrivals:
            for number, one in enumerate(strikes, 1):
                say(f"strike {number} of {len(strikes)}: {one.kind}, {one.how}")
                made = _strike(folder, child, one, arrivals)
                if made is None:
                    break
                struck.append(made)
                tell(f"strike {number} of {len(strikes)}: {made}")
        say("the feed ends, and the run")
        if not ends(folder, child, END_S_MAX):
            raise SetupError(f"the run did not end within {END_S_MAX:.0f} s after its feed; see {child.log}")
        if child.returncode() != 0:
            raise SetupError(f"the run ended{child.status_text()}:\n{log_tail(child.log)}")
    except PenstockError as error:
        return Round(tuple(struck), None, str(error))
    finally:
        child.kill()
        end_leftovers(folder)
    say("asking the oracles")
    return Round(tuple(struck), judge(folder))


def _strike(folder: Path, child: Process, one: Strike, arrivals: Arrivals) -> Struck | None:
    """Wait for calm, strike, wait until all is well; None when the feed has ended before the strike."""
    is_taskmanager = one.kind == "taskmanager"
    _wait(child, lambda: not down(read_events(folder)), CALM_S_MAX, "everything is up")
    deadline = time.monotonic() + WARM_S_MAX
    while is_taskmanager and not has_warm_spare(folder) and _is_feeding(folder) and time.monotonic() < deadline:
        child.check()
        time.sleep(POLL_S)
    time.sleep(one.wait_s)
    victim = _victim(folder, child, one)
    if victim is None:
        return None
    spare = ("warm" if has_warm_spare(folder) else "cold") if is_taskmanager else ""
    begin_ns = wall_ns()
    strike(victim, one)
    back_ns = _await_back(folder, child, victim, one, begin_ns)
    _await_decision(folder, child, arrivals, back_ns)
    pause_s = longest_gap_s(list(arrivals.at_ns), begin_ns, wall_ns())
    return Struck(one, (back_ns - begin_ns) / 1e9, pause_s, _doubled(folder), spare)


def _victim(folder: Path, child: Process, one: Strike) -> psutil.Process | None:
    """The process to strike; None when the feed has ended. SetupError when there is none though the run goes on."""
    deadline = time.monotonic() + FOUND_S_MAX
    while _is_feeding(folder):
        victim = find(folder, one.kind)
        if victim is not None:
            return victim
        child.check()
        if time.monotonic() > deadline:
            raise SetupError(f"no {one.kind} to strike was found within {FOUND_S_MAX:.0f} s")
        time.sleep(POLL_S)
    return None


def _await_back(folder: Path, child: Process, victim: psutil.Process, one: Strike, begin_ns: int) -> int:
    """The wall clock when no part was down any more: the victim lives on, or another has taken its place."""
    deadline = time.monotonic() + BACK_S_MAX
    while time.monotonic() < deadline:
        back_ns = back(read_events(folder), begin_ns, not one.freeze_s or not _lives(victim), wall_ns())
        if back_ns is not None:
            return back_ns
        child.check()
        time.sleep(POLL_S)
    raise SetupError(f"not back within {BACK_S_MAX:.0f} s: {', '.join(sorted(down(read_events(folder))))}")


def _await_decision(folder: Path, child: Process, arrivals: Arrivals, back_ns: int) -> None:
    """A pause ends with a decision, however long everything has been up."""

    def has_resumed() -> bool:
        return bool(arrivals.at_ns and arrivals.at_ns[-1] > back_ns) or not _is_feeding(folder)

    _wait(child, has_resumed, RESUMED_S_MAX, "a decision comes, though everything is up")


def _wait(child: Process, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """ProcessDiedError when the run ends first, SetupError when time is up."""
    until(condition, timeout_s, what, child.check, str(child.log))


def _lives(victim: psutil.Process) -> bool:
    try:
        return victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _doubled(folder: Path) -> tuple[str, ...]:
    """What stands twice already, while the run goes on; what is on its way cannot be told from what is lost yet."""
    bootstrap = endpoints.require(folder, "bootstrap")
    return reconcile(folder, bootstrap).doubled if is_serving(bootstrap, 4.0) else ()


def _is_feeding(folder: Path) -> bool:
    return find(folder, "feed") is not None or "feed" in down(read_events(folder))
