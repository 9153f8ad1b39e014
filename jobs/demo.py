"""`demo kill`: a run on the screen; every key kills the worker that decides, and the lines go on."""

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
from jobs.campaign.oracles import judge
from jobs.campaign.victims import find
from jobs.campaign.view import picture
from jobs.run import end_leftovers, forget
from jobs.supervision.events import read_events
from schemas.errors import SetupError

ROUND_S = 0.1
STARTED_S_MAX = 600.0
AFTER_NS = 8_000_000_000  # of a kill: its pause is looked for so long
CHANNELS = (0, 1)


def kill(data: Path | None, pace: float, folder: Path) -> int:
    """Show a fresh run until it ends; then ask the oracles. 1 when anything was lost, doubled or different."""
    if not sys.stdin.isatty():
        raise SetupError("demo kill needs a terminal to read keys from; `penstock chaos` needs none")
    console, here = Console(), folder / "demo" / "run"
    forget(here)  # at once: the last run's events are not this one's
    child = Process("run", here.parent)
    fed = ["--data", str(data or find_capture()), "--pace", str(pace)]
    child.start([sys.executable, "-P", "-m", "jobs.main", "run", "--cluster", *fed, "--folder", str(here)])
    try:
        with console.status("broker, exchange, gateway, archive, Flink: half a minute"):
            child.wait_ready(lambda: any(one.part == "feed" for one in read_events(here)), STARTED_S_MAX)
        with Arrivals(endpoints.require(here, "bootstrap"), CHANNELS) as arrivals:
            kills = _watch(child, here, arrivals, console)
        if not child.wait(STARTED_S_MAX) or child.returncode() != 0:
            raise SetupError(f"the run ended{child.status_text()}:\n{log_tail(child.log)}")
    finally:
        child.kill()
        end_leftovers(here)
    for at_ns in kills:
        pause_s = longest_gap_s(arrivals.at_ns, at_ns, min(at_ns + AFTER_NS, arrivals.at_ns[-1]))
        console.print(f"worker killed: decisions paused for {pause_s:.1f} s", highlight=False)
    return _verdict(here, len(kills), console)


def _watch(child: Process, here: Path, arrivals: Arrivals, console: Console) -> list[int]:
    """Draw, and kill at every key; the wall times of the kills."""
    kills: list[int] = []
    with _keys() as pressed, Live(console=console, auto_refresh=False) as live:
        while child.is_running() and find(here, "feed") is not None:
            key = pressed(ROUND_S)
            if key == "q":
                child.send(signal.SIGINT)
                raise SetupError("stopped; the run goes on with `penstock run --cluster`")
            victim = find(here, "taskmanager") if key else None
            if victim is not None:
                kills.append(wall_ns())
                victim.send_signal(signal.SIGKILL)
            hint = f"any key kills a worker ({len(kills)} killed), q stops"
            live.update(picture(list(arrivals.at_ns), read_events(here), wall_ns(), hint), refresh=True)
            time.sleep(ROUND_S)
    return kills


def _verdict(here: Path, kills: int, console: Console) -> int:
    found = judge(here)
    for text in (*found.lost, *found.doubled, *found.different):
        console.print(text, style="red", markup=False)
    console.print(
        f"{kills} workers killed, {found.repeats:,} records decided again; {found.orders} orders, "
        f"{found.executions} executions, {found.messages:,} messages: lost {len(found.lost)} "
        f"doubled {len(found.doubled)} different {len(found.different)}",
        highlight=False,
        soft_wrap=True,
    )
    return 0 if found.holds else 1


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """A way to wait for a key, which is then not shown; Ctrl-C stays what it is."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield lambda wait_s: sys.stdin.read(1) if select.select([sys.stdin], [], [], wait_s)[0] else ""
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
