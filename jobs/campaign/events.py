"""What a run's events say about its parts; pure."""

from collections.abc import Sequence

from jobs.supervision.events import Event

SETTLED_NS = 3_000_000_000  # what hangs on a part is seen to be down a moment after that part is up again

__all__ = ["back", "came_up", "down", "is_up", "warm"]


def back(events: Sequence[Event], begin_ns: int, is_replaced: bool, now_ns: int) -> int | None:
    """When all was up again after a strike; None = not yet.

    `is_replaced`: the victim does not live on, so it goes down first, which its keeper may see only later.
    """
    since = [one for one in events if one.wall_ns > begin_ns]
    if down(events) or (is_replaced and not any(one.what == "down" for one in since)):
        return None
    last_ns = max((one.wall_ns for one in since if one.what in ("up", "down")), default=None)
    if last_ns is None:
        return now_ns
    return last_ns if now_ns - last_ns > SETTLED_NS else None


def down(events: Sequence[Event]) -> set[str]:
    """The parts whose last event is that they went down."""
    last = {one.part: one.what for one in events if one.what in ("up", "down")}
    return {part for part, what in last.items() if what == "down"}


def is_up(events: Sequence[Event], part: str) -> bool:
    """Whether the part's last event is that it came up."""
    return came_up(events, part) and part not in down(events)


def came_up(events: Sequence[Event], part: str) -> bool:
    """Whether the part was ever up."""
    return any((one.part, one.what) == (part, "up") for one in events)


def warm(events: Sequence[Event]) -> set[str]:
    """The TaskManagers that know the job: a later term may have made them cold again."""
    last = {one.part: one.what for one in events if one.what in ("warm", "cold")}
    return {part for part, what in last.items() if what == "warm"}
