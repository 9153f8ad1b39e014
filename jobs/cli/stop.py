"""Stop: halt, resume."""

import typer

from jobs.cli.forward import forward

PANEL = "Stop"


def register(app: typer.Typer) -> None:
    forward(app, "halt", "jobs.halt", "No further order leaves, from now on and across restarts.", PANEL)
    forward(app, "resume", "jobs.resume", "Lift a halt.", PANEL)
