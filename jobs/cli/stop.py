"""Stop: halt, resume."""

import typer

from jobs.cli.forward import forward

PANEL = "Stop"


def register(app: typer.Typer) -> None:
    forward(app, "halt", "jobs.halt", "No further order leaves, from now on and across restarts.", PANEL, "halt")
    forward(app, "resume", "jobs.halt", "Lift a halt.", PANEL, "resume")
