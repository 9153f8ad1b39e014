"""What a release left of the machines that other feature sets run: ticks, states in their middle, what followed.

`python -m tests.golden.market RELEASE` makes the file of a release's folder; an existing one is never written again.
"""

import lzma
import sys
from collections.abc import Iterator

import msgspec
import numpy as np

from schemas.records import TICK, Kind
from tests.builders import captured
from tests.golden import FOLDER, Digests, digests
from tests.udfs.features.oracle import term_of
from udfs.machine import Batch, Pipeline
from udfs.market.activity import Activity
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.levels import Levels
from udfs.market.prints import Prints
from udfs.market.quality import Quality

CHANNEL, SECONDS, FRAME = 0, 12, 512
ARRAYS = ("depths", "prints", "activity")
MACHINES = (Quality, Book, Bars, Levels, Prints, Activity)
FILE = "market.xz"


class Market(msgspec.Struct, frozen=True):
    """Ticks of one channel, how many of them the states have taken, the states, and the arrays that followed."""

    ticks: bytes
    taken: int
    state: bytes
    after: Digests


def releases() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if (path / FILE).exists())


def read(release: str) -> Market:
    return msgspec.msgpack.decode(lzma.decompress((FOLDER / release / FILE).read_bytes()), type=Market)


def pipeline() -> Pipeline:
    term = term_of("return_volume_bar", "return_notional_bar", "return_trades_bar")
    return Pipeline([machine(term, CHANNEL) for machine in MACHINES])


def made(machines: Pipeline, state: list, ticks: np.ndarray, begin: int) -> Digests:
    """Digests of what the machines make of the ticks from `begin` on."""
    arrays: dict[str, list[bytes]] = {name: [] for name in ARRAYS}
    for batch in _batches(ticks, begin):
        machines.step(state, batch)
        for name in ARRAYS:
            arrays[name].append(batch[name].tobytes())
    return digests({name: b"".join(parts) for name, parts in arrays.items()})


def take() -> Market:
    """The states lie inside an event of the book, with bars that are open."""
    ticks = captured(CHANNEL, SECONDS)
    machines = pipeline()
    state, taken = machines.initial(), len(ticks) * 2 // 3
    made(machines, state, ticks[:taken], 0)
    held = machines.dump(state)
    return Market(ticks.tobytes(), taken, held, made(machines, state, ticks, taken))


def _batches(ticks: np.ndarray, begin: int) -> Iterator[Batch]:
    for at in range(begin, len(ticks), FRAME):
        piece = ticks[at : at + FRAME]
        yield Batch(CHANNEL, Kind.TICKS, at, len(piece), arrays={"ticks": piece})


def ticks_of(told: Market) -> np.ndarray:
    return np.frombuffer(told.ticks, TICK)


if __name__ == "__main__":
    path = FOLDER / sys.argv[1] / FILE
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(lzma.compress(msgspec.msgpack.encode(take()), preset=9 | lzma.PRESET_EXTREME))
