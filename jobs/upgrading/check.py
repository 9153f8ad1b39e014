"""A run that is upgraded in its middle, beside the same log decided without a pause."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rich.console import Console

from jobs.campaign.oracles import Verdict, fills, judge
from jobs.upgrade import upgrade
from jobs.upgrading.stage import MODES, Mode, Stage
from schemas.errors import Unsafe

# Of the capture: a minute until the first order, the rest for the upgrade to fall into. Through the gateway a run ends
# once an order of the new job is filled, which takes as long as new processes take to start.
SECONDS: dict[Mode, float] = {"lock-step": 160.0, "gateway": 600.0}
DECIDED_S_MAX = 120.0
FILLED_S_MAX = 120.0
END_S_MAX = 240.0
Say = Callable[[str], None]


def check(folder: Path) -> int:
    """Both kinds of run, one after the other; 1 when a byte differs, or an order is lost or doubled."""
    console = Console(highlight=False, soft_wrap=True)
    wrong: list[str] = []
    signal.signal(signal.SIGTERM, _end)  # as Ctrl-C: nothing is left running
    for mode in MODES:
        console.print(f"a run in mode {mode}, upgraded in its middle", style="bold")
        found = upgraded(folder / "upgrade" / mode, mode, lambda line: console.print(line, style="dim"))
        console.print(told(mode, found))
        wrong += faults(mode, found)
    return 1 if wrong else 0


def upgraded(folder: Path, mode: Mode, say: Say) -> Verdict:
    """Upgrade while the feed goes on, let all come to its end, and ask replay, reconcile and archive."""
    stage = Stage(folder, mode)
    try:
        stage.open(SECONDS[mode])
        stage.wait(stage.has_decided, DECIDED_S_MAX, "a first decision")
        if mode == "gateway":
            _wait_filled(stage, "the old job")
        stopped_ms = upgrade(folder, say=say).stopped_ns // 1_000_000
        if mode == "gateway":
            _wait_filled(stage, "the new job")
            stage.end_feed()
        stage.finish(END_S_MAX)
        if {at_ms > stopped_ms for at_ms in stage.decided_ms()} != {False, True}:
            raise Unsafe("the upgrade did not fall between two decisions, so nothing is shown: the machine is too busy")
    finally:
        stage.close()
    return judge(folder)


def _wait_filled(stage: Stage, whose: str) -> None:
    """One more fill than there is now: while orders come too late, the gateway vetoes them and nothing is at stake."""
    before = fills(stage.folder)
    stage.wait(lambda: fills(stage.folder) > before, FILLED_S_MAX, f"a fill of an order of {whose}")


def faults(mode: Mode, verdict: Verdict) -> tuple[str, ...]:
    """What must not be; through the gateway also that nothing was at stake."""
    return verdict.faults if mode == "gateway" else (*verdict.lost, *verdict.doubled, *verdict.different)


def told(mode: Mode, verdict: Verdict) -> str:
    """What the oracles found, in a line or, where something is wrong, some more."""
    wrong = faults(mode, verdict)
    if wrong:
        return "\n".join(wrong)
    books = f"; orders {verdict.orders}, executions {verdict.executions}: lost 0 doubled 0" if mode == "gateway" else ""
    return f"{verdict.messages:,} messages: equal bytes to a run without an upgrade{books}"


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
