"""`chaos pair`: a hot pair over a paced capture; either replica is killed and returns, and the orders go on.

    undisturbed ─▶ kill -9 a ─▶ a returns ─▶ kill -9 b ─▶ b returns ─▶ the books: lost, doubled, compared, different

With `diverge`, b sees other bids than a from some moment on, and the gateway must halt.
"""

import signal
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from jobs.adapters.source import find_capture
from jobs.execution.standing import standing
from jobs.replicas.drill import Result, diverge, lose_each
from jobs.replicas.stage import Stage

__all__ = ["pair", "show"]


def pair(folder: Path, data: Path | None, pace: float, window_s: float, divergence: bool) -> int:
    """Run the drill and print what it came to; 1 when it shows that something is wrong."""
    console, stage = Console(), Stage(folder / "pair")
    signal.signal(signal.SIGTERM, _end)  # as Ctrl-C: nothing is left running
    try:
        stage.open()
        if divergence:
            return _divergence(stage, data or find_capture(), pace, console)
        with console.status("the pair runs"):
            found = lose_each(
                stage, data or find_capture(), pace, window_s, lambda line: console.print(line, style="dim")
            )
    finally:
        stage.close()
    console.print(show(found))
    console.print(
        f"orders {found.orders}: lost {found.lost} doubled {found.doubled} different {found.differences}; "
        f"digests compared {found.compared}, different {found.different}; alerts of a trailing replica {found.alerts}"
    )
    held = found.compared and not (found.lost or found.doubled or found.differences or found.different)
    return 0 if held else 1


def show(found: Result) -> Table:
    """The phases side by side, and who came first."""
    table = Table(title="orders at the gateway")
    for name in ("phase", "seconds", "orders", "longest pause", "× undisturbed"):
        table.add_column(name, justify="left" if name == "phase" else "right")
    usual_s = found.phases[0].gap_s_max
    for one in found.phases:
        seconds, ratio = (one.end_ns - one.begin_ns) / 1e9, one.gap_s_max / usual_s
        table.add_row(one.what, f"{seconds:.0f}", str(one.orders), f"{one.gap_s_max:.2f} s", f"{ratio:.1f}")
    told = ", ".join(f"{name} {found.asked.get(name, 0)} ({found.first.get(name, 0)} first)" for name in ("a", "b"))
    table.caption = f"messages of orders.v1 by replica: {told}"
    return table


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _divergence(stage: Stage, data: Path, pace: float, console: Console) -> int:
    with console.status("the pair runs"):
        compared, said = diverge(stage, data, pace, lambda line: console.print(line, style="dim"))
    found = standing(stage.folder)
    console.print(f"digests compared before: {compared}; then the gateway ended:\n{said}", highlight=False)
    console.print("[bold green]halted[/]" if found.halted else "[bold red]NOT halted[/]", found.reason)
    return 0 if found.halted else 1
