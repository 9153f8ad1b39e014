"""Parts: the processes of a run, one by one, and what is made beside it."""

from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Folder

PANEL = "Parts"
PARTS = {
    "feed": "Market data into the channels' logs.",
    "trade": "Features, scores, decisions and orders, on Flink.",
    "gateway": "Orders to the broker: ledger, second risk check, halt flag.",
    "exchange": "The simulated broker, a process with its own journal.",
    "archive": "Every message of every topic into the warehouse.",
    "train": "Make a model from the earlier part of a capture.",
    "bench": "Measure throughput and latency beside a bare loop.",
}

cluster = typer.Typer(no_args_is_help=True, help="A local Flink cluster that outlives the command.")


def register(app: typer.Typer) -> None:
    for name, text in PARTS.items():
        forward(app, name, f"jobs.{name}", text, PANEL)
    app.add_typer(cluster, name="cluster", rich_help_panel=PANEL)


@cluster.command()
def up(
    taskmanagers: Annotated[int, typer.Option(help="Processes that run the channels.")] = 1,
    slots: Annotated[int, typer.Option(help="Of each of them.")] = 1,
    folder: Folder = FOLDER,
) -> None:
    """Start it and leave it running."""
    from jobs.cluster import up as job

    raise typer.Exit(job(folder, taskmanagers, slots))


@cluster.command()
def down(folder: Folder = FOLDER) -> None:
    """Stop it; jobs can be resumed from their retained checkpoints."""
    from jobs.cluster import down as job

    raise typer.Exit(job(folder))


@cluster.command()
def status(folder: Folder = FOLDER) -> None:
    """Address, TaskManagers and jobs."""
    from jobs.cluster import status as job

    raise typer.Exit(job(folder))
