"""What a decision row costs, and how long the end of a second takes: one heartbeat closes every instrument's bar."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from jobs.adapters.resources import open_resources
from jobs.adapters.terms import make_term, opening_frames
from jobs.benchmark.log import OPENING_S, START_NS, bench_config
from jobs.benchmark.plain import Spent, Timed, count_rows
from models.registry import Registry, reference
from schemas.config import Config
from schemas.control import Epoch, Term, control_frame
from schemas.errors import DataError
from schemas.features import SECOND_NS
from schemas.frame import Frame, Records, encode, log_tag
from schemas.instrument import Universe
from schemas.records import NO_INSTRUMENT, TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import Source
from udfs.channel import Channel, Resources
from udfs.machine import Pipeline

INSTRUMENTS = (2, 64, 500)  # in one channel
_SEED = 20_240_810
_TICKS_MAX = 1024  # a frame


def measure_closes(instruments: int, seconds: int, models: Path | None) -> dict[str, Any]:
    """`seconds` heartbeats, each the end of a bar of every instrument: wall time in ms, CPU time in us a row by stage.

    The whole default pipeline with the exchange in the channel; every instrument is warm and quoted every second.
    """
    frames = _frames(wide_term(instruments, models), instruments, seconds)
    messages = [(frame.kind == Kind.HEARTBEAT, encode(frame)) for frame in frames]
    spent, resources = Spent(), open_resources(models)

    def build_timed(term: Term, number: int) -> Pipeline:
        return Pipeline([Timed(machine, spent) for machine in resources.build(term, number).machines])

    walls_ns = _close(Channel(0, resources), messages, instruments, Spent())
    _close(Channel(0, Resources(build_timed)), messages, instruments, spent)
    rows = seconds * instruments
    return {
        "rows": rows,
        "close_ms": float(np.median(walls_ns)) / 1e6,
        "close_ms_max": max(walls_ns) / 1e6,
        "us_per_row": {name: ns / 1e3 / rows for name, ns in spent.ns.items()},
    }


def _close(machine: Channel, messages: list[tuple[bool, bytes]], instruments: int, spent: Spent) -> list[int]:
    """Wall time of each heartbeat; `spent` keeps what the heartbeats took."""
    state, walls_ns = machine.initial(), []
    for is_close, data in messages:
        if not is_close:
            before = dict(spent.ns)
            machine.step(state, data)
            spent.ns = before
            continue
        began_ns = time.perf_counter_ns()
        output = machine.step(state, data)
        walls_ns.append(time.perf_counter_ns() - began_ns)
        if count_rows(output) != instruments:
            raise DataError(f"the benchmark's own heartbeat closed {count_rows(output)} of {instruments} bars")
    return walls_ns


def wide_term(instruments: int, models: Path | None) -> Term:
    """A term of so many instruments in channel 0."""
    config: Config = bench_config()
    like = config.universe.instruments[0]
    own = tuple(
        msgspec.structs.replace(like, number=number, symbol=f"BENCH{number:03d}", channel=0)
        for number in range(instruments)
    )
    config = msgspec.structs.replace(config, universe=Universe(own))
    return make_term(config, reference(Registry(models).find("direction")), "bench")


def _frames(term: Term, instruments: int, seconds: int) -> Iterator[Frame]:
    """The opening, then for each second a quote of every instrument; the heartbeats come after the opening."""
    tag, sequence = log_tag(term.log_id), 1
    yield from opening_frames(term, 0)
    yield control_frame(Epoch(source=Source.FEED, epoch=1), channel=0, source=Source.FEED, epoch=1, sequence=0, log=tag)
    random = np.random.default_rng([_SEED, instruments])
    step = bench_config().universe.instruments[0].tick_sizes[0].step
    for second in range(OPENING_S + seconds):
        at_ns = START_NS + second * SECOND_NS
        ticks = _quotes(at_ns + SECOND_NS // 2, instruments, step, random)
        for at in range(0, len(ticks), _TICKS_MAX):
            piece = ticks[at : at + _TICKS_MAX]
            yield Frame(Kind.TICKS, 0, Source.FEED, 1, sequence, piece, log=tag)
            sequence += len(piece)
        if second >= OPENING_S:
            yield Frame(Kind.HEARTBEAT, 0, Source.FEED, 1, sequence, _heartbeat(at_ns + SECOND_NS), log=tag)
            sequence += 1


def _quotes(at_ns: int, instruments: int, step: int, random: np.random.Generator) -> Records:
    ticks = np.zeros(2 * instruments, TICK)
    ticks["venue_ns"], ticks["receive_ns"] = at_ns - 1_000_000, at_ns
    ticks["instrument"] = np.repeat(np.arange(instruments), 2)
    ticks["size"] = random.integers(1_000, 50_000, len(ticks))
    ticks["price"] = step * (600_000 + np.repeat(random.integers(-20, 21, instruments), 2))
    ticks["side"] = Side.NONE
    ticks["kind"] = np.tile([TickKind.BID, TickKind.ASK], instruments)
    ticks["flags"] = np.tile([0, TickFlag.LAST], instruments)
    ticks["price"][1::2] += step * random.integers(1, 4, instruments)
    return ticks


def _heartbeat(at_ns: int) -> Records:
    return np.array([(0, at_ns, 0, 0, NO_INSTRUMENT, TickKind.HEARTBEAT, Side.NONE, TickFlag.LAST)], TICK)
