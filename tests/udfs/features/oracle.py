"""Shows a slow function the bars that an idea was shown, and compares every row with what the machine made."""

import math
from collections.abc import Callable, Iterator
from random import Random

import msgspec
import numpy as np

from schemas.config import FeaturesConfig
from schemas.control import Term
from schemas.features import BAR_WIDTHS_NS, BY_NAME
from schemas.instrument import Universe
from schemas.records import Kind
from tests.udfs.market.logs import CHANNEL, START_NS, play, real, term, universe
from udfs.arrays import CLOSE
from udfs.features.ideas import EMPTY_TOO, MID, TRADE
from udfs.features.row import Features
from udfs.machine import Batch
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.quality import Quality

OWN = {one.number for one in universe().instruments if one.channel == CHANNEL and one.tradable}
REFERENCE = "binance-spot I3"
Bar = dict[str, int]
Oracle = Callable[[list[Bar]], dict[str, float]]  # the bars of one instrument so far, to values by name


def term_of(*names: str) -> Term:
    """The tests' term with a feature set of these names, and bars of activity that a few trades fill."""
    fills = {"bar_volume": 100, "bar_notional": 12 * 10**8, "bar_trades": 7}
    instruments = tuple(msgspec.structs.replace(one, **fills) for one in universe().instruments)
    return msgspec.structs.replace(
        term(), features=FeaturesConfig(names=names, reference=REFERENCE), universe=Universe(instruments)
    )


def rows_of(names: tuple[str, ...], **arrays: np.ndarray) -> np.ndarray:
    """The rows that the machine makes of bars."""
    machine = Features(term_of(*names), CHANNEL)
    batch = Batch(CHANNEL, Kind.TICKS, 0, 0, arrays=dict(arrays))
    machine.step(machine.initial(), batch)
    return batch["features"]


def expected(names: tuple[str, ...], needs: int, oracle: Oracle, arrays: dict[str, np.ndarray]) -> list[dict]:
    """For each row, the oracle's values, and whether their warm-up is over."""
    series, warm_up = BY_NAME[names[0]].series, max(BY_NAME[name].warm_up for name in names)
    past: dict[int, list[Bar]] = {number: [] for number in OWN}
    values = {number: dict.fromkeys(names, 0.0) for number in OWN}
    rows = []
    for bar, of_series, is_row in events(series, arrays):
        number = bar["instrument"]
        if of_series and is_shown(bar, needs):
            past[number].append(bar)
            values[number] = oracle(past[number])
        if is_row:
            rows.append({**values[number], "warm": int(len(past[number]) >= warm_up)})
    return rows


def events(series, arrays: dict[str, np.ndarray]) -> Iterator[tuple[Bar, bool, bool]]:
    """Bars of own instruments as they count: a row's close before the bars of activity at its position."""
    told = [(bar["position"], name != "closes", place, name, bar) for name, bars in arrays.items()
            for place, bar in enumerate(dict(zip(CLOSE.names, one, strict=True)) for one in bars.tolist())]  # fmt: skip
    for _, _, _, name, bar in sorted(told, key=lambda one: one[:3]):
        if bar["instrument"] in OWN:
            of_series = (name, bar["width"]) == (series.array, series.number)
            yield bar, of_series, name == "closes" and bar["width"] == 0 and not bar["empty"]


def is_shown(bar: Bar, needs: int) -> bool:
    sides = bar["bid_size"] > 0 and bar["ask_size"] > 0
    return (
        (bool(needs & EMPTY_TOO) or not bar["empty"])
        and (not needs & MID or sides)
        and (not needs & TRADE or bar["open"] != 0)
    )


def compare(
    names: tuple[str, ...],
    oracle: Oracle,
    arrays: dict[str, np.ndarray],
    *,
    needs: int = MID,
    rel_tol: float = 1e-5,
    abs_tol: float = 1e-6,
) -> int:
    """Raise where a row is not what the oracle says; the number of rows."""
    rows, told = rows_of(names, **arrays), expected(names, needs, oracle, arrays)
    assert len(rows) == len(told)
    for row, one in zip(rows, told, strict=True):
        assert row["warm"] == one["warm"]
        for name, found in zip(names, row["x"].tolist(), strict=True):
            assert math.isclose(found, one[name], rel_tol=rel_tol, abs_tol=abs_tol), (name, found, one[name])
    return len(rows)


def bars_of(parts: list, more: tuple[type, ...] = (), under: Term | None = None) -> dict[str, np.ndarray]:
    """What the market's machines make of a log: closes, and what `more` machines add."""
    made = play([kind(under or term(), CHANNEL) for kind in (Quality, Book, Bars, *more)], parts)
    return {name: made[name] for name in ("closes", "activity")}


def real_bars(count: int = 60_000) -> dict[str, np.ndarray]:
    return bars_of(real(count))


def walk(seed: int, steps: int, base: int, *, step: int = 3, number: int = 0) -> np.ndarray:
    """Made-up closes of instruments 0 and 1 around a price: at each step those of series `number`, then of rows."""
    random = Random(seed)
    prices, closes = dict.fromkeys((0, 1), base), []
    for place in range(steps):
        for width in sorted({number, 0}, reverse=True):
            for instrument in (0, 1):
                prices[instrument] = max(2, prices[instrument] + random.randint(-step, step))
                if random.random() < 0.9:
                    closes.append(_close(random, place, instrument, width, prices[instrument], step))
    return np.array(closes, CLOSE)


def _close(random: Random, place: int, instrument: int, width: int, price: int, step: int) -> np.ndarray:
    """With a mid or without, with trades or without, with a value that stops at the int64 range."""
    close = np.zeros((), CLOSE)
    low, high = max(1, price - random.randint(0, step)), price + random.randint(0, step)
    close["position"], close["instrument"], close["width"] = place, instrument, width
    close["end_ns"] = close["now_ns"] = START_NS + place * BAR_WIDTHS_NS[0]
    close["bid"], close["ask"], close["close"] = price - 1, price + 1, random.randint(low, high)
    close["bid_size"], close["ask_size"] = random.choice((1, 3)), random.choice((0, 5, 9, 9, 9))
    close["empty"] = random.random() < 0.05
    if random.random() < 0.8:
        size = random.choice((1, 7, 1000))
        close["open"], close["high"], close["low"] = random.randint(low, high), high, low
        close["volume"], close["value"], close["trades"] = size, min(price * size, 2**63 - 1), random.randint(1, 9)
        close["buy_volume"] = random.randint(0, size)
        close["sell_volume"] = size - close["buy_volume"]
    return close
