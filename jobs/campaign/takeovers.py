"""Takeovers: the TaskManager that works is killed, once the spare has rehearsed and once before it could."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from rich.table import Table

from jobs.adapters.clock import wall_ns
from jobs.campaign.arrivals import Arrivals, longest_gap_s
from jobs.campaign.oracles import Verdict, judge
from jobs.campaign.plan import Strike
from jobs.campaign.stage import CHANNELS, Stage, staged
from jobs.campaign.strikes import Struck, strike_once
from schemas.errors import SetupError

__all__ = ["Takeovers", "drill", "table"]

KILL = Strike("taskmanager", 0.0, 2.0)
KILL_AT_ONCE = Strike("taskmanager", 0.0, 0.0)
USUAL_NS = 10_000_000_000  # before the first kill


class Takeovers(msgspec.Struct, frozen=True):
    """The kills, the longest time without a decision before the first one, and what the oracles say of it all."""

    struck: tuple[Struck, ...]
    usual_s: float
    verdict: Verdict


def drill(folder: Path, data: Path, pace: float, rounds: int, is_cold: bool, tell: Callable[[str], None]) -> Takeovers:
    """Kill `rounds` times with a rehearsed spare, and as often without one where `is_cold`.

    SetupError when the data end before; `tell` is told what each kill came to.
    """
    with staged(folder, data, pace) as stage:
        stage.wait_fed()
        stage.wait_filled()
        with Arrivals(stage.bootstrap, CHANNELS) as arrivals:
            usual_s, struck = _kill(stage, arrivals, rounds, is_cold, tell)
        stage.end()
    return Takeovers(tuple(struck), usual_s, judge(folder))


def _kill(
    stage: Stage, arrivals: Arrivals, rounds: int, is_cold: bool, tell: Callable[[str], None]
) -> tuple[float, list[Struck]]:
    struck: list[Struck] = []
    begin_ns = wall_ns()
    stage.wait(lambda: wall_ns() - begin_ns > USUAL_NS, USUAL_NS / 1e9 * 2, "some decisions come undisturbed")
    usual_s = longest_gap_s(list(arrivals.at_ns), begin_ns, wall_ns())
    for strike, awaits_warm in ((KILL, True), (KILL_AT_ONCE, False)) * rounds:
        if not awaits_warm and not is_cold:
            continue
        made = strike_once(stage, strike, arrivals, awaits_warm)
        if made is None:
            raise SetupError(f"the data ended after {len(struck)} kills: give more, or a smaller --pace")
        struck.append(made)
        tell(str(made))
    return usual_s, struck


def table(struck: Iterable[Struck], usual_s: float) -> Table:
    """Pauses p50 and max by what the spare knew, with the undisturbed gap beside them."""
    found = Table(title=f"Takeovers, s (undisturbed, the longest time without a decision was {usual_s:.1f})")
    for name in ("spare", "killed", "decisions pause p50", "max"):
        found.add_column(name, justify="left" if name == "spare" else "right")
    by_spare: dict[str, list[float]] = {"warm": [], "cold": []}
    for one in struck:
        by_spare[one.spare].append(one.pause_s)
    for spare, pauses in by_spare.items():
        if pauses:
            found.add_row(spare, str(len(pauses)), *_spread(pauses))
    return found


def _spread(pauses: Sequence[float]) -> tuple[str, str]:
    return f"{np.median(pauses):.1f}", f"{max(pauses):.1f}"
