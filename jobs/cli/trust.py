"""Trust: replay, parity, reconcile, soak, chaos, demo."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.forward import forward
from jobs.cli.options import FOLDER, Folder

PANEL = "Trust"

chaos = typer.Typer(invoke_without_command=True, help="Kill and freeze the processes of real runs; see what it costs.")
demo = typer.Typer(no_args_is_help=True, help="Things to watch.")


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(replay)
    app.command(rich_help_panel=PANEL)(parity)
    text = "Ledger, exchange journal and log side by side: every order once, nothing lost."
    forward(app, "reconcile", "jobs.reconcile", text, PANEL)
    app.command(rich_help_panel=PANEL)(soak)
    app.add_typer(chaos, name="chaos", rich_help_panel=PANEL)
    app.add_typer(demo, name="demo", rich_help_panel=PANEL)


def replay(
    verify: Annotated[bool, typer.Option("--verify", help="Compare with what was archived; exit 1 on any difference.")],
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change one price of the log first: the comparison must then fail.")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Read the log from this broker, not from the archive.")] = None,
    models: Annotated[Path | None, typer.Option(help="Folder of the models that the terms name.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Decide the archived log again, here, and compare every decision, feature row and order."""
    from jobs.replay import replay as job

    raise typer.Exit(job(folder, mutate=mutate, bootstrap=bootstrap, models=models) if verify else 2)


def soak(
    minutes: Annotated[float, typer.Option(min=0.1, help="Of measuring, after the warm-up.")] = 5.0,
    rate: Annotated[float, typer.Option(min=1.0, help="Ticks a second, of all channels together.")] = 25_000.0,
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    leak: Annotated[bool, typer.Option("--leak", help="Let trade leak memory: the verdict must be that.")] = False,
    folder: Folder = FOLDER,
) -> None:
    """The whole path under a steady load: does anything grow, fall behind or stop?"""
    from jobs.soak import soak as job

    raise typer.Exit(job(minutes, rate, data, "leak" if leak else None, folder))


@chaos.command()
def pair(
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    pace: Annotated[float, typer.Option(help="How many times faster than it was captured.")] = 1.5,
    seconds: Annotated[float, typer.Option(help="Of watching before and after each loss.")] = 20.0,
    diverge: Annotated[
        bool, typer.Option("--diverge", help="Let one replica go wrong: the gateway must halt.")
    ] = False,
    folder: Folder = FOLDER,
) -> None:
    """Two replicas of trade: either is killed and returns, and the orders must go on without a pause."""
    from jobs.pair import pair as job

    raise typer.Exit(job(folder, data, pace, seconds, diverge))


@chaos.command()
def spare(
    rounds: Annotated[int, typer.Option(min=1, max=9, help="Kills with a rehearsed spare, and as many without.")] = 3,
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    pace: Annotated[float, typer.Option(help="How many times faster than it was captured.")] = 1.0,
    warm: Annotated[bool, typer.Option("--warm", help="Only with a rehearsed spare.")] = False,
    folder: Folder = FOLDER,
) -> None:
    """Kill the TaskManager that works, again and again: how long until the spare decides?"""
    from jobs.takeover import takeover as job

    raise typer.Exit(job(rounds, data, pace, not warm, folder))


def parity(
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change one price for SQL first: the comparison must then fail.")
    ] = False,
    venue_time: Annotated[
        bool, typer.Option("--venue-time", help="Instead: bars by the venue's time, by Flink SQL and by numpy.")
    ] = False,
    folder: Folder = FOLDER,
) -> None:
    """Compute bars and indicators once more, in SQL over the archived ticks, and compare with the pipeline's."""
    from jobs.parity import parity as in_sql
    from jobs.venue_time import venue_time as in_flink

    raise typer.Exit((in_flink if venue_time else in_sql)(folder, mutate=mutate))


@chaos.callback()
def campaign(
    context: typer.Context,
    kills: Annotated[
        int, typer.Option(min=1, help="Strikes in all; a larger number adds to a finished campaign.")
    ] = 10,
    seed: Annotated[int, typer.Option(help="Of what is struck, how and when.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(help="Played until the strikes are made; default: the capture of the checkout."),
    ] = None,
    pace: Annotated[float, typer.Option(help="How many times faster than it was captured.")] = 1.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was struck with this seed.")] = False,
    folder: Folder = FOLDER,
) -> None:
    """Kill and freeze the processes of real runs at random; exit 1 when anything was lost, doubled or different."""
    if context.invoked_subcommand is None:
        from jobs.chaos import chaos as job

        raise typer.Exit(job(kills, seed, data, pace, folder, fresh))


@demo.command("kill")
def demo_kill(
    data: Annotated[Path | None, typer.Option(help="The capture; default: the one of the checkout.")] = None,
    pace: Annotated[float, typer.Option(help="How many times faster than it was captured.")] = 1.5,
    folder: Folder = FOLDER,
) -> None:
    """A run on the screen: press a key, a worker dies, the lines go on; at the end the oracles say what it did."""
    from jobs.demo import kill as job

    raise typer.Exit(job(data, pace, folder))


@demo.command()
def alerts(folder: Folder = FOLDER) -> None:
    """A real Prometheus over a real gateway: a halt fires its alert, a resume takes it back."""
    from jobs.alerts import alerts as job

    raise typer.Exit(job(folder))
