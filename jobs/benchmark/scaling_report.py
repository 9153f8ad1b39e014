"""The scaling as tables: how much faster, which rows where, and who had the cores."""

from typing import Any

from rich.console import Console

from jobs.benchmark.scaling import FRAME_TICKS, PARALLELISMS
from jobs.benchmark.tables import table_of

__all__ = ["bound", "show_scaling"]

BUSY = 0.9  # of the machine's cores: more work at once cannot be faster


def show_scaling(console: Console, found: dict[str, Any], cpus: int) -> None:
    """Print everything that was measured."""
    columns = ("TaskManagers", "M ticks/s: median (min-max)", "M ticks/CPU-s", "channel: decision rows, by subtask")
    table = table_of(f"Kafka → Flink on a local cluster → Kafka, {FRAME_TICKS:,}-tick frames, one slot each", columns)
    for count in PARALLELISMS:
        one = found[str(count)]
        low, middle, high = (one[which]["ticks_per_s"] / 1e6 for which in ("min", "median", "max"))
        rows = " | ".join(
            ", ".join(f"{channel}: {rows:,}" for channel, rows in subtask.items()) for subtask in one["rows"]
        )
        per_cpu = one["median"]["ticks_per_cpu_s"] / 1e6
        table.add_row(str(count), f"{middle:.2f} ({low:.2f}-{high:.2f})", f"{per_cpu:.2f}", rows)
    ratio = found["ratio"]
    table.add_row("two / one", f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})", "", "")
    console.print(table)
    names = list(found[str(PARALLELISMS[0])]["cores"])
    table = table_of(f"cores used meanwhile, of {cpus}", ("TaskManagers", *names, "idle"))
    for count in PARALLELISMS:
        cores = found[str(count)]["cores"]
        idle = max(cpus - sum(cores.values()), 0.0)
        table.add_row(str(count), *[f"{cores[name]:.2f}" for name in names], f"{idle:.2f}")
    console.print(table)
    console.print(bound(found, cpus))


def bound(found: dict[str, Any], cpus: int) -> str:
    """What keeps two from being twice as fast, as far as the cores tell.

    >>> some = {"1": {"cores": {"taskmanager-1": 0.9, "broker": 0.2}}, "2": {"cores": {"taskmanager-1": 1.9}}}
    >>> bound(some, 2)
    'Bound by the 2 cores: 1.90 are busy with two TaskManagers. One alone left 0.90 idle.'
    >>> bound(some, 8)
    'Not bound by the 8 cores: 6.10 are idle with two TaskManagers. One alone left 6.90 idle.'
    """
    one, two = (sum(found[str(count)]["cores"].values()) for count in PARALLELISMS)
    left = f"One alone left {max(cpus - one, 0.0):.2f} idle."
    if two >= BUSY * cpus:
        return f"Bound by the {cpus} cores: {two:.2f} are busy with two TaskManagers. {left}"
    return f"Not bound by the {cpus} cores: {cpus - two:.2f} are idle with two TaskManagers. {left}"
