"""Logs for the tests of the market's machines: ugly on purpose, or a slice of real ticks."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random

import msgspec
import numpy as np
from hypothesis import strategies as st

from schemas.config import read
from schemas.control import Term
from schemas.features import SECOND_NS
from schemas.instrument import TickSize, Universe
from schemas.records import ALL_STREAMS, NO_INSTRUMENT, TICK, Kind, Side, Status, TickFlag, TickKind
from udfs.arrays import ARRAYS, EMPTY
from udfs.machine import Batch

START_NS = 1_723_161_298 * SECOND_NS + 600_000_000  # a minute ends 1.4 s later
STEP_CHANGE_NS = START_NS + 5 * SECOND_NS
CHANNEL = 0
FOREIGN = 2  # an instrument of another channel
DATA = Path(__file__).parents[2] / "data" / "binance" / "spot" / "btcusdt_20240808.gz"


def universe() -> Universe:
    """0 plain; 1 with a coarse step that changes; 2 of another channel; 3 a reference; 4 not tradable."""
    config = read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")
    plain = config.universe.instruments[0]
    changes = [
        {},
        {"tick_sizes": (TickSize(0, 10), TickSize(STEP_CHANGE_NS, 4))},
        {"channel": 1},
        {"channel": 1, "reference_of": (0,)},
        {"tradable": False},
    ]
    return Universe(
        tuple(
            msgspec.structs.replace(plain, number=number, symbol=f"I{number}", **change)
            for number, change in enumerate(changes)
        )
    )


def term() -> Term:
    config = read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")
    return Term(
        number=1,
        log_id="test",
        code_version="",
        cpu_class="",
        feature_hash="",
        universe=universe(),
        limits=config.limits,
        exchange=config.exchange,
        strategies=(),
        learn=config.learn,
        models=(),
    )


@dataclass(frozen=True)
class Segment:
    """Ticks between which no frame may be joined: the first comes after a gap or not."""

    gap: bool
    ticks: np.ndarray


LAST = int(TickFlag.LAST)
PASSES_NS = [0, 1, 1_000_000, 400_000_000, SECOND_NS, 2_500_000_000, 11 * SECOND_NS, 75 * SECOND_NS, -500_000_000]
SIZES = [1, 2, 7, 1000, 2**40]
Row = tuple[int, ...]  # instrument, kind, price, size, side, flags


def near(random: Random, base: int) -> int:
    """A price that keeps to every step."""
    return base + 20 * random.randint(-3, 3)


def quote(random: Random, base: int) -> list[Row]:
    """One best-quote update: whole, crossed, one-sided, half, or without its end."""
    number = random.choice([0, 0, 1, 3, 4])
    bid, ask = near(random, base), near(random, base) + 20
    bid_size, ask_size = random.choice([*SIZES, 0]), random.choice([0, 1, 5, 5, 5, 2**61])
    parts = [(number, TickKind.BID, bid, bid_size, 0, 0), (number, TickKind.ASK, ask, ask_size, 0, LAST)]
    return random.choice([parts, parts, parts, parts, parts[:1], parts[1:]])


def trade(random: Random, base: int) -> list[Row]:
    flags = random.choice([LAST, LAST, LAST, LAST, 0, LAST | TickFlag.CORRECTION, TickFlag.CANCEL])
    number, side = random.choice([0, 0, 1, 3, 4]), random.randint(0, 2)
    return [(number, TickKind.TRADE, near(random, base), random.choice(SIZES), side, int(flags))]


def other(random: Random, base: int) -> list[Row]:
    number = random.choice([0, 1, 3])
    level = (number, TickKind.LEVEL, base, random.randint(0, 5), random.randint(0, 1), LAST)
    stream = random.choice([ALL_STREAMS, 0, 1, 2, 3])
    status = (number, TickKind.STATUS, stream, int(random.choice(list(Status))), Side.NONE, LAST)
    heartbeat = (NO_INSTRUMENT, TickKind.HEARTBEAT, 0, 0, 0, LAST)
    return [random.choice([level, status, heartbeat, heartbeat])]


def wrong(random: Random, base: int) -> list[Row]:
    """A record that quality must refuse, or one at the edge of what it accepts."""
    good = [random.choice([0, 1]), int(TickKind.TRADE), base, 5, 0, LAST]
    values = {
        0: [FOREIGN, 5, NO_INSTRUMENT],
        1: [6, 255, int(TickKind.HEARTBEAT), int(TickKind.STATUS)],
        2: [0, -20, 2**62, 2**62 - 4, base + 10, base + 4, base + 5],
        3: [0, -1, 2**62, 2**62 - 1],
        4: [3],
    }
    place = random.choice(list(values))
    good[place] = random.choice(values[place])
    return [tuple(good)]


BAD_TIMES = [0, -5, START_NS + 400 * 24 * 3600 * SECOND_NS, 2**62]
EVENTS = [quote] * 8 + [trade] * 6 + [other] * 3 + [wrong]


def ugly(seed: int, events: int) -> list[Segment]:
    """Up to two gaps; times that stand, run backwards, jump; a price level from 60 to beyond all reason."""
    random = Random(seed)
    base = random.choice([60, 6_000_000, 6_000_000, 2**60]) // 20 * 20 + 400
    passes = random.choice([PASSES_NS, PASSES_NS[:5]])
    parts: list[list[Row]] = [[]]
    now_ns = START_NS
    for _ in range(events):
        if random.random() < 0.02 and len(parts) < 3:
            parts.append([])
        now_ns += random.choice(passes)
        for number, kind, price, size, side, flags in random.choice(EVENTS)(random, base):
            venue_ns = random.choice([0, now_ns, now_ns, now_ns - 10, now_ns + 10])
            receive_ns = random.choice(BAD_TIMES) if random.random() < 0.02 else now_ns
            parts[-1].append((venue_ns, receive_ns, price, size, number, kind, side, flags))
    return [Segment(place > 0, np.array(rows, TICK)) for place, rows in enumerate(parts)]


def segments(events_max: int = 150) -> st.SearchStrategy[list[Segment]]:
    """Hypothesis shortens a log that fails: the seed stays, the events become fewer."""
    return st.builds(ugly, st.integers(0, 2**32), st.integers(0, events_max))


def batches(parts: list[Segment], sizes: Iterator[int] | None = None) -> Iterator[tuple[int, Batch]]:
    """Each frame as the channel hands it over, with the place of its first record in the whole log.

    The caller runs quality on each before it takes the next: the accepted records count.
    """
    place = position = 0
    for part in parts:
        at = 0
        while at < len(part.ticks):
            size = next(sizes) if sizes else len(part.ticks)
            ticks = np.frombuffer(part.ticks[at : at + size].tobytes(), TICK)
            batch = Batch(CHANNEL, Kind.TICKS, position, len(ticks), gap=part.gap and at == 0)
            batch["ticks"] = ticks
            yield place, batch
            at += len(ticks)
            place += len(ticks)
            position += batch.count


def play(
    machines: list,
    parts: list[Segment],
    sizes: Iterator[int] | None = None,
    *,
    restart: bool = False,
    under: Term | None = None,
) -> dict:
    """What every machine made of the log; places in frames become places in the log. `restart` dumps between frames."""
    states = [machine.initial() for machine in machines]
    made: dict[str, list[np.ndarray]] = {name: [] for name in EMPTY}
    for place, batch in batches(parts, sizes):
        if restart:
            machines = [type(machine)(under or term(), CHANNEL) for machine in machines]
            states = [machine.load(bytes(machine.dump(state))) for machine, state in zip(machines, states, strict=True)]
        for machine, state in zip(machines, states, strict=True):
            machine.step(state, batch)
        for name in EMPTY:
            shift = {"refused": place, "backwards": batch.position}.get(name)
            made[name].append(batch[name] if shift is None else batch[name].astype("<i8") + shift)
    return {name: _joined(EMPTY[name], arrays) for name, arrays in made.items() if name in SHOWN}


def _joined(empty: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    """In one array; a feature set's rows have a record of their own."""
    full = [array for array in arrays if len(array)]
    return np.concatenate(full) if full else empty


