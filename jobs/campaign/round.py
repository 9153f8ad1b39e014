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
from jobs.adapters.processes import Process
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.oracles import Verdict, judge
from jobs.campaign.plan import Strike
from jobs.campaign.victims import find, strike
from jobs.reconcile import reconcile
from jobs.run import end_leftovers, forget
from jobs.supervision.events import Event, read_events
from schemas.errors import PenstockError, SetupError

__all__ = ["Round", "Struck", "play_round"]

STARTED_S_MAX = 600.0
BACK_S_MAX = 300.0
WARM_S_MAX = 60.0  # for a spare to rehearse, before the next strike does not wait for it any longer
AFTER_S = 2.0  # the window of a pause ends so long after everything was up again
END_S_MAX = 1200.0
POLL_S = 0.1


class Struck(msgspec.Struct, frozen=True):
    """A strike that was made; `back_s` until its part was up again, `pause_s` the decisions' longest silence."""

    strike: Strike
    back_s: float
    pause_s: float
    failures: tuple[str, ...] = ()


class Round(msgspec.Struct, frozen=True):
    """What a finished round came to."""

    struck: tuple[Struck, ...]
    verdict: Verdict | None  # None = the run itself gave up
    failure: str = ""


def play_round(folder: Path, arguments: list[str], strikes: list[Strike], say: Callable[[str], None]) -> Round:
    """Strike until the strikes or the data end; the strikes that were made may be fewer. The folder is begun afresh."""
    forget(folder)  # at once: the last round's events are not this one's
    child = Process("run", folder.parent)
    child.start([sys.executable, "-P", "-m", "jobs.main", "run", "--cluster", *arguments, "--folder", str(folder)])
    struck: list[Struck] = []
    try:
        say("starting")
        child.wait_ready(lambda: _is_up(folder, "feed"), STARTED_S_MAX)
        bootstrap = endpoints.require(folder, "bootstrap")
        with Arrivals(bootstrap, (0, 1)) as arrivals:
            for number, one in enumerate(strikes, 1):
                if not _await_calm(folder, child, one.wait_s):
                    break
                say(f"strike {number} of {len(strikes)}: {one.kind}, {one.how}")
                made = _struck(folder, bootstrap, one, arrivals)
                if made is not None:
                    struck.append(made)
        say("the run ends")
        child.wait(END_S_MAX)
        if child.returncode() != 0:
            return Round(tuple(struck), None, f"the run ended{child.status_text()}; see {child.log}")
    except PenstockError as error:
        return Round(tuple(struck), None, str(error))
    finally:
        child.kill()
        end_leftovers(folder)
    say("asking the oracles")
    return Round(tuple(struck), judge(folder))


def _await_calm(folder: Path, child: Process, wait_s: float) -> bool:
    """Wait until everything is up and the spare has rehearsed; False when the feed has ended before the strike."""
    deadline = time.monotonic() + WARM_S_MAX
    while not _is_warm(folder) and time.monotonic() < deadline and _is_feeding(folder):
        child.check()
        time.sleep(POLL_S)
    time.sleep(wait_s)
    return _is_feeding(folder)


def _struck(folder: Path, bootstrap: str, one: Strike, arrivals: Arrivals) -> Struck | None:
    victim = find(folder, one.kind)
    if victim is None:
        return None
    begin_ns = wall_ns()
    strike(victim, one)
    back_ns = _await_back(folder, victim, one, begin_ns)
    time.sleep(AFTER_S)
    pause_s = longest_gap_s(list(arrivals.at_ns), begin_ns, wall_ns())
    return Struck(one, (back_ns - begin_ns) / 1e9, pause_s, _doubled(folder, bootstrap))


def _await_back(folder: Path, victim: psutil.Process, one: Strike, begin_ns: int) -> int:
    """The wall clock when no part was down any more: the victim lives on, or another has taken its place."""
    deadline = time.monotonic() + BACK_S_MAX
    while time.monotonic() < deadline:
        back_ns = back(read_events(folder), begin_ns, not one.freeze_s or not _lives(victim), wall_ns())
        if back_ns is not None:
            return back_ns
        time.sleep(POLL_S)
    raise SetupError(f"not back within {BACK_S_MAX:.0f} s: {', '.join(sorted(down(read_events(folder))))}")


def back(events: list[Event], begin_ns: int, is_replaced: bool, now_ns: int) -> int | None:
    """When all was up again after a strike; None = not yet.

    `is_replaced`: the victim does not live on, so it goes down first, which its keeper may see only later.
    """
    since = [one for one in events if one.wall_ns > begin_ns]
    if down(events) or (is_replaced and not any(one.what == "down" for one in since)):
        return None
    return max(one.wall_ns for one in since if one.what == "up") if is_replaced else now_ns


def _lives(victim: psutil.Process) -> bool:
    try:
        return victim.is_running() and victim.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _doubled(folder: Path, bootstrap: str) -> tuple[str, ...]:
    """What stands twice already, while the run goes on; what is on its way cannot be told from what is lost yet."""
    return reconcile(folder, bootstrap).doubled if is_serving(bootstrap, 4.0) else ()


def down(events: list[Event]) -> set[str]:
    """The parts whose last event is that they went down."""
    last = {one.part: one.what for one in events if one.what in ("up", "down")}
    return {part for part, what in last.items() if what == "down"}


def _is_up(folder: Path, part: str) -> bool:
    return any((one.part, one.what) == (part, "up") for one in read_events(folder))


def _is_warm(folder: Path) -> bool:
    """Whether a spare has rehearsed since the last TaskManager came up, and nothing is down."""
    events = read_events(folder)
    came = max(place for place, one in enumerate(events) if one.part.startswith("taskmanager ") and one.what == "up")
    return not down(events) and any(one.what in ("warm", "cold") for one in events[came:])


def _is_feeding(folder: Path) -> bool:
    return find(folder, "feed") is not None or "feed" in down(read_events(folder))
