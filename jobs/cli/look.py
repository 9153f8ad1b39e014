"""Look: summary, status, sql, explain, features, cat, quality."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Config, Folder

PANEL = "Look"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(summary)
    app.command(rich_help_panel=PANEL)(status)
    forward(app, "sql", "jobs.sql", 'Ask the warehouse: penstock sql "select count() from ticks".', PANEL)
    app.command(rich_help_panel=PANEL)(explain)
    app.command(rich_help_panel=PANEL)(latency)
    app.command(rich_help_panel=PANEL)(features)
    app.command(rich_help_panel=PANEL)(cat)
    forward(app, "quality", "jobs.quality", "Check the data of a run; writes the report that people read.", PANEL)


def summary(
    diff: Annotated[Path | None, typer.Option(help="Compare with this summary.json; exit 1 when keys differ.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Print what the last run came to, or compare it with another run's."""
    from jobs.summary import summary as job

    raise typer.Exit(job(folder, diff))


def status(folder: Folder = FOLDER) -> None:
    """Whether orders may leave, what is in flight, what is held."""
    from jobs.status import status as job

    job(folder)


def explain(
    order: Annotated[str, typer.Argument(help="The id of an order, such as probe-0-1-7.")], folder: Folder = FOLDER
) -> None:
    """Why an order was sent: book, features, scores, weights, every check, stamps, reports."""
    from jobs.explain import explain as job

    job(order, folder)


def latency(folder: Folder = FOLDER) -> None:
    """Where the time goes, hop by hop, from a published frame to the broker's answer."""
    from jobs.latency import latency as job

    raise typer.Exit(job(folder))


def features(
    like: Annotated[str, typer.Argument(help="Only names with this text in them.")] = "",
    config: Config = None,
    chosen: Annotated[bool, typer.Option("--chosen", help="Only those that the configuration chooses.")] = False,
) -> None:
    """Every feature that can be computed: unit, bars, warm-up, source; green what the configuration chooses."""
    from jobs.adapters.source import demo_config
    from jobs.features import features as job

    job(config or demo_config(), chosen, like)


def cat(
    topic: Annotated[str, typer.Argument(help="Such as decisions.v1; without `.v1` too.")],
    channel: Annotated[int | None, typer.Option(help="Only this one.")] = None,
    start: Annotated[int, typer.Option("--from", help="The first offset.")] = 0,
    limit: Annotated[int, typer.Option(help="Records shown at most.")] = 20,
    bootstrap: Annotated[str | None, typer.Option(help="Read from this broker instead of the archive.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Show what lies in a topic, a line a record."""
    from jobs.cat import cat as job

    job(topic, channel, start, limit, bootstrap, folder)
