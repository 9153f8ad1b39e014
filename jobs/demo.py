"""`demo kill`: a run on the screen; every key kills the worker that decides, and the lines go on."""

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.live import Live

from jobs.adapters.clock import wall_ns
from jobs.adapters.source import find_capture
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.oracles import judge
from jobs.campaign.stage import CHANNELS, Stage, staged
from jobs.campaign.victims import find
from jobs.campaign.view import picture
from schemas.errors import SetupError

ROUND_S = 0.2
AFTER_NS = 30_000_000_000  # of a kill: its pause is looked for so long, or until the next one
LEAVE = "q"


def kill(data: Path | None, pace: float, folder: Path) -> int:
    """Show a fresh run until it ends; then ask the oracles. 1 when anything was lost, doubled or different."""
    if not sys.stdin.isatty():
        raise SetupError("demo kill needs a terminal to read keys from; `penstock chaos` needs none")
    console, here = Console(), folder / "demo" / "run"
    with staged(here, data or find_capture(), pace) as stage:
        with console.status("broker, exchange, gateway, archive, Flink: half a minute"):
            stage.wait_fed()
        with Arrivals(stage.bootstrap, CHANNELS) as arrivals:
            kills = Show(stage, arrivals).watch(console)
        with console.status("the feed ends; every order meets its end, and the run stops"):
            stage.end()
    for at_ns, next_ns in zip(kills, [*kills[1:], wall_ns()], strict=True):
        until_ns = min(at_ns + AFTER_NS, next_ns, arrivals.at_ns[-1] if arrivals.at_ns else at_ns)
        pause_s = longest_gap_s(arrivals.at_ns, at_ns, max(until_ns, at_ns))
        console.print(f"worker killed: decisions paused for {pause_s:.1f} s", highlight=False)
    return _verdict(here, len(kills), console)


class Show:
    """Draws, and kills at every key, until the data or the viewer's patience end.

    A key that meets nobody, because the worker has just been killed, waits for the next one to work. Leaving waits,
    too: for the lines to go on after a kill, and for a first fill, without which the oracles have nothing to weigh.
    """

    def __init__(self, stage: Stage, arrivals: Arrivals) -> None:
        self._stage, self._arrivals = stage, arrivals
        self._kills: list[int] = []
        self._is_wanted = self._is_leaving = False

    def watch(self, console: Console) -> list[int]:
        """The wall times of the kills."""
        with _keys() as pressed, Live(console=console, auto_refresh=False) as live:
            while self._stage.is_feeding() and not self._may_leave():
                self._stage.child.check()
                key = pressed(ROUND_S)
                self._is_leaving |= key == LEAVE
                self._is_wanted |= bool(key) and key != LEAVE
                if self._is_wanted:
                    self._strike()
                drawn = picture(list(self._arrivals.at_ns), self._stage.events(), wall_ns(), self._hint())
                live.update(drawn, refresh=True)
        return self._kills

    def _strike(self) -> None:
        victim = find(self._stage.folder, "taskmanager")
        if victim is None:
            return
        try:
            victim.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return  # killed already: Flink does not know it yet
        self._kills.append(wall_ns())
        self._is_wanted = False

    def _may_leave(self) -> bool:
        if not self._is_leaving or self._is_wanted:
            return False
        goes_on = not self._kills or any(one > self._kills[-1] for one in self._arrivals.at_ns[-1:])
        return goes_on and self._stage.is_traded()

    def _hint(self) -> str:
        if self._is_wanted:
            return "nobody works just now: the next one that does is killed"
        if self._is_leaving:
            return "the feed ends as soon as the lines go on and an order is filled"
        return f"any key kills a worker ({len(self._kills)} killed), {LEAVE} ends the feed and asks the oracles"


def _verdict(here: Path, kills: int, console: Console) -> int:
    with console.status("asking the oracles"):
        found = judge(here)
    for text in found.faults:
        console.print(text, style="red", markup=False)
    console.print(f"{kills} workers killed, {found}", highlight=False, soft_wrap=True)
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
