"""A soak as people read it: a table that lives while it runs, a table at its end, its picture and its figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from rich.table import Table
from rich.text import Text

from jobs.endurance.drift import Verdict
from jobs.endurance.flow import Moment, behind_s
from jobs.endurance.record import Row, Series
from jobs.results.picture import recording

__all__ = ["FIGURES", "PICTURE", "Outcome", "live_table", "tell"]

FIGURES, PICTURE = "soak.json", "soak.svg"
MIB = 1 << 20
STYLES = {Verdict.FLAT: "green", Verdict.GROWS: "bold red", Verdict.UNSURE: "yellow"}
_CELLS, _LEVELS = 24, "▁▂▃▄▅▆▇█"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a soak came to; the figures that lie beside its picture."""

    measured_s: float
    warm_up_s: float
    limit_bytes_per_hour: float
    ticks_per_s: float
    behind_s_max: float
    messages: int  # read by trade
    decisions: int  # messages of them
    orders: int
    fault: str  # what ended it early; empty when nothing did
    rows: tuple[Row, ...]
    series: tuple[Series, ...]

    @property
    def holds(self) -> bool:
        return not self.fault and all(row.verdict != Verdict.GROWS for row in self.rows)


def live_table(series: Mapping[tuple[str, str], Series], moments: Sequence[Moment], state: str) -> Table:
    """What is known now."""
    last = moments[-1]
    table = Table(title=f"penstock soak: {state}", title_justify="left", box=None, padding=(0, 2))
    for name in ("process", "", "MiB", "since the start", ""):
        table.add_column(name, justify="right" if name in ("MiB", "since the start") else "left", header_style="dim")
    for one in series.values():
        if one.held:
            grown = f"{(one.held[-1] - one.held[0]) / MIB:+.1f}"
            table.add_row(one.process, one.what, f"{one.held[-1] / MIB:,.1f}", grown, spark(one.held))
    table.caption = (
        f"{last.sent.ticks:,} ticks written, trade {behind_s(moments):.1f} s behind, "
        f"{last.decided:,} messages of decisions, {last.asked:,} orders"
    )
    return table


def tell(outcome: Outcome, folder: Path) -> None:
    """Print the outcome, and write it as a picture and as figures."""
    console = recording()
    console.print(_table(outcome))
    console.print(_sentence(outcome), highlight=False, soft_wrap=True)
    console.save_svg(str(folder / PICTURE), title="penstock soak")
    (folder / FIGURES).write_bytes(msgspec.json.format(msgspec.json.encode(outcome), indent=1) + b"\n")
    console.print(f"picture: {folder / PICTURE}, figures: {folder / FIGURES}", highlight=False, soft_wrap=True)


def spark(values: Sequence[float]) -> str:
    """The course of a series; a cell is the mean of its part, the range is at least a MiB.

    >>> spark([0, MIB, 2 * MIB])
    '▁▄█'
    """
    if not len(values):
        return ""
    means = [float(np.mean(part)) for part in np.array_split(np.asarray(values, float), min(_CELLS, len(values)))]
    low, span = min(means), max(max(means) - min(means), float(MIB))
    return "".join(_LEVELS[int((one - low) / span * (len(_LEVELS) - 1))] for one in means)


def _table(outcome: Outcome) -> Table:
    title = f"{outcome.measured_s / 60:.1f} minutes after a warm-up of {outcome.warm_up_s:.0f} s"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    names = ("process", "", "start MiB", "end", "MiB an hour", "± 95 %", "later half", "verdict", "")
    for name in names:
        table.add_column(name, header_style="dim", justify="left" if name in ("process", "", "verdict") else "right")
    courses = {(one.process, one.what): spark(one.held) for one in outcome.series}
    for row in outcome.rows:
        verdict = f"[{STYLES[row.verdict]}]{row.verdict}"
        table.add_row(row.process, row.what, *_figures(row), verdict, courses[row.process, row.what])
    return table


def _figures(row: Row) -> tuple[str, ...]:
    if row.drift is None:
        return "", "", "too few samples", "", ""
    whole, late = row.drift.whole, row.drift.late
    return (
        f"{row.drift.start / MIB:,.1f}",
        f"{row.drift.end / MIB:,.1f}",
        f"{whole.per_hour / MIB:+,.1f}",
        f"{whole.half_width / MIB:,.1f}",
        f"{late.per_hour / MIB:+,.1f}",
    )


def _sentence(outcome: Outcome) -> Text:
    text = Text(
        f"{outcome.ticks_per_s:,.0f} ticks a second; trade at most {outcome.behind_s_max:.1f} s behind its log; "
        f"{outcome.messages:,} messages read, {outcome.decisions:,} of decisions, {outcome.orders:,} orders"
    )
    unsure = [f"{row.process} {row.what}" for row in outcome.rows if row.verdict == Verdict.UNSURE]
    if unsure:
        text.append(f"\nunsure, measure for longer: {', '.join(unsure)}", "yellow")
    if outcome.fault:
        text.append(f"\nended early: {outcome.fault}", "bold red")
    limit = outcome.limit_bytes_per_hour / MIB
    surely = "surely grows" if unsure else "grows"  # what is unsure may grow: the sentence does not deny it
    held = f"\nnothing {surely} by more than {limit:.0f} MiB an hour" if outcome.holds else "\nFAILED"
    return text.append(held, "bold green" if outcome.holds else "bold red")
