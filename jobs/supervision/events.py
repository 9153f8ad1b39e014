"""What happened to the parts of a run: lines for people, and `FOLDER/events.jsonl`, a line of JSON each."""

from pathlib import Path

import msgspec
from rich.console import Console

from jobs.adapters.clock import wall_ns

__all__ = ["EVENTS", "Event", "Events", "read_events"]

EVENTS = "events.jsonl"


class Event(msgspec.Struct, frozen=True):
    """`what` is `up`, `down`, or of a spare TaskManager `warm` or `cold`."""

    wall_ns: int
    part: str
    what: str
    why: str


class Events:
    """Tells people and the file."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._path, self._console = folder / EVENTS, console

    def tell(self, part: str, what: str, why: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(Event(wall_ns(), part, what, why)) + b"\n")
        style = "bold red" if what == "down" else "dim"
        self._console.print(f"{part} is {what}: {why}", style=style, highlight=False, markup=False)


def read_events(folder: Path) -> list[Event]:
    """All events so far; empty when there was none. The line that is just being written does not count."""
    path = folder / EVENTS
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [msgspec.json.decode(line, type=Event) for line in lines]
