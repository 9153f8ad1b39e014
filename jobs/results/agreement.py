"""How a comparison of quantities is shown, and what it comes to."""

from rich.console import Console
from rich.table import Table

from jobs.results.oracle import RATIO, Parity
from jobs.results.told import time_text
from schemas.control import Term


def table_of(found: list[Parity], term: Term, title: str) -> Table:
    """A line for each quantity, red where anything differs."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("quantity", "tolerance", "compared", "different", "missing", "largest", "first difference"):
        table.add_column(name, header_style="dim", justify="left" if name in ("quantity", "tolerance") else "right")
    for one in found:
        style = "red" if one.different or one.missing else None
        tolerance = "exact" if one.tolerance == 0 else f"{one.tolerance:.0e}"
        counts = (f"{count:,}" for count in (one.compared, one.different, one.missing))
        table.add_row(one.quantity, tolerance, *counts, f"{one.largest:.3g}", _place(one, term), style=style)
    return table


def verdict(found: list[Parity], console: Console) -> int:
    """Say what came out; the exit status: 0 = something was compared and nothing differs."""
    compared, bad = sum(one.compared for one in found), [one for one in found if one.different or one.missing]
    values = sum(one.different + one.missing for one in bad)
    told = f"compared {compared:,} values of {len(found)} quantities: {values:,} differ"
    console.print(f"{told} (ratios to {RATIO:.0e})", highlight=False)
    if not compared:
        console.print("nothing was compared, so nothing is shown: is the run archived?", highlight=False)
    return 0 if compared and not bad else 1


def _place(one: Parity, term: Term) -> str:
    if one.first is None:
        return ""
    instrument = term.universe.instruments[one.first[0]]
    return f"{instrument.venue} {instrument.symbol} {time_text(one.first[1])}"
