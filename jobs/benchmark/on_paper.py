"""What was computed rather than timed, as tables: bytes of state, and the needs of a large installation."""

from rich.table import Table

from jobs.benchmark.needs import INSTRUMENTS, TICKS_PER_S
from jobs.benchmark.tables import table_of

_LINES = (
    ("tick_ns", "CPU of a tick, play(), ns", ".1f"),
    ("row_us", "CPU of a decision row, play(), us", ".2f"),
    ("cores_decisions", "cores for the decisions alone", ".2f"),
    ("cores_flink", "cores with Flink, fetcher and sinks", ".1f"),
    ("taskmanagers", "TaskManagers, one operator's thread each", ".1f"),
    ("state_mb", "state, MB", ".1f"),
    ("log_mb_per_s", "log in, MB/s", ",.0f"),
    ("log_tb_per_day", "log, TB a day", ".1f"),
    ("out_mb_per_s", "features and decisions out, MB/s", ".2f"),
)


def show_state(found: dict[str, float]) -> Table:
    """Bytes an instrument."""
    table = table_of("state: bytes an instrument, default feature set", ("machine", "bytes"))
    for name, size in found.items():
        table.add_row(name, f"{size:,.0f}")
    table.add_row("sum", f"{sum(found.values()):,.0f}")
    return table


def show_needs(found: dict[str, float]) -> Table:
    """The paper table; what was not measured has no line."""
    title = f"on paper: {INSTRUMENTS:,} instruments, {TICKS_PER_S / 1e6:.0f} M ticks/s, from the unit costs above"
    table = table_of(title, ("", "needed"))
    for name, text, form in _LINES:
        if name in found:
            table.add_row(text, format(found[name], form))
    return table
