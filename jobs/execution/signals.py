"""How the processes of execution are asked to end."""

import signal
from types import FrameType

__all__ = ["on_signals"]


def on_signals() -> list[int]:
    """A list that fills when SIGTERM or SIGINT asks the process to end; the second signal ends it at once."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise SystemExit(128 + number)
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return asked
