"""`penstock parity`: bars and indicators once more, by SQL over the archived ticks, beside what the pipeline made."""

from pathlib import Path

from rich.console import Console

from jobs.adapters.clock import wall_ns
from jobs.results.agreement import table_of, verdict
from jobs.results.kept import keep, write_report
from jobs.results.oracle import parities, with_change
from jobs.results.store import Store, open_archive, read_term
from schemas.control import Term
from schemas.errors import DataError

REPORT = "parity.json"


def parity(folder: Path, *, mutate: bool = False, warehouse: str | None = None) -> int:
    """Compare every quantity; 0 = all agree, 1 = not, or nothing was compared. The figures go to `parity.json`
    and to the table `parity_runs`.

    Integers must be equal; ratios, which are float32 in a feature row, agree to a millionth. With `mutate` the
    middle trade's price is one step higher for SQL alone, so that a comparison that works must find differences.
    """
    console = Console()
    with open_archive(folder, warehouse) as store:
        term = read_term(store)
        ticks = _mutated(store, term, console) if mutate else "ticks"
        with console.status("recomputing in SQL"):
            found = list(parities(store, term, ticks))
        refused = store.number("SELECT sum(count) FROM quarantine WHERE _topic = 'quarantine.v1'")
    console.print(table_of(found, term, "pipeline beside SQL over the archived ticks"))
    if refused:
        console.print(
            f"{refused:,} records are in quarantine: the pipeline left them out, SQL did not", highlight=False
        )
    if not mutate:
        write_report(folder / REPORT, found)
        keep(folder, warehouse, found, "sql", wall_ns())
    return verdict(found, console)


def _mutated(store: Store, term: Term, console: Console) -> str:
    trades = "FROM ticks WHERE kind = 'TRADE' AND bitAnd(flags, 28) = 0"
    middle = store.number(f"SELECT intDiv(count(), 2) {trades}")
    columns = "_partition, _offset, _row, instrument, receive_ns"
    found = store.ask(
        f"SELECT {columns} {trades} ORDER BY receive_ns, _partition, _offset, _row LIMIT 1 OFFSET {middle}"
    )
    if not len(found):
        raise DataError("no trade is archived: there is nothing whose change must be noticed")
    partition, offset, row, number, receive_ns = (int(column[0].as_py()) for column in found.columns)
    instrument = term.universe.instruments[number]
    step = instrument.tick_size_at(receive_ns)
    where = f"channel {partition}, offset {offset}, row {row}"
    told = f"mutated: a trade of {instrument.venue} {instrument.symbol} at {where} is {step} units higher for SQL"
    console.print(told, highlight=False, soft_wrap=True)
    return with_change(partition, offset, row, step)
