"""Functional coverage: what the cases of a block must meet, bin by bin; the last case of each bench fails otherwise.

Every point is sampled from what was compared, after it was equal, or from the block's own signals. `python -m
tests.rtl.coverage` prints the bins of the last run of each bench as a table; `make rtl` ends with it.
"""

import json
from typing import Any, NamedTuple

from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db
from rich.console import Console
from rich.table import Table

from schemas.records import TICK, Side, TickKind
from tests.rtl.run import BUILD

FOLDER = BUILD / "coverage"
ORDER_LETTERS = "AFECXDU"
SIDES = {int(Side.BUY): "buy", int(Side.SELL): "sell"}
KINDS = {int(kind): kind.name for kind in TickKind}


class Tick(NamedTuple):
    """One tick and the record that the block made of it."""

    kind: str
    distance: int  # ticks since the last one of its instrument
    price: str
    size: str
    z: int  # its sign
    clipped: int  # the sign of a distance that was taken as its end
    full: frozenset[str]  # the sums at an end


@CoverPoint("preprocess.kind", xf=lambda seen: seen.kind, bins=[*KINDS.values(), "other"])
@CoverPoint("preprocess.feeds", xf=lambda seen: seen.kind, bins=["TRADE", "BID", "ASK"])
@CoverPoint("preprocess.distance", xf=lambda seen: min(seen.distance, 4), bins=[0, 1, 2, 3, 4])
@CoverCross("preprocess.forwarding", items=["preprocess.feeds", "preprocess.distance"])
@CoverPoint("preprocess.price", xf=lambda seen: seen.price, bins=["below", "zero", "within", "end", "beyond"])
@CoverPoint("preprocess.size", xf=lambda seen: seen.size, bins=["below", "zero", "within", "end", "beyond"])
@CoverPoint("preprocess.z", xf=lambda seen: seen.z, bins=[-1, 0, 1])
@CoverPoint("preprocess.clipped", xf=lambda seen: seen.clipped, bins=[-1, 0, 1])
@CoverPoint(
    "preprocess.full",
    xf=lambda seen: seen.full,
    rel=lambda full, one: one in full,
    bins=["value +", "volume +", "signed_volume +", "signed_volume -", "flow +", "flow -"],
    inj=False,
)
def tick(seen: Tick) -> None:
    """A tick whose record was right."""


@CoverPoint("preprocess.input", xf=lambda given, taken, *_: (given, taken), bins=[(0, 0), (0, 1), (1, 0), (1, 1)])
@CoverPoint("preprocess.output", xf=lambda *seen: seen[2:], bins=[(0, 0), (0, 1), (1, 0), (1, 1)])
def stream(given: int, taken: int, made: int, wanted: int) -> None:
    """A clock of the block's two streams: valid and ready of either."""


@CoverPoint("preprocess.reset", xf=lambda where: where, bins=["clearing", "empty", "filling", "full pipeline", "full"])
def preprocess_reset(where: str) -> None:
    """What the block held when it was reset."""


class Order(NamedTuple):
    """A message that names an order of an instrument."""

    letter: str
    side: str
    shares: str
    price: str  # of an order that comes: where it lies in the window


@CoverPoint("packets.letter", xf=lambda letter, _: letter, bins=[*"AFECXDUPQSHhILNBYJ"])
@CoverPoint("packets.member", xf=lambda _, member: member, bins=["ours", "foreign"])
def message(letter: str, member: str) -> None:
    """A message of a session whose ticks were right."""


_PLACES = ["below", "base", "within", "top", "above", "off step"]


@CoverPoint("packets.order", xf=lambda seen: seen.letter, bins=[*ORDER_LETTERS])
@CoverPoint("packets.side", xf=lambda seen: seen.side, bins=["buy", "sell"])
@CoverCross("packets.order x side", items=["packets.order", "packets.side"])
@CoverPoint("packets.shares", xf=lambda seen: seen.shares, bins=["zero", "one", "some", "most"])
@CoverPoint("packets.adds", xf=lambda seen: seen.letter in "AFU", bins=[True, False])
@CoverCross("packets.shares x adds", items=["packets.shares", "packets.adds"])
@CoverPoint("packets.window", xf=lambda seen: seen.price, bins=_PLACES)
@CoverCross("packets.window x side", items=["packets.window", "packets.side"])
def order(seen: Order) -> None:
    """A message of an order of ours."""


_TOLD = [
    "BID",
    "ASK",
    "TRADE buy",
    "TRADE sell",
    "TRADE none",
    "TRADE auction",
    "GAP",
    "HALTED",
    "TRADING",
    "empty side",
]


@CoverPoint("packets.told", xf=lambda what: what, bins=_TOLD)
def told(what: str) -> None:
    """A tick that left."""


