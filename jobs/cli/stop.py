"""Stop: halt, resume."""

from typing import Annotated

import typer

from jobs.cli.options import FOLDER, Folder

PANEL = "Stop"
By = Annotated[str, typer.Option(help="Who says so; stands in the flag and in the logs.")]


def register(app: typer.Typer) -> None:
    for command in (halt, resume):
        app.command(rich_help_panel=PANEL)(command)


def halt(
    reason: Annotated[str, typer.Option(help="Why; stands in the flag and in the logs.")] = "by hand",
    by: By = "operator",
    folder: Folder = FOLDER,
) -> None:
    """No further order leaves, from now on and across restarts; works with everything else down."""
    from jobs.halt import halt as job

    print(*job(folder, reason, by), sep="\n")


def resume(by: By = "operator", folder: Folder = FOLDER) -> None:
    """Lift a halt; a channel that a fault has halted stays halted."""
    from jobs.halt import resume as job

    print(*job(folder, by), sep="\n")
