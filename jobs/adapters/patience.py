"""Waiting for something, with an end."""

import time
from collections.abc import Callable

from schemas.errors import SetupError

__all__ = ["until"]

POLL_S = 0.1


def until(
    condition: Callable[[], bool],
    timeout_s: float,
    what: str,
    check: Callable[[], object] = lambda: None,
    see: str = "",
) -> None:
    """Until the condition holds; `check` raises what makes waiting pointless, and is called between two looks.

    SetupError, which names `what` and where to `see`, when that takes longer than `timeout_s`.

    >>> until(lambda: False, 0, "pigs fly", see="the sky")
    Traceback (most recent call last):
    schemas.errors.SetupError: not within 0 s: pigs fly; see the sky
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        check()
        if time.monotonic() >= deadline:
            raise SetupError(f"not within {timeout_s:.0f} s: {what}{f'; see {see}' if see else ''}")
        time.sleep(POLL_S)
