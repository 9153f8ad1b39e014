"""Trust: replay, reconcile."""

from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Folder

PANEL = "Trust"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(replay)
    text = "Ledger, exchange journal and log side by side: every order once, nothing lost."
    forward(app, "reconcile", "jobs.reconcile", text, PANEL)


def replay(
    verify: Annotated[bool, typer.Option("--verify", help="Compare with what was archived; exit 1 on any difference.")],
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change one price of the log first: the comparison must then fail.")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Read the log from this broker, not from the archive.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Decide the archived log again, here, and compare every decision, feature row and order."""
    from jobs.replay import replay as job

    raise typer.Exit(job(folder, mutate=mutate, bootstrap=bootstrap) if verify else 2)
