"""`chaos`: kill and freeze the processes of real runs at random, and ask after each run whether anything was harmed.

A campaign is rounds of strikes; each round is `penstock run --cluster` in a folder of its own, whose feed ends when the
strikes are made. What a round came to is kept: a campaign that was stopped goes on with the next one, a larger one adds
to a smaller one.
"""

import signal
import sys
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console

from jobs.adapters.source import find_capture
from jobs.campaign.plan import draw
from jobs.campaign.report import failed, show
from jobs.campaign.round import Round, play_round
from schemas.errors import SetupError

STATE = "chaos.json"
ROUND_STRIKES_MAX = 10
EMPTY_ROUNDS_MAX = 3  # in which no strike could be made


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
    played = data or find_capture()
    empty = 0
    while (done := sum(len(each.struck) for each in state.rounds)) < kills:
        strikes = draw(kills, seed)[done : done + ROUND_STRIKES_MAX]
        console.print(f"round {len(state.rounds) + 1}: {done} of {kills} strikes are made")
        with console.status("") as status:
            tell = partial(console.print, highlight=False, markup=False, soft_wrap=True)
            state.rounds.append(play_round(here / "run", played, pace, strikes, status.update, tell))
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
