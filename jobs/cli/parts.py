"""Parts: the processes of a run, one by one, and what is made beside it."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Config, Folder

PANEL = "Parts"
PARTS = {
    "feed": "Market data into the channels' logs.",
    "trade": "Features, scores, decisions and orders, on Flink.",
    "gateway": "Orders to the broker: ledger, second risk check, halt flag.",
    "exchange": "The simulated broker, a process with its own journal.",
    "archive": "Every message of every topic into the warehouse.",
    "bench": "Measure throughput and latency beside a bare loop.",
}

cluster = typer.Typer(no_args_is_help=True, help="A local Flink cluster that outlives the command.")


def register(app: typer.Typer) -> None:
    for name, text in PARTS.items():
        forward(app, name, f"jobs.{name}", text, PANEL)
    app.command(rich_help_panel=PANEL)(train)
    app.command(rich_help_panel=PANEL)(warm)
    app.add_typer(cluster, name="cluster", rich_help_panel=PANEL)


def train(
    config: Config = None,
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder for the model; default: FOLDER/models.")] = None,
    name: Annotated[str, typer.Option(help="Of the model.")] = "direction",
    seed: Annotated[int, typer.Option(help="Of the trees.")] = 1,
    folder: Folder = FOLDER,
) -> None:
    """Make a model from the earlier part of a capture and judge it on the later one."""
    from jobs.adapters.source import demo_config, find_capture
    from jobs.train import train as job
    from models.registry import Registry
    from schemas.config import load

    kept = models or folder / "models"
    made = job(load(config or demo_config()), data or find_capture(), Registry(kept), name=name, seed=seed)
    metrics = made.metrics
    print(f"model {made.name} {made.sha256[:12]} in {kept}: trained on {made.rows:,} rows")
    print(
        f"accuracy {metrics.accuracy:.3f} ± {metrics.accuracy_se:.3f}, base rate {metrics.base_rate:.3f} "
        f"on {metrics.rows:,} later rows"
    )


def warm() -> None:
    """Compile every kernel now, so that no first tick waits for it; `make setup` does this."""
    from jobs.warm import warm as job

    print(f"{job()} machines are compiled")


@cluster.command()
def up(
    taskmanagers: Annotated[int, typer.Option(help="Processes that run the channels.")] = 1,
    slots: Annotated[int, typer.Option(help="Of each of them.")] = 1,
    flink_metrics: Annotated[
        str | None,
        typer.Option(help="FIRST-LAST: ports of Flink's Prometheus pages, one a JVM, open on every interface."),
    ] = None,
    folder: Folder = FOLDER,
) -> None:
    """Start it and leave it running."""
    from jobs.cluster import up as job

    raise typer.Exit(job(folder, taskmanagers, slots, flink_metrics))


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
