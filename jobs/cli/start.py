"""Start here: try, backtest, doctor, run, term."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import FOLDER, Config, Folder

PANEL = "Start here"
MOMENTS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]


def register(app: typer.Typer) -> None:
    for name, command in (("try", try_), ("backtest", backtest), ("doctor", doctor), ("run", run), ("term", term)):
        app.command(name, rich_help_panel=PANEL)(command)


def try_(
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Play ten minutes of captured market data through the whole decision path: no Java, no broker, no account.

    Prints a summary and writes one HTML report. The orders are simulated.
    """
    from jobs.try_ import try_ as job

    job(data, folder / "try")


def backtest(
    data: Annotated[Path, typer.Option(help="Parquet or CSV, a folder of them, or a folder of a capture.")],
    config: Annotated[Path, typer.Option(help="A TOML file: universe, every limit, exchange, strategies.")],
    strategy: Annotated[str | None, typer.Option(help="PATH:Class in place of the configuration's strategies.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE for that strategy; VALUE as in TOML. May be given again.")
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of `penstock train`; default: the shipped model.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """The same with your data, your configuration and your strategy."""
    from jobs.backtest import backtest as job

    job(data, config, strategy, option or [], folder / "backtest", models)


def doctor(folder: Folder = FOLDER) -> None:
    """Check this machine: what is here, what is missing, and the command that provides it."""
    from jobs.doctor import doctor as job

    raise typer.Exit(job(folder))


def run(
    config: Config = None,
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    pace: Annotated[float, typer.Option(help="How many times faster than it was captured.")] = 4.0,
    lead: Annotated[
        float, typer.Option(help="Seconds of the data that are fed at once, before the pace begins.")
    ] = 0.0,
    report: Annotated[bool, typer.Option(help="Close with summary, report and quality site.")] = True,
    cluster: Annotated[
        bool,
        typer.Option("--cluster", help="Self-healing: a Flink cluster with a warm spare, dead processes begin again."),
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last run and begin another one.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of `penstock train`; default: the shipped model.")] = None,
    model: Annotated[str, typer.Option(help="Of that folder.")] = "direction",
    folder: Folder = FOLDER,
) -> None:
    """The whole pipeline on this machine: broker, feed, Flink, gateway, exchange, warehouse, report."""
    from jobs.adapters.resources import Models
    from jobs.run import run as job

    raise typer.Exit(job(config, data, pace, fresh, folder, cluster, Models(models, model), lead, report))


def term(
    config: Annotated[Path, typer.Option(help="A TOML file: what the channels shall decide by from then on.")],
    at: Annotated[
        datetime | None, typer.Option(help="Channel time, UTC, at which it begins; default: now.", formats=MOMENTS)
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of `penstock train`; default: the shipped model.")] = None,
    model: Annotated[str, typer.Option(help="Of that folder.")] = "direction",
    carry: Annotated[
        bool, typer.Option("--carry", help="State as opening positions what the ledger holds. Needs a halt.")
    ] = False,
    opening: Annotated[
        Path | None, typer.Option(help="The same from a TOML file, which must say what the ledger says.")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="The broker; default: the one that the folder names.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Begin the next term of a run: other features, model, limits or strategies, without another log.

    What is held and owed goes on. Orders that have not reached the exchange are cancelled, and where the features are
    others no order leaves until they are warm. The universe stays. A strategy may leave while all is halted and it
    holds nothing.
    """
    from jobs.adapters import endpoints
    from jobs.execution.following import Positions
    from jobs.term import term as job
    from schemas.config import load

    at_ns = 0 if at is None else int(at.replace(tzinfo=UTC).timestamp()) * 1_000_000_000
    positions = Positions(folder, carry or opening is not None, opening)
    where = bootstrap or endpoints.require(folder, "bootstrap")
    job(where, load(config), at_ns, models, model, positions=positions)
