"""`penstock doctor`: checks this machine and names the command for what is missing."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jobs.adapters.checks import Check, Need, run_checks

__all__ = ["doctor"]


def doctor(folder: Path = Path(".penstock"), console: Console | None = None) -> int:
    """Print a table of checks and the remedies; 1 when something is missing that `penstock run` needs, else 0."""
    console = console or Console()
    checks = list(run_checks(folder))
    console.print(_table(checks))
    for check in checks:
        if not check.is_fine:
            console.print(f"{check.name}: [bold]{check.remedy}[/bold]", soft_wrap=True, highlight=False)
    missing = [check for check in checks if not check.is_fine and check.need is not Need.SPEED]
    if not missing:
        console.print("This machine can run the whole pipeline: make run")
    elif all(check.need is Need.RUN for check in missing):
        console.print("`penstock try` and `penstock backtest` work; `penstock run` does not yet.")
    return 1 if missing else 0


def _table(checks: Iterable[Check]) -> Table:
    table = Table("check", "needed for", "state")
    table.add_column("found", overflow="fold")
    for check in checks:
        state = "[green]ok" if check.is_fine else "[yellow]slow" if check.need is Need.SPEED else "[red]missing"
        table.add_row(check.name, check.need.value, state, check.found)
    return table
