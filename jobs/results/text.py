"""A summary as people read it: one paragraph, and a table."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from rich.console import Console
from rich.table import Table

from jobs.results.summary import Rates, StrategyLine, Summary

_CENT = Decimal("0.01")
_SHOWN_REASONS = 4


def show(summary: Summary, console: Console) -> None:
    """Print the table and, below it, the paragraph."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in lines(summary):
        table.add_row(name, value)
    console.print(table)
    console.print()
    console.print(paragraph(summary), highlight=False, soft_wrap=True)


def paragraph(summary: Summary) -> str:
    """The run in one sentence: accuracy beside the base rate, orders, P&L after fees."""
    orders = ", ".join(f"{name} {_orders(line)}" for name, line in summary.strategies.items())
    traded = {name: line for name, line in summary.strategies.items() if line.fills}
    profit = ", ".join(f"{name} {_money(line.pnl)} (fees {_money(line.fees)})" for name, line in traded.items())
    return " · ".join((_accuracy(summary), f"orders: {orders or 'none'}", f"P&L {profit or '0: nothing was traded'}"))


def lines(summary: Summary) -> list[tuple[str, str]]:
    """The table's rows: name and value."""
    found = [
        ("market data", f"{summary.ticks:,} ticks, {summary.gaps:,} gaps, {total(summary.quarantined)} quarantined"),
        ("features", f"{summary.features:,} rows, {summary.marked:,} marked, {summary.predictions:,} scored"),
        ("decisions", f"{summary.decisions:,}, vetoed by risk: {total(summary.vetoes_by_reason)}"),
        ("accuracy", f"{rates(_ensemble(summary))}, out of sample"),
        *((f"  {name}", rates(one)) for name, one in summary.members.items()),
        ("  in sample", f"{rates(summary.in_sample)}: says nothing of the future"),
    ]
    for name, line in summary.strategies.items():
        made = f"{line.orders:,} orders, {line.fills:,} fills" + (f" ({_listed(line.fates)})" if line.fates else "")
        found.append((f"strategy {name}", f"{made}; P&L {_money(line.pnl)} after fees {_money(line.fees)}"))
        found.append(("", f"no order: {_listed(line.no_order) or 'never'}"))
        if line.vetoes:
            found.append(("", f"vetoed: {_listed(line.vetoes)}"))
    for hop, one in (summary.latency_ns or {}).items():
        found.append((f"latency {hop}", f"p50 {ms(one.p50)}, p99 {ms(one.p99)}, max {ms(one.max)}"))
    return found


def rates(one: Rates) -> str:
    """Accuracy with its standard error, the base rate and the rows that both come from."""
    if one.accuracy is None or one.accuracy_se is None or one.base_rate is None:
        return "no labelled rows"
    rows = f"{one.labelled:,} labelled rows, {one.flat / (one.flat + one.labelled):.0%} flat"
    return f"{one.accuracy:.2f} ± {one.accuracy_se:.2f}, base rate {one.base_rate:.2f} ({rows})"


def amount(text: str) -> str:
    """Exact decimal text as people read money: cents, a real minus.

    >>> amount("-12.40499999")
    '−12.40'
    """
    rounded = Decimal(text).quantize(_CENT, ROUND_HALF_EVEN)
    return f"{rounded + 0:,}".replace("-", "−")


def total(counts: Mapping[str, int]) -> str:
    """The sum, and what it is made of when there is anything.

    >>> total({"MARKED": 1000, "STALE": 2}), total({})
    ('1,002 (1,000 MARKED, 2 STALE)', '0')
    """
    listed = _listed(counts)
    return f"{sum(counts.values()):,}" + (f" ({listed})" if listed else "")


def ms(value_ns: int) -> str:
    return f"{value_ns / 1e6:,.2f} ms"


def _accuracy(summary: Summary) -> str:
    return "model " + ("has no labelled rows out of sample" if summary.accuracy is None else _told(summary))


def _told(summary: Summary) -> str:
    return f"accuracy {rates(_ensemble(summary))}"


def _ensemble(summary: Summary) -> Rates:
    return Rates(
        labelled=summary.labelled,
        flat=summary.flat,
        accuracy=summary.accuracy,
        accuracy_se=summary.accuracy_se,
        base_rate=summary.base_rate,
        log_loss=summary.log_loss,
    )


def _orders(line: StrategyLine) -> str:
    """How many, and why: what became of them, or why there was none."""
    why = line.fates or {**line.no_order, **line.vetoes}
    vetoed = f"; vetoed: {_listed(line.vetoes)}" if line.fates and line.vetoes else ""
    listed = _listed(why)
    return f"{line.orders:,}" + (f" ({listed}{vetoed})" if listed else "")


def _listed(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    shown = [f"{count:,} {name.replace('_', ' ')}" for name, count in ranked[:_SHOWN_REASONS]]
    rest = sum(count for _, count in ranked[_SHOWN_REASONS:])
    return ", ".join([*shown, *([f"{rest:,} other"] if rest else [])])


def _money(amounts: Mapping[str, str]) -> str:
    return " + ".join(f"{amount(text)} {currency}" for currency, text in amounts.items()) or "0"