_MARKET = ("quotes", "closes", "depths", "prints", "activity", "pairs")
SHOWN = ("ticks", "refused", "faults", "suspects", "backwards", *_MARKET, "features")
LAYOUTS = {name: ARRAYS[name] for name in SHOWN if name in ARRAYS}


def gap_positions(parts: list[Segment], accepted: list[bool]) -> list[int]:
    """The position of the first accepted record after each gap, from which records of the log were accepted."""
    found, at = [], 0
    for part in parts:
        if part.gap and len(part.ticks):
            found.append(sum(accepted[:at]))
        at += len(part.ticks)
    return found


def real(count: int = 6000) -> list[Segment]:
    """The first best quotes, trades and depth levels of a capture of BTCUSDT spot, as instrument 0."""
    rows: list[tuple[int, ...]] = []
    with gzip.open(DATA) as lines:
        for line in lines:
            receive_ns, _, text = line.partition(b" ")
            message = json.loads(text)
            rows += _ticks(message.get("stream", ""), message.get("data", {}), int(receive_ns))
            if len(rows) >= count:
                break
    return [Segment(False, np.array(rows, TICK))]


def _ticks(stream: str, data: dict, receive_ns: int) -> list[tuple[int, ...]]:
    if stream.endswith("@bookTicker"):
        bid = (0, receive_ns, _units(data["b"], 2), _units(data["B"], 5), 0, TickKind.BID, 0, 0)
        return [bid, (0, receive_ns, _units(data["a"], 2), _units(data["A"], 5), 0, TickKind.ASK, 0, LAST)]
    if stream.endswith("@trade"):
        price, size = _units(data["p"], 2), _units(data["q"], 5)
        return [(data["T"] * 1_000_000, receive_ns, price, size, 0, TickKind.TRADE, int(data["m"]), LAST)]
    levels = [(*pair, side) for side, pairs in enumerate((data.get("b", ()), data.get("a", ()))) for pair in pairs]
    return [
        (data["E"] * 1_000_000, receive_ns, _units(p, 2), _units(q, 5), 0, TickKind.LEVEL, side, 0)
        for p, q, side in levels
    ]


def _units(text: str, decimals: int) -> int:
    left, _, right = text.partition(".")
    return int(left + right[:decimals].ljust(decimals, "0"))
