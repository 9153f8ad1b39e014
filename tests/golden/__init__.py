"""What releases left behind: a thin real log, the state of every machine in the middle of it, and what followed.

A folder a release. Tests load these bytes under the code of today and go on: same outputs, or the upgrade is broken.
After a machine's version was raised: `python -m tests.golden RELEASE` makes another folder; it needs Java and the jars,
for the savepoint. An existing folder is never written again: the code that made it is gone.
"""

import hashlib
import lzma
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from schemas.control import Term
from schemas.frame import Records
from schemas.records import TickFlag, TickKind
from tests.builders import captured, demo_resources, demo_term, log, messages
from udfs.channel import Channel, Output
from udfs.journal import Keeper, Memory
from udfs.play import canonical_bytes

FOLDER = Path(__file__).parent
CHANNELS = (0, 1)
SECONDS = 100
WARM_SECONDS = 70  # the state is taken at the first message after these that leaves an order under way
THIN_NS = 250_000_000
BURST = 5_000  # copies of one late quote: the log reaches the position of a PROGRESS record and still packs small
JOURNAL_BYTES_MAX = 1 << 14
Digests = dict[str, str]


class Golden(msgspec.Struct, frozen=True):
    """One channel of a release: its log, how much of it the states have taken, the states, and what followed."""

    log: list[bytes]
    taken: int  # messages
    state: bytes  # of the channel and all its machines
    journal: list[bytes]  # the entries of a keeper at the same place
    before: Digests  # of the canonical bytes of each topic up to there
    after: Digests


def releases() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if (path / "states.xz").exists())


def read(release: str) -> dict[int, Golden]:
    data = lzma.decompress((FOLDER / release / "states.xz").read_bytes())
    return msgspec.msgpack.decode(data, type=dict[int, Golden])


def write(release: str) -> None:
    """Make a release's folder; raises FileExistsError when it has one."""
    (FOLDER / release).mkdir()
    data = msgspec.msgpack.encode({channel: take(busy_log(channel), channel) for channel in CHANNELS})
    (FOLDER / release / "states.xz").write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def take(written: list[bytes], channel: int) -> Golden:
    """Play a log, and keep the state at a place where an order is under way and the journal holds messages."""
    keeper = Keeper(Channel(channel, demo_resources()), store := Memory(), JOURNAL_BYTES_MAX)
    warm = len(written) * WARM_SECONDS // SECONDS
    before = [keeper.step(data) for data in written[:warm]]
    while not (keeper.state.own[-1].ledger.timers and len(list(store.entries())) > 1):
        before.append(keeper.step(written[len(before)]))
    state, journal = Channel(channel, demo_resources()).dump(keeper.state), list(store.entries())
    after = [keeper.step(data) for data in written[len(before) :]]
    return Golden(written, len(before), state, journal, made_of(before), made_of(after))


def made_of(outputs: Iterable[Output]) -> Digests:
    return digests(canonical_bytes(outputs))


def digests(made: dict[str, bytes]) -> Digests:
    return {topic: f"{len(data)} bytes {hashlib.sha256(data).hexdigest()}" for topic, data in sorted(made.items())}


def busy_log(channel: int) -> list[bytes]:
    """Real quotes and trades, thinned, under a term whose probe trades every two seconds."""
    return messages(log(thin(captured(channel, SECONDS)), busy_term(), channel))


def busy_term() -> Term:
    term = demo_term()
    replace = msgspec.structs.replace
    limits = replace(term.limits, orders_per_minute_max=600)
    model, probe = term.strategies
    probe = replace(probe, options={"round_trip_ns": 2_000_000_000})
    return replace(term, limits=limits, strategies=(model, probe))


def thin(ticks: Records) -> Records:
    """The first best-quote update and the first trade of each instrument in every quarter of a second."""
    last = np.flatnonzero((ticks["flags"] & TickFlag.LAST != 0) & (ticks["kind"] < TickKind.LEVEL))
    ends = ticks[last]
    slots = np.stack([ends["receive_ns"] // THIN_NS, ends["instrument"], ends["kind"]])
    _, first = np.unique(slots, axis=1, return_index=True)
    chosen = last[np.sort(first)]
    quotes = chosen[ticks[chosen]["kind"] == TickKind.ASK]
    places = np.sort(np.concatenate([chosen, quotes - 1]))
    late = quotes[len(quotes) * 9 // 10]
    return ticks[np.insert(places, np.searchsorted(places, late - 1), np.tile([late - 1, late], BURST))]
