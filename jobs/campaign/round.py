"""One round: a run of its own as a child process, some strikes into it, its end, and the oracles."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from jobs.campaign.arrivals import Arrivals
from jobs.campaign.oracles import Verdict, judge
from jobs.campaign.plan import Strike
from jobs.campaign.stage import CHANNELS, Stage, staged
from jobs.campaign.strikes import Struck, strike_once
from schemas.errors import PenstockError

__all__ = ["Round", "play_round"]

Say = Callable[[str], None]


class Round(msgspec.Struct, frozen=True):
    """What a finished round came to."""

    struck: tuple[Struck, ...]
    verdict: Verdict | None  # None = the run itself gave up
    failure: str = ""


def play_round(folder: Path, data: Path, pace: float, strikes: list[Strike], say: Say, tell: Say) -> Round:
    """Strike until the strikes or the data end; the strikes that were made may be fewer. The folder is begun afresh.

    `say` is told what goes on now, `tell` what each strike came to.
    """
    struck: list[Struck] = []
    try:
        with staged(folder, data, pace) as stage:
            say("starting: broker, exchange, gateway, archive, Flink")
            stage.wait_fed()
            say("waiting for a first fill")
            stage.wait_filled()
            _strike(stage, strikes, struck, say, tell)
            say("the feed ends, and the run")
            stage.end()
    except PenstockError as error:
        return Round(tuple(struck), None, str(error))
    say("asking the oracles")
    return Round(tuple(struck), judge(folder))


def _strike(stage: Stage, strikes: list[Strike], struck: list[Struck], say: Say, tell: Say) -> None:
    with Arrivals(stage.bootstrap, CHANNELS) as arrivals:
        for number, one in enumerate(strikes, 1):
            say(f"strike {number} of {len(strikes)}: {one.kind}, {one.how}")
            made = strike_once(stage, one, arrivals)
            if made is None:
                break
            struck.append(made)
            tell(f"strike {number} of {len(strikes)}: {made}")
