"""`penstock summary`: what the last run came to, or how it differs from another one."""

from pathlib import Path

from rich.console import Console

from jobs.results.summary import TELEMETRY, differences, read
from jobs.results.text import show


def summary(folder: Path, other: Path | None = None) -> int:
    """Print the summary of a run's folder; or the keys in which it differs from `other`: 1 when there are any."""
    console = Console()
    path = folder / "summary.json"
    if not path.exists() and (folder / "try" / "summary.json").exists():
        path = folder / "try" / "summary.json"
        console.print(f"no run in {folder} yet; this is what `penstock try` came to:\n", highlight=False)
    ours = read(path)
    if other is None:
        show(ours, console)
        return 0
    found = differences(read(other), ours)
    for key, (was, now) in found.items():
        console.print(f"{key}: {was!r} in {other}, {now!r} here", highlight=False, markup=False, soft_wrap=True)
    console.print(f"{len(found)} keys differ (not compared: {', '.join(TELEMETRY)}, which is wall clock)")
    return 1 if found else 0