@CoverPoint(
    "packets.counter",
    xf=lambda name: name,
    bins=["malformed", "repeated", "foreign", "dropped", "unknown", "contradicted", "refused", "outside"],
)
def counter(name: str) -> None:
    """A counter that rose; `refused` is the hash table's full set."""


@CoverPoint("packets.fifo", xf=lambda level, _: level, bins=["empty", "some", "full"])
@CoverPoint("packets.loss", xf=lambda _, pending: pending, bins=[0, 1])
def fifo(level: str, pending: int) -> None:
    """A clock of the FIFO behind the filter, and whether a loss waits to be told."""


@CoverPoint("packets.reset", xf=lambda state: state, bins=[*range(6)])
def packets_reset(state: int) -> None:
    """The state of `order_table` (CLEAR, IDLE, READ, LOOK, ACT, SEND) at a reset."""


@CoverPoint("mold.lane", xf=lambda lane, _: lane, bins=[*range(8)])
@CoverPoint("mold.length", xf=lambda _, size: {12: "shortest", 50: "longest"}.get(size, "between"),
            bins=["shortest", "between", "longest"])  # fmt: skip
@CoverCross("mold.lane x length", items=["mold.lane", "mold.length"])
def mold_message(lane: int, size: int) -> None:
    """A message by the byte of a word that it begins in, and its length."""


@CoverPoint("mold.event", xf=lambda name: name, bins=["message", "gap of 1", "gap", "repeated", "malformed", "wrap"])
def mold_event(name: str) -> None:
    """What left the receiver."""


@CoverPoint("mold.count", xf=lambda count: count, bins=["heartbeat", "1", "2", "more", "end"])
def mold_count(count: str) -> None:
    """How many messages a packet names."""


@CoverPoint("mold.reset", xf=lambda words: words, bins=[1, 2, 3, 4, 5, 9, 14])
def mold_reset(words: int) -> None:
    """After how many words of a packet the block was reset."""


def bins(block: str) -> dict[str, dict[str, int]]:
    """The hits of each bin of a block's points and crosses."""
    points = {name: one for name, one in coverage_db.items() if name.startswith(f"{block}.")}
    return {name: {str(key): hits for key, hits in one.detailed_coverage.items()} for name, one in points.items()}


def check_met(block: str) -> None:
    """Keep the table of a block; fails with the bins that no case met."""
    found = bins(block)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{block}.json").write_text(json.dumps(found, indent=1))
    missing = [f"{name}: {key}" for name, own in found.items() for key, hits in own.items() if not hits]
    assert found and not missing, f"{len(missing)} bins were not met: {'; '.join(missing)}"


def range_of(value: int) -> str:
    """Where a price or size lies in the range that the kernel takes as it is."""
    if value <= 0:
        return "zero" if value == 0 else "below"
    end = 2**32 - 1
    return "within" if value < end else "end" if value == end else "beyond"


def shares_of(count: int) -> str:
    return {0: "zero", 1: "one", 2**32 - 1: "most"}.get(count, "some")


def sampled_ticks(given: Any, made: Any, most: int = 3000) -> None:
    """The first ticks of a stream and their records."""
    latest: dict[int, int] = {}
    for place, (one, record) in enumerate(zip(given[:most], made[:most], strict=True)):
        number = int(one["instrument"])
        distance = place - latest.get(number, -99) - 1
        latest[number] = place
        sign = (int(record["distance"]) > 0) - (int(record["distance"]) < 0)
        full = {f"{name} {'+' if record[name] > 0 else '-'}" for name in _SUMS if int(record[name]) in _ENDS}
        z = (int(record["z"]) > 0) - (int(record["z"]) < 0)
        clipped = sign if int(record["marks"]) & 1 else 0
        kind = KINDS.get(int(one["kind"]), "other")
        tick(Tick(kind, distance, range_of(int(one["price"])), range_of(int(one["size"])), z, clipped, frozenset(full)))


_SUMS, _ENDS = ("value", "volume", "signed_volume", "flow"), (2**63 - 1, -(2**63))
assert set(_SUMS).isdisjoint(TICK.names)


def main() -> None:
    table = Table("block", "point", "bins", "met", "fewest hits", title="Coverage bins of rtl/")
    for path in sorted(FOLDER.glob("*.json")):
        for name, own in json.loads(path.read_text()).items():
            least = min(own, key=own.get)
            met = sum(hits > 0 for hits in own.values())
            table.add_row(path.stem, name.partition(".")[2], str(len(own)), str(met), f"{own[least]:,} ({least})")
    if table.rows:  # none without a simulator
        Console().print(table)


if __name__ == "__main__":
    main()
