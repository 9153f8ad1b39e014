"""What a release left of the machines that other feature sets run: ticks, states in their middle, what followed.

`python -m tests.golden.market RELEASE` makes the files that a release's folder lacks; an existing one is never written
again.
"""

import lzma
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from schemas.config import FeaturesConfig
from schemas.control import Term
from schemas.records import TICK, Kind
from tests.builders import captured
from tests.golden import FOLDER, Digests, digests
from tests.udfs.features.oracle import term_of
from udfs.features.columns import Columns
from udfs.machine import Batch, Machine, Pipeline
from udfs.market.activity import Activity
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.levels import Levels
from udfs.market.pairs import Pairs
from udfs.market.prints import Prints
from udfs.market.quality import Quality

CHANNEL, SECONDS, FRAME = 0, 12, 512


class Portrait(NamedTuple):
    """Machines in a row, the features that they are made for, and the arrays that are compared; all in one file."""

    file: str
    features: tuple[str, ...]
    machines: tuple[Callable[[Term, int], Machine], ...]
    arrays: tuple[str, ...]


PORTRAITS = (
    Portrait(
        "market.xz",
        ("return_volume_bar", "return_notional_bar", "return_trades_bar"),
        (Quality, Book, Bars, Levels, Prints, Activity),
        ("depths", "prints", "activity"),
    ),
    Portrait("beside.xz", ("beta_60_1s",), (Quality, Book, Bars, Pairs, Columns), ("pairs", "columns")),
)


class Market(msgspec.Struct, frozen=True):
    """Ticks of one channel, how many of them the states have taken, the states, and the arrays that followed."""

    ticks: bytes
    taken: int
    state: bytes
    after: Digests


def releases(of: Portrait) -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if (path / of.file).exists())


def read(of: Portrait, release: str) -> Market:
    return msgspec.msgpack.decode(lzma.decompress((FOLDER / release / of.file).read_bytes()), type=Market)


def pipeline(of: Portrait) -> Pipeline:
    features = FeaturesConfig(names=of.features, reference="binance-spot I0")  # of which there are ticks here
    term = msgspec.structs.replace(term_of(*of.features), features=features)
    return Pipeline([machine(term, CHANNEL) for machine in of.machines])


def made(of: Portrait, machines: Pipeline, state: list, ticks: np.ndarray, begin: int) -> Digests:
    """Digests of what the machines make of the ticks from `begin` on."""
    arrays: dict[str, list[bytes]] = {name: [] for name in of.arrays}
    for batch in _batches(ticks, begin):
        machines.step(state, batch)
        for name in of.arrays:
            arrays[name].append(batch[name].tobytes())
    return digests({name: b"".join(parts) for name, parts in arrays.items()})


def take(of: Portrait) -> Market:
    """The states lie inside an event of the book, with bars that are open."""
    ticks = captured(CHANNEL, SECONDS)
    machines = pipeline(of)
    state, taken = machines.initial(), len(ticks) * 2 // 3
    made(of, machines, state, ticks[:taken], 0)
    held = machines.dump(state)
    return Market(ticks.tobytes(), taken, held, made(of, machines, state, ticks, taken))


def _batches(ticks: np.ndarray, begin: int) -> Iterator[Batch]:
    for at in range(begin, len(ticks), FRAME):
        piece = ticks[at : at + FRAME]
        yield Batch(CHANNEL, Kind.TICKS, at, len(piece), arrays={"ticks": piece})


def ticks_of(told: Market) -> np.ndarray:
    return np.frombuffer(told.ticks, TICK)


if __name__ == "__main__":
    for portrait in PORTRAITS:
        path = FOLDER / sys.argv[1] / portrait.file
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            data = lzma.compress(msgspec.msgpack.encode(take(portrait)), preset=9 | lzma.PRESET_EXTREME)
            path.write_bytes(data)
