"""A venue's day: when it is before the open, open, and after the close, by the clock of its city.

A calendar in a TERM holds the offsets of that clock from UTC, each with the moment from which it counts, so that no
decision depends on a time zone database.
"""

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.errors import ConfigError

DAY_S = 86_400
OFFSETS_MAX, HOLIDAYS_MAX = 96, 256
HALF_HOURS = 48  # of a trading day
_FIRST_YEAR, _LAST_YEAR = 2000, 2045  # of the offsets that a configuration writes into its terms
_EPOCH = date(1970, 1, 1)


class Phase(IntEnum):
    CLOSED = 0
    PRE_OPEN = 1
    OPEN = 2
    POST_CLOSE = 3


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Local seconds of a trading day, which begins at `day_s` and never wraps round; the four times rise."""

    day_s: int  # after local midnight
    pre_open_s: int  # these after the day's begin
    open_s: int
    close_s: int
    end_s: int
    weekdays: tuple[int, ...]  # on which a day begins; Monday = 0
    holidays: tuple[int, ...] = ()  # days since 1970-01-01 on which none begins
    offsets: tuple[tuple[int, int], ...] = ((0, 0),)  # UTC ns from which on local time is so many seconds ahead

    def __post_init__(self) -> None:
        times = (0, self.pre_open_s, self.open_s, self.close_s, self.end_s, DAY_S)
        if list(times) != sorted(times) or self.open_s == self.close_s or not 0 <= self.day_s < DAY_S:
            raise ConfigError("session: pre_open, open, close and end must rise within a day")
        if not set(self.weekdays) <= set(range(7)) or not 0 < len(self.offsets) <= OFFSETS_MAX:
            raise ConfigError("session: weekdays are 0 (Monday) to 6, offsets at least one")
        if len(self.holidays) > HOLIDAYS_MAX:
            raise ConfigError(f"session: {len(self.holidays)} holidays are more than {HOLIDAYS_MAX}")


def session_of(given: dict[str, Any]) -> Session:
    """A [sessions.VENUE] table of a configuration: times as "09:30" by the clock of `timezone`.

    `pre_open` and `end` may be left out. A day that begins in the evening, as of futures, gives `day = "17:00"`.
    """
    day_s = _seconds(given.get("day", "00:00"))
    close = given["close"]
    times = {"pre_open": given.get("pre_open", given["open"]), "open": given["open"], "close": close}
    rest = set(given) - {"timezone", "day", "pre_open", "open", "close", "end", "weekdays", "holidays"}
    if rest:
        raise ConfigError(f"sessions: {', '.join(sorted(rest))} is not known")
    begins = {f"{name}_s": (_seconds(text) - day_s) % DAY_S for name, text in times.items()}
    ends = {
        "close_s": begins["close_s"] or DAY_S,
        "end_s": (_seconds(given.get("end", close)) - day_s) % DAY_S or DAY_S,
    }
    return Session(
        day_s=day_s,
        weekdays=tuple(given.get("weekdays", range(5))),
        holidays=tuple((one - _EPOCH).days for one in given.get("holidays", ())),
        offsets=_offsets(given.get("timezone", "UTC")),
        **{**begins, **ends},
    )


def _seconds(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 3600 + int(minutes) * 60


def _offsets(name: str) -> tuple[tuple[int, int], ...]:
    """The offsets of a time zone; each is taken to change at the midnight UTC before the day on which it does."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"sessions: there is no time zone {name!r}") from error
    found: list[tuple[int, int]] = []
    day, last = datetime(_FIRST_YEAR, 1, 1, 12, tzinfo=UTC), datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    while day < last:
        offset_s = int((day.astimezone(zone).utcoffset() or timedelta()).total_seconds())
        if not found or found[-1][1] != offset_s:
            found.append((int(day.timestamp() - DAY_S // 2) * 1_000_000_000 if found else 0, offset_s))
        day += timedelta(days=1)
    return tuple(found)
