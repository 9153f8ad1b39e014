"""`chaos`: kill and freeze the processes of real runs at random, and ask after each run whether anything was harmed.

A campaign is rounds of strikes; each round is `penstock run --cluster` in a folder of its own, over as much of the
capture as its strikes need. What a round came to is kept: a campaign that was stopped goes on with the next one, a
larger one adds to a smaller one.
"""

import signal
import sys
from importlib.resources import files
from pathlib import Path

import msgspec
from rich.console import Console

from jobs.adapters.source import find_capture
from jobs.campaign.cut import cut
from jobs.campaign.plan import draw
from jobs.campaign.report import failed, show
from jobs.campaign.round import Round, play_round
from schemas.errors import SetupError

STATE = "chaos.json"
ROUND_STRIKES_MAX = 10
STRIKE_S, CALM_S = 30.0, 20.0  # the feed lasts so long for each strike with what it costs, and around them all
EMPTY_ROUNDS_MAX = 3  # in which no strike could be made
BUSY = {  # the demonstration with a round trip every 4 s: a strike soon meets an order
    "round_trip_ns = 30_000_000_000": "round_trip_ns = 4_000_000_000",
    "orders_per_minute_max = 60 ": "orders_per_minute_max = 600 ",
    "orders_per_minute_max = 60\n": "orders_per_minute_max = 600\n",
    "orders_per_minute_max = 120": "orders_per_minute_max = 1200",
}


class State(msgspec.Struct):
    """A campaign so far."""

    seed: int
    rounds: list[Round] = []


def chaos(kills: int, seed: int, data: Path | None, pace: float, folder: Path, fresh: bool = False) -> int:
    """Make the strikes that are not made yet, and tell what all came to; 1 when any did harm."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that no run is left behind
    console = Console()
    here = folder / "chaos" / f"seed-{seed}"
    here.mkdir(parents=True, exist_ok=True)
    state = _load(here, seed, fresh)
    config = _busy_config(here)
    arguments = ["--config", str(config), "--pace", str(pace)]
    empty = 0
    while (done := sum(len(each.struck) for each in state.rounds)) < kills:
        strikes = draw(kills, seed)[done : done + ROUND_STRIKES_MAX]
        console.print(f"round {len(state.rounds) + 1}: {done} of {kills} strikes are made")
        with console.status("") as status:
            seconds = (CALM_S + STRIKE_S * len(strikes)) * pace
            fed = data or cut(find_capture(), here / "capture", seconds)
            state.rounds.append(play_round(here / "run", [*arguments, "--data", str(fed)], strikes, status.update))
        (here / STATE).write_bytes(msgspec.json.encode(state))
        empty = 0 if state.rounds[-1].struck else empty + 1
        if state.rounds[-1].verdict is None or empty == EMPTY_ROUNDS_MAX:
            break  # the folder is evidence, and further rounds would only add to it
    show(state.rounds, console)
    return 1 if failed(state.rounds) or (done < kills and empty == EMPTY_ROUNDS_MAX) else 0


def _load(here: Path, seed: int, fresh: bool) -> State:
    path = here / STATE
    if fresh or not path.exists():
        return State(seed)
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except msgspec.DecodeError as error:
        raise SetupError(f"{path} is not a campaign's state ({error}): --fresh begins another campaign") from error


def _busy_config(here: Path) -> Path:
    text = files("jobs.settings").joinpath("demo.toml").read_text()
    for old, new in BUSY.items():
        text = text.replace(old, new)
    path = here / "busy.toml"
    path.write_text(text)
    return path
