"""`penstock parity --venue-time`: bars by the venue's own time, by a bounded Flink SQL job beside plain numpy."""

from pathlib import Path

from rich.console import Console

from jobs.adapters.clock import wall_ns
from jobs.adapters.java import find_java
from jobs.results.agreement import table_of, verdict
from jobs.results.kept import keep, write_report
from jobs.results.store import open_archive, read_term
from jobs.results.venue import OUT_OF_ORDER_MS, middle_close, read_trades, told_late, venue_parities
from schemas.control import Term
from schemas.errors import DataError
from schemas.features import BAR_WIDTHS_NS
from schemas.frame import Records

REPORT = "parity-venue-time.json"


def venue_time(folder: Path, *, mutate: bool = False, warehouse: str | None = None) -> int:
    """Compare every quantity exactly; 0 = all agree, 1 = not, or nothing was compared. The figures go to REPORT
    and to the table `parity_runs`.

    The archived trades, in the order of their receipt, are windowed by venue time; both sides leave out, and count,
    trades whose window the watermark had closed, and must name the same ones. With `mutate` the trade that closes the
    middle second costs one unit more for Flink alone, so that a comparison that works must find a difference.
    """
    console = Console()
    find_java()
    with open_archive(folder, warehouse) as store:
        term = read_term(store)
        trades, timeless = read_trades(store, term)
    given = _mutated(trades, term, console) if mutate else trades
    with console.status("windowing in Flink SQL"):
        from jobs.adapters.windows import windows  # starts a JVM

        bars, late = windows(given, BAR_WIDTHS_NS, OUT_OF_ORDER_MS)
    found = list(venue_parities(trades, bars, late))
    console.print(table_of(found, term, "Flink SQL beside numpy, by venue time"))
    console.print(f"late: {told_late(late, len(trades))}", highlight=False)
    if timeless:
        console.print(f"{timeless:,} trades have no venue time and are in no bar", highlight=False)
    if not mutate:
        write_report(folder / REPORT, found)
        keep(folder, warehouse, found, "flink", wall_ns())
    return verdict(found, console)


def _mutated(trades: Records, term: Term, console: Console) -> Records:
    position = middle_close(trades)
    if position is None:
        raise DataError("no trade with a venue time is archived: there is nothing whose change must be noticed")
    changed = trades.copy()
    changed["price_units"][position] += 1
    instrument = term.universe.instruments[trades["instrument"][position]]
    told = f"mutated: trade {position:,} in the order of receipt, of {instrument.venue} {instrument.symbol}, "
    console.print(f"{told}is 1 unit higher for Flink", highlight=False, soft_wrap=True)
    return changed
