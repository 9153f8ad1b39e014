"""`run`: the whole pipeline on this machine, from captured ticks to the report; resumable at every place.

A finished run started again writes nothing and prints the same; `--fresh` begins another one.
"""

import shutil
from pathlib import Path

import msgspec
from rich.console import Console

from jobs.adapters.resources import SHIPPED, Models
from jobs.adapters.source import Played, demo_config, find_capture
from jobs.adapters.supervisor import Supervisor
from jobs.local import LocalRun
from jobs.results.closing import close_books
from jobs.supervised import SupervisedRun
from schemas.config import Config, hash_of, load, with_orders
from schemas.errors import SetupError

# What runs write in their folder.
OWN = (
    *("broker", "cluster", "processes", "metrics", "state", "warehouse", "quality", "events.jsonl"),
    *("ledger.db", "ledger.db-wal", "ledger.db-shm", "exchange.journal"),
    *("finished.json", "summary.json", "report.html"),
)


class Finished(msgspec.Struct, frozen=True):
    """What a finished run was of; another configuration or other data are another run."""

    config: str
    data: str


def run(
    config: Path | None,
    data: Path | None,
    pace: float,
    fresh: bool,
    folder: Path,
    cluster: bool = False,
    models: Models = SHIPPED,
    lead_s: float = 0.0,
    is_told: bool = True,
) -> int:
    """Run, resume, or print again what a finished run came to; the exit status. `is_told`: with summary and reports."""
    config_path = config or demo_config()
    data_path = data or find_capture()
    console = Console()
    if fresh:
        forget(folder)
    wanted = through_gateway(load(config_path))
    asked = Finished(hash_of(wanted), str(data_path.resolve()))
    done = folder / "finished.json"
    if done.exists():
        if msgspec.json.decode(done.read_bytes(), type=Finished) != asked:
            raise SetupError(f"{folder} holds a finished run of another configuration or data: FRESH=1 begins another")
        close_books(folder, console)
        return 0
    kind = SupervisedRun if cluster else LocalRun
    status = kind(wanted, config_path, Played(data_path, pace, lead_s), folder, models).go()
    if status == 0:
        if is_told:
            close_books(folder, console)
        done.write_bytes(msgspec.json.encode(asked))
    return status


def forget(folder: Path) -> None:
    """Remove what runs wrote in a folder, and nothing else; SetupError while one of its processes lives."""
    end_leftovers(folder)
    for name in OWN:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def end_leftovers(folder: Path) -> None:
    """Kill what a killed run left behind; SetupError while the run lives."""
    for part in ("processes", "broker", "cluster"):
        Supervisor(folder / part).end_leftovers()


def through_gateway(config: Config) -> Config:
    """The configuration with orders going out to the gateway; backtests keep the lock-step exchange."""
    return with_orders(config, "gateway")
