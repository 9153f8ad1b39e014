"""Deploy: provision, begin, submit, upgrade."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Config, Folder

PANEL = "Deploy"
Bootstrap = Annotated[str, typer.Option(help="The brokers, HOST:PORT with commas between them.")]
Dsn = Annotated[
    str,
    typer.Option(
        envvar="PENSTOCK_DSN",
        show_envvar=True,
        help="The warehouse: clickhouse://USER:PASSWORD@HOST:8123/, clickhouses:// over TLS, or chdb:///FOLDER.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(provision)
    app.command(rich_help_panel=PANEL)(begin)
    forward(app, "submit", "jobs.submit", "The job to a Flink cluster at any REST address.", PANEL)
    app.command(rich_help_panel=PANEL)(upgrade)


def provision(
    bootstrap: Bootstrap,
    dsn: Dsn,
    config: Config = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each topic; default: 3, or one a broker where there are fewer.")
    ] = None,
) -> None:
    """Topics, tables and views, made where they are not there; what is there otherwise is an error, never altered."""
    from jobs.adapters.source import demo_config
    from jobs.provision import provision as job
    from schemas.config import load

    print(job(bootstrap, dsn, load(config or demo_config()).universe.channels, replication))


def begin(
    bootstrap: Bootstrap,
    config: Annotated[Path, typer.Option(help="A TOML file: what the channels shall decide by.")],
    orders: Annotated[
        Literal["gateway", "lock-step"] | None,
        typer.Option(help="Where orders go; default: as exchange.mode of the configuration says."),
    ] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of `penstock train`; default: the shipped model.")] = None,
    model: Annotated[str, typer.Option(help="Of that folder.")] = "direction",
    folder: Folder = FOLDER,
) -> None:
    """Each channel's log gets its name and its first term; what has begun is kept, and must be in that term.

    The folder then names the broker, for `term`, `halt`, `reconcile` and others. `penstock term` begins later terms.
    """
    from jobs.begin import begin_run
    from schemas.config import load, with_orders

    given = load(config)
    print(begin_run(folder, bootstrap, given if orders is None else with_orders(given, orders), models, model))


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Instead: two small runs, each upgraded in its middle; exit 1 if it shows.")
    ] = False,
    replica: Annotated[str, typer.Option(help="Which one of a hot pair was submitted: a or b.")] = "a",
    folder: Folder = FOLDER,
) -> None:
    """What is installed now takes over the local cluster's job: savepoint, fresh processes, on from the savepoint."""
    from jobs.upgrade import upgrade as job
    from jobs.upgrading.check import check as rehearsal

    if check:
        raise typer.Exit(rehearsal(folder))
    job(folder, replica)
