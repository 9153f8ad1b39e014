"""`status`: whether orders may leave, what is in flight, what is held; works with everything else down."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jobs.execution.pair import Said
from jobs.execution.standing import Standing, standing
from schemas.decimal_text import render
from schemas.instrument import MONEY_DECIMALS

__all__ = ["show", "status"]


def status(folder: Path) -> None:
    """Print how the gateway and its orders stand, from the flag and the ledger alone."""
    Console().print(show(standing(folder)))


def show(found: Standing) -> Table:
    """The standing as a table for people."""
    table = Table(title="execution", show_header=False)
    table.add_row("orders", "[bold red]HALTED[/]" if found.halted else "[green]may leave[/]", _why(found))
    table.add_row("gateway", "alive" if found.gateway_alive else "[bold]not running[/]", "")
    counts = ", ".join(f"{count} {name}" for name, count in found.orders.items())
    table.add_row("by state", str(sum(found.orders.values())), counts)
    table.add_row("in flight", str(found.in_flight), "offered to the broker, not final")
    if found.oldest_open is not None:
        waits = f"not final since {_time(found.oldest_open.since_wall_ns)}: its strategy and instrument wait for it"
        table.add_row("oldest open", found.oldest_open.id, waits)
    table.add_row("to be published", str(found.waiting), "frames in the outbox")
    table.add_row("last progress", _time(found.last_wall_ns), "")
    for channel, said in found.progress.items():
        if len(said.reached) > 1 or said.trailing:
            table.add_row(f"replicas of channel {channel}", _replicas(said), _compared(said))
    for position in found.positions:
        money = f"realised {render(position.realised, MONEY_DECIMALS)}, fees {render(position.fees, MONEY_DECIMALS)}"
        table.add_row(f"instrument {position.instrument}", str(position.size), f"size units held; {money}")
    return table


def _why(found: Standing) -> str:
    return f"{found.reason} ({found.by}, {_time(found.since_wall_ns)})" if found.halted else ""


def _replicas(said: Said) -> str:
    """How far each has come; in red the one that trails."""
    names = sorted({*said.reached, *said.trailing})
    places = {name: f"{name} {said.reached.get(name, 'nowhere')}" for name in names}
    return ", ".join(f"[bold red]{text} trails[/]" if name in said.trailing else text for name, text in places.items())


def _compared(said: Said) -> str:
    times = f"has trailed {said.alerts} time(s)" if said.alerts else "none has trailed"
    return f"digests compared {said.compared}, different {said.different}; {times}"


def _time(stamp_ns: int) -> str:
    return datetime.fromtimestamp(stamp_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if stamp_ns else "never"
