"""Deploy: provision, submit."""

from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import Config

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
    forward(app, "submit", "jobs.submit", "The job to a Flink cluster at any REST address.", PANEL)


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
