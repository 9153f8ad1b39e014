"""`chaos spare`: what a killed TaskManager costs, with a spare that has rehearsed and without; 1 when it did harm."""

import signal
import sys
from functools import partial
from pathlib import Path

from rich.console import Console

from jobs.adapters.source import find_capture
from jobs.campaign.takeovers import drill, table


def takeover(rounds: int, data: Path | None, pace: float, is_cold: bool, folder: Path) -> int:
    """Print the pauses by what the spare knew, and what the oracles found."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that no run is left behind
    console = Console()
    tell = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    with console.status("a run begins; then its worker is killed again and again"):
        found = drill(folder / "chaos" / "spare", data or find_capture(), pace, rounds, is_cold, tell)
    console.print(table(found.struck, found.usual_s))
    for text in found.verdict.faults:
        tell(text, style="red")
    tell(str(found.verdict))
    return 1 if found.verdict.faults else 0
