"""`demo kill`: a run on the screen; every key kills the worker that decides, and the lines go on."""

import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from jobs.adapters import endpoints
from jobs.adapters.clock import wall_ns
from jobs.adapters.processes import Process, log_tail
from jobs.adapters.source import find_capture
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.busy import busy_config
from jobs.campaign.ending import ends
from jobs.campaign.oracles import judge
from jobs.campaign.victims import find
from jobs.campaign.view import picture
from jobs.run import end_leftovers, forget
from jobs.supervision.events import read_events
from schemas.errors import SetupError

ROUND_S = 0.1
STARTED_S_MAX = 600.0
END_S_MAX = 600.0
AFTER_NS = 30_000_000_000  # of a kill: its pause is looked for so long, or until the next one
CHANNELS = (0, 1)


def kill(data: Path | None, pace: float, folder: Path) -> int:
    """Show a fresh run until it ends; then ask the oracles. 1 when anything was lost, doubled or different."""
    if not sys.stdin.isatty():
        raise SetupError("demo kill needs a terminal to read keys from; `penstock chaos` needs none")
    console, here = Console(), folder / "demo" / "run"
    forget(here)  # at once: the last run's events are not this one's
    child = Process("run", here.parent)
    here.parent.mkdir(parents=True, exist_ok=True)
    fed = ["--config", str(busy_config(here.parent)), "--data", str(data or find_capture()), "--pace", str(pace)]
    child.start([sys.executable, "-P", "-m", "jobs.main", "run", "--cluster", *fed, "--folder", str(here)])
    try:
        with console.status("broker, exchange, gateway, archive, Flink: half a minute"):
            child.wait_ready(lambda: any(one.part == "feed" for one in read_events(here)), STARTED_S_MAX)
        with Arrivals(endpoints.require(here, "bootstrap"), CHANNELS) as arrivals:
            kills = _watch(child, here, arrivals, console)
        with console.status("the feed ends; every order meets its end, and the run stops"):
            if not ends(here, child, END_S_MAX):
                raise SetupError(f"the run did not end within {END_S_MAX:.0f} s after its feed; see {child.log}")
        if child.returncode() != 0:
            raise SetupError(f"the run ended{child.status_text()}:\n{log_tail(child.log)}")
    finally:
        child.kill()
        end_leftovers(here)
    for at_ns, next_ns in zip(kills, [*kills[1:], wall_ns()], strict=True):
        until_ns = min(at_ns + AFTER_NS, next_ns, arrivals.at_ns[-1] if arrivals.at_ns else at_ns)
        pause_s = longest_gap_s(arrivals.at_ns, at_ns, max(until_ns, at_ns))
        console.print(f"worker killed: decisions paused for {pause_s:.1f} s", highlight=False)
    return _verdict(here, len(kills), console)


def _watch(child: Process, here: Path, arrivals: Arrivals, console: Console) -> list[int]:
    """Draw, and kill at every key, until the data or the viewer's patience end; the wall times of the kills."""
    kills: list[int] = []
    missed = ""
    with _keys() as pressed, Live(console=console, auto_refresh=False) as live:
        while child.is_running() and find(here, "feed") is not None:
            key = pressed(ROUND_S)
            if key == "q":
                break
            victim = find(here, "taskmanager") if key else None
            if key:
                missed = "" if victim else "; nobody works just now"
            if victim is not None:
                kills.append(wall_ns())
                victim.send_signal(signal.SIGKILL)
            hint = f"any key kills a worker ({len(kills)} killed), q ends the feed and asks the oracles{missed}"
            live.update(picture(list(arrivals.at_ns), read_events(here), wall_ns(), hint), refresh=True)
            time.sleep(ROUND_S)
    return kills


def _verdict(here: Path, kills: int, console: Console) -> int:
    with console.status("asking the oracles"):
        found = judge(here)
    for text in found.faults:
        console.print(text, style="red", markup=False)
    console.print(
        f"{kills} workers killed, {found.repeats:,} records decided again; {found.orders} orders, "
        f"{found.executions} executions, {found.messages:,} messages: lost {len(found.lost)} "
        f"doubled {len(found.doubled)} different {len(found.different)}",
        highlight=False,
        soft_wrap=True,
    )
    return 1 if found.faults else 0


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """A way to wait for a key, which is then not shown; Ctrl-C stays what it is."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield lambda wait_s: os.read(keyboard, 1).decode(errors="replace") if _is_ready(keyboard, wait_s) else ""
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _is_ready(keyboard: int, wait_s: float) -> bool:
    return bool(select.select([keyboard], [], [], wait_s)[0])
