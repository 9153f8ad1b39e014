"""One part of a run that is kept: begun, watched, begun again when it has died or no longer answers.

down ──begin──▶ starting ──ready──▶ up ──died, frozen──▶ down          too many of them: the run ends, loudly
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from jobs.adapters.processes import ProcessDiedError

__all__ = ["Body", "Kept", "Tell"]

FROZEN_S = 6.0  # without an answer: it is killed and begun again; what comes back earlier goes on by itself
START_S_MAX = 300.0
PROBE_S = 1.0
ROUND_S_MAX = 2.0  # a longer round was the watcher's own pause, and nobody else's fault
RESTARTS_MAX, WITHIN_S = 10, 600.0

Tell = Callable[[str, str, str], None]  # part, what happened to it (`up`, `down`), why


class Body(Protocol):
    """The part itself. Nothing here waits for longer than a probe does."""

    def begin(self) -> None:
        """Start it; what an earlier one left is ended first."""

    def is_ready(self) -> bool: ...

    def failure(self) -> str | None:
        """Why it does not run any more; None while it does."""

    def answers(self) -> bool:
        """Whether it showed a sign of life since the last call."""

    def end(self) -> None:
        """SIGKILL to what is left of it."""


class Kept:
    """Tends one body; call `tend` a few times a second. ProcessDiedError when it has to be begun too often.

    It is begun only while everything in `needs` is up, and `delay_s` after it went down. It is frozen
    when it has not answered for `frozen_s`.
    """

    def __init__(
        self,
        name: str,
        body: Body,
        tell: Tell,
        needs: tuple["Kept", ...] = (),
        delay_s: float = 0.0,
        restarts_max: int = RESTARTS_MAX,
        frozen_s: float = FROZEN_S,
    ) -> None:
        self.name, self.body, self._tell, self._needs = name, body, tell, needs
        self._delay_s, self._restarts_max, self._frozen_s = delay_s, restarts_max, frozen_s
        self.is_up = False
        self._begun_s: float | None = None  # None = down
        self._down_s = self._round_s = self._probed_s = 0.0
        self._silent_s = 0.0
        self._restarts: deque[float] = deque()

    def tend(self) -> None:
        """Look at it once, and do what is due."""
        now_s = time.monotonic()
        passed_s, self._round_s = min(now_s - self._round_s, ROUND_S_MAX), now_s
        if self._begun_s is None:
            if now_s - self._down_s >= self._delay_s and all(one.is_up for one in self._needs):
                self._begin(now_s)
            return
        trouble = self.body.failure() or (self._silence(now_s, passed_s) if self.is_up else self._late(now_s))
        if trouble:
            self._go_down(trouble, now_s)
        elif not self.is_up and self.body.is_ready():
            self.is_up, self._silent_s = True, 0.0
            self._tell(self.name, "up", f"after {now_s - self._begun_s:.1f} s")

    def _begin(self, now_s: float) -> None:
        self.body.begin()
        self._begun_s = now_s

    def _late(self, now_s: float) -> str:
        assert self._begun_s is not None
        return f"was not ready within {START_S_MAX:.0f} s" if now_s - self._begun_s > START_S_MAX else ""

    def _silence(self, now_s: float, passed_s: float) -> str:
        self._silent_s += passed_s
        if now_s - self._probed_s >= PROBE_S:
            self._probed_s = now_s
            if self.body.answers():
                self._silent_s = 0.0
        return f"has not answered for {self._frozen_s:.0f} s" if self._silent_s > self._frozen_s else ""

    def _go_down(self, trouble: str, now_s: float) -> None:
        self.is_up, self._begun_s, self._down_s, self._silent_s = False, None, now_s, 0.0
        self._tell(self.name, "down", trouble)
        self.body.end()
        self._restarts.append(now_s)
        while now_s - self._restarts[0] > WITHIN_S:
            self._restarts.popleft()
        if len(self._restarts) > self._restarts_max:
            raise ProcessDiedError(
                f"{self.name} went down {len(self._restarts)} times within {WITHIN_S / 60:.0f} minutes: "
                f"it is not begun again; the last time it {trouble}"
            )
