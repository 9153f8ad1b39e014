"""The picture of a run that is being struck: its parts, the decisions of each second, what happened last."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from jobs.supervision.events import Event

__all__ = ["picture"]

SECONDS, EVENTS_SHOWN = 60, 6
LEVELS = " ▁▂▃▄▅▆▇█"
STYLES = {"up": "green", "down": "bold red", "warm": "yellow", "cold": "dim"}


def picture(at_ns: Sequence[int], events: Sequence[Event], now_ns: int, hint: str) -> Panel:
    """What is to be seen at a wall time."""
    seconds = by_second(at_ns, now_ns)
    parts = Table.grid(padding=(0, 3))
    parts.add_row(*(Text(f"{part} {what}", STYLES[what]) for part, what in _states(events).items()))
    silent = f"{(now_ns - at_ns[-1]) / 1e9:.1f} s ago" if at_ns else "none yet"
    lines = [Text(f"{_clock(one)}  {one.part} is {one.what}: {one.why}", STYLES[one.what]) for one in events]
    return Panel(
        Group(
            parts,
            Text(),
            Text(f"decisions a second, the last {SECONDS} s: {len(at_ns):,} messages, the last one {silent}"),
            Text(bars(seconds), "cyan"),
            Text(),
            *lines[-EVENTS_SHOWN:],
        ),
        title="penstock demo kill",
        subtitle=hint,
    )


def by_second(at_ns: Sequence[int], now_ns: int) -> list[int]:
    """Arrivals in each of the last seconds, the oldest first.

    >>> by_second([1, 2, 10**9 + 1], now_ns=2 * 10**9)[-3:]
    [0, 2, 1]
    """
    found = [0] * SECONDS
    for one in reversed(at_ns):
        ago = (now_ns - one) // 1_000_000_000
        if ago >= SECONDS:
            break
        found[SECONDS - 1 - max(ago, 0)] += 1
    return found


def bars(counts: Sequence[int]) -> str:
    """A bar a count.

    >>> bars([0, 1, 8])
    ' ▁█'
    """
    most = max(*counts, 1)
    return "".join(LEVELS[-(-count * (len(LEVELS) - 1) // most)] for count in counts)


def _states(events: Sequence[Event]) -> dict[str, str]:
    return {one.part: one.what for one in events if one.what in ("up", "down")}


def _clock(one: Event) -> str:
    return datetime.fromtimestamp(one.wall_ns / 1e9, UTC).strftime("%H:%M:%S")
