"""Phases and seasonality against the time zone database and lists of days."""

from datetime import UTC, datetime, time
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from jobs.adapters.source import demo_config
from schemas.config import read
from schemas.errors import ConfigError
from schemas.instrument import Universe
from schemas.session import Phase, session_of
from tests.udfs.features.oracle import term_of
from tests.udfs.market.logs import CHANNEL
from udfs.arrays import CLOSE
from udfs.features.row import Features
from udfs.machine import Batch

NEW_YORK = {
    "timezone": "America/New_York", "pre_open": "04:00", "open": "09:30", "close": "16:00", "end": "20:00",
    "holidays": [datetime(2024, 7, 4).date()],
}  # fmt: skip
FUTURES = {
    "timezone": "America/Chicago",
    "day": "17:00",
    "open": "17:00",
    "close": "16:00",
    "weekdays": [6, 0, 1, 2, 3],
}
TIMES = ("session_phase", "seconds_since_open")
VOLUMES = ("volume_usual_share", "volume_over_usual")


def rows_at(
    names: tuple[str, ...],
    given: dict | None,
    times: list[datetime],
    volumes: list[int],
    usual: tuple[int, ...] = (),
) -> np.ndarray:
    term = term_of(*names)
    session = session_of(given) if given else None
    instruments = tuple(
        msgspec.structs.replace(one, session=session, usual_volume=usual) for one in term.universe.instruments
    )
    machine = Features(msgspec.structs.replace(term, universe=Universe(instruments)), CHANNEL)
    closes = np.zeros(len(times), CLOSE)
    closes["end_ns"] = [int(one.timestamp()) * 10**9 for one in times]
    closes["position"], closes["volume"] = np.arange(len(times)), volumes
    batch = Batch(CHANNEL, 1, 0, 0, arrays={"closes": closes})
    machine.step(machine.initial(), batch)
    return batch["features"]["x"]


def drawn(seed: int, count: int = 400) -> list[datetime]:
    random = Random(seed)
    begin = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    return [
        datetime.fromtimestamp(at, UTC) for at in sorted(begin + random.randrange(366 * 86_400) for _ in range(count))
    ]


def new_york(at: datetime) -> tuple[float, float]:
    local = at.astimezone(ZoneInfo("America/New_York"))
    if local.weekday() > 4 or local.date() == datetime(2024, 7, 4).date():
        return Phase.CLOSED, -1
    clock = local.time()
    if time(9, 30) <= clock < time(16):
        return Phase.OPEN, clock.hour * 3600 + clock.minute * 60 + clock.second - 9.5 * 3600
    if time(4) <= clock < time(9, 30):
        return Phase.PRE_OPEN, -1
    return (Phase.POST_CLOSE if time(16) <= clock < time(20) else Phase.CLOSED), -1


@pytest.mark.parametrize("seed", range(3))
def test_oracle_of_a_stock_exchange(seed: int) -> None:
    times = drawn(seed)
    found = rows_at(TIMES, NEW_YORK, times, [1] * len(times))
    assert found.tolist() == [list(new_york(one)) for one in times]
    assert {phase for phase, _ in found.tolist()} == set(Phase)


def test_oracle_of_futures_whose_day_begins_in_the_evening() -> None:
    times = drawn(7)
    for at, (phase, since) in zip(times, rows_at(TIMES, FUTURES, times, [1] * len(times)).tolist(), strict=True):
        local = at.astimezone(ZoneInfo("America/Chicago"))
        seconds = (local.hour * 3600 + local.minute * 60 + local.second - 17 * 3600) % 86_400
        begun = local.weekday() if local.hour >= 17 else (local.weekday() - 1) % 7
        is_open = begun in FUTURES["weekdays"] and seconds < 23 * 3600
        assert (phase, since) == ((Phase.OPEN, seconds) if is_open else (Phase.CLOSED, -1)), local


def test_around_the_clock_without_a_session() -> None:
    times = [datetime(2024, 8, 10, 0, 0, 1, tzinfo=UTC), datetime(2024, 8, 11, 23, 59, 59, tzinfo=UTC)]
    assert rows_at(TIMES, None, times, [1, 1]).tolist() == [[Phase.OPEN, 1], [Phase.OPEN, 86_399]]


GIVEN = tuple(random % 7 * 10 for random in range(48))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size_max", [1, 100, 2**50])
@pytest.mark.parametrize("given", [(), GIVEN], ids=["learned", "given"])
def test_oracle_of_seasonality(seed: int, size_max: int, given: tuple[int, ...]) -> None:
    """What is given counts as a day before the first one."""
    random, times = Random(seed), drawn(seed, 1_500)[:600]
    volumes = [random.choice((0, random.randint(1, size_max))) for _ in times]
    found = rows_at(VOLUMES, None, times, volumes, given)
    days: dict[int, list[float]] = {0: [float(one) for one in given]} if given else {}
    for place, (at, volume) in enumerate(zip(times, volumes, strict=True)):
        second = int(at.timestamp())
        day, bucket = second // 86_400, second % 86_400 // 1800
        days.setdefault(day, [0.0] * 48)[bucket] += volume
        past = [shape for number, shape in days.items() if number < day and sum(shape)]
        share, ratio = 1 / 48, 1.0
        if past:
            usual, mean = np.array(past[0]) / sum(past[0]), float(sum(past[0]))
            for shape in past[1:]:
                usual, mean = 0.8 * usual + 0.2 * np.array(shape) / sum(shape), 0.8 * mean + 0.2 * sum(shape)
            by_now = mean * (usual[:bucket].sum() + usual[bucket] * (second % 1800) / 1800)
            share, ratio = usual[bucket], sum(days[day]) / by_now if by_now > 0 else 1.0
        assert np.allclose(found[place], [share, ratio], rtol=1e-4, atol=1e-9), (at, found[place], share, ratio)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({**NEW_YORK, "open": "17:00"}, "must rise"),
        ({**NEW_YORK, "timezone": "Mars/Olympus"}, "no time zone"),
        ({**NEW_YORK, "weekdays": [7]}, "weekdays"),
        ({**NEW_YORK, "lunch": "12:00"}, "lunch"),
    ],
)
def test_a_session_that_cannot_be_is_refused(given: dict, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        session_of(given)


@pytest.mark.parametrize("usual", [(1,) * 47, (0,) * 48, (-1,) + (1,) * 47])
def test_a_usual_volume_that_cannot_be_is_refused(usual: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="usual_volume is 48 sizes"):
        rows_at(VOLUMES, None, [], [], usual)


def test_a_usual_volume_is_read_as_exact_text() -> None:
    text = demo_config().read_text().replace("[[universe]]", f"[[universe]]\nusual_volume = {['0.5'] * 48}", 1)
    one, other = read(text.encode(), "here").universe.instruments[:2]
    assert one.usual_volume == (5 * 10 ** (one.size_decimals - 1),) * 48 and other.usual_volume == ()
    with pytest.raises(ConfigError, match="an amount is written as text"):
        read(text.replace("'0.5'", "0.5").encode(), "here")
