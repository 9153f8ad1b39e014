"""The time of day as a venue sees it, and how much of a day's volume usually comes by then. Channel time only."""

import numpy as np

from schemas.control import Term
from schemas.frame import Records
from schemas.session import DAY_S, HALF_HOURS, HOLIDAYS_MAX, OFFSETS_MAX, Phase
from udfs.kernels import kernel

BUCKETS = HALF_HOURS
_TIMES = ("pre_open_s", "open_s", "close_s", "end_s")
CALENDAR = np.dtype(
    [
        *((name, "<i8") for name in ("day_s", *_TIMES, "offset_count", "holiday_count")),
        ("offset_from_ns", "<i8", (OFFSETS_MAX,)),
        ("offset_s", "<i8", (OFFSETS_MAX,)),
        ("holidays", "<i8", (HOLIDAYS_MAX,)),
        ("weekdays", "u1", (8,)),
        ("mean", "<f8"),  # the day's volume and its shares that are given; 0 = none are
        ("usual", "<f8", (BUCKETS,)),
    ]
)
NOTHING = np.dtype([("pad", "<i8")])
VOLUMES = np.dtype(
    [
        ("day", "<i8"),
        ("days", "<i8"),  # with volume, that have been learned
        ("mean", "<f8"),  # volume of a day
        ("today", "<f8", (BUCKETS,)),
        ("usual", "<f8", (BUCKETS,)),  # shares of a day's volume, of the days before
    ]
)
_NS, _DAY_S, _BUCKETS, _BUCKET_S = 1_000_000_000, DAY_S, BUCKETS, DAY_S // BUCKETS
_CLOSED, _PRE_OPEN, _OPEN, _POST_CLOSE = (int(phase) for phase in Phase)
_WEIGHT = 0.2  # of a new day among the usual shares


def calendars(term: Term) -> Records:
    """The calendar of each instrument: open around the clock from midnight UTC, unless it has a session."""
    table = np.zeros(len(term.universe.instruments), CALENDAR)
    table["close_s"] = table["end_s"] = DAY_S
    table["offset_count"], table["weekdays"] = 1, 1
    for row, one in zip(table, term.universe.instruments, strict=True):
        if one.usual_volume:
            row["mean"] = sum(one.usual_volume)
            row["usual"] = np.array(one.usual_volume, "<f8") / row["mean"]
        if one.session is None:
            continue
        for name in ("day_s", *_TIMES):
            row[name] = getattr(one.session, name)
        row["weekdays"] = [day in one.session.weekdays for day in range(8)]
        row["offset_count"], row["holiday_count"] = len(one.session.offsets), len(one.session.holidays)
        row["holidays"][: len(one.session.holidays)] = one.session.holidays
        for place, (from_ns, offset_s) in enumerate(one.session.offsets):
            row["offset_from_ns"][place], row["offset_s"][place] = from_ns, offset_s
    return table


@kernel()
def _local(calendar, now_ns):  # type: ignore[no-untyped-def]
    """The trading day (days since 1970-01-01, local) and the seconds since it began."""
    offset_s = calendar.offset_s[0]
    for i in range(1, calendar.offset_count):
        if calendar.offset_from_ns[i] <= now_ns:
            offset_s = calendar.offset_s[i]
    second = now_ns // _NS + offset_s - calendar.day_s
    return second // _DAY_S, second % _DAY_S


@kernel()
def _phase(calendar, day, second):  # type: ignore[no-untyped-def]
    if not calendar.weekdays[(day + 3) % 7]:  # 1970-01-01 was a Thursday
        return _CLOSED
    for i in range(calendar.holiday_count):
        if calendar.holidays[i] == day:
            return _CLOSED
    if second < calendar.pre_open_s or second >= calendar.end_s:
        return _CLOSED
    if second < calendar.open_s:
        return _PRE_OPEN
    return _OPEN if second < calendar.close_s else _POST_CLOSE


@kernel()
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The phase (schemas.session.Phase) at the bar's end, and seconds since the open; -1 while it is not open."""
    day, second = _local(setting, bar.end_ns)
    phase = _phase(setting, day, second)
    values[0] = float(phase)
    values[1] = float(second - setting.open_s) if phase == _OPEN else -1.0


@kernel()
def update_volume(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The share of a day's volume that usually comes in this half hour; the day's volume over what is usual by now.

    Learned from earlier trading days only, each new one counting a fifth; one without volume teaches nothing. What is
    usual at first may be given (`Instrument.usual_volume`) and then counts as an earlier day; else, before the first
    day has ended, the share is 1/48 and the ratio 1. The ratio is 1 also where nothing is usual by now. "By
    now" counts the part of this half hour that has passed. A bar belongs to the half hour in which its end lies.
    """
    if seen == 0 and setting.mean > 0.0:
        own.days, own.mean = 1, setting.mean
        for i in range(_BUCKETS):
            own.usual[i] = setting.usual[i]
    day, second = _local(setting, bar.end_ns)
    if day != own.day:
        _learn(own)
        own.day = day
    place, passed = second // _BUCKET_S, float(second % _BUCKET_S) / float(_BUCKET_S)
    own.today[place] += float(bar.volume)
    total = share = 0.0
    for i in range(_BUCKETS):
        total += own.today[i]
        if i < place:
            share += own.usual[i]
    usual = own.mean * (share + own.usual[place] * passed)
    values[0] = own.usual[place] if own.days > 0 else 1.0 / float(_BUCKETS)
    values[1] = total / usual if own.days > 0 and usual > 0.0 else 1.0


@kernel()
def _learn(own):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(_BUCKETS):
        total += own.today[i]
    if total > 0.0:
        weight = _WEIGHT if own.days > 0 else 1.0
        own.mean += (total - own.mean) * weight
        for i in range(_BUCKETS):
            own.usual[i] += (own.today[i] / total - own.usual[i]) * weight
        own.days += 1
    for i in range(_BUCKETS):
        own.today[i] = 0.0
