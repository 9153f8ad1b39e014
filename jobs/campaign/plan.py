"""What a campaign strikes, and when: drawn from its seed alone, so that a stopped one goes on with the same strikes."""

import random
from typing import Literal

import msgspec

__all__ = ["KINDS", "Strike", "draw"]

Kind = Literal["taskmanager", "jobmanager", "broker", "feed", "gateway", "exchange", "archive"]
KINDS: tuple[Kind, ...] = ("taskmanager", "jobmanager", "broker", "feed", "gateway", "exchange", "archive")
FREEZES = 0.3  # of all strikes
FREEZE_S = (1.0, 9.0)  # on both sides of what the run takes for dead
WAIT_S = (0.5, 4.0)  # after everything is up again


class Strike(msgspec.Struct, frozen=True):
    """SIGKILL, or SIGSTOP and SIGCONT `freeze_s` later (0 = SIGKILL)."""

    kind: Kind
    freeze_s: float
    wait_s: float

    @property
    def how(self) -> str:
        return f"frozen for {self.freeze_s:.1f} s" if self.freeze_s else "killed"


def draw(count: int, seed: int) -> list[Strike]:
    """The strikes of a campaign; every kind once before any comes again, and more of them only add at the end.

    >>> draw(14, seed=1)[:3] == draw(3, seed=1)
    True
    >>> sorted(one.kind for one in draw(7, seed=2)) == sorted(KINDS)
    True
    """
    chance = random.Random(seed)
    drawn: list[Strike] = []
    while len(drawn) < count:
        for kind in chance.sample(KINDS, len(KINDS)):
            freeze_s = chance.uniform(*FREEZE_S) if chance.random() < FREEZES else 0.0
            drawn.append(Strike(kind, freeze_s, chance.uniform(*WAIT_S)))
    return drawn[:count]
