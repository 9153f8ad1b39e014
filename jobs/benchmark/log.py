"""The log that every measurement reads: 4 channels of 16 instruments, made of numbers alone.

A sparse opening of 75 s of channel time makes every instrument warm (a quote an instrument every half second); it is
never timed. The dense part has 25,000 records a second and channel: 40 % best-quote updates of two records, the rest
trades, spread at random over the instruments. So 100 k ticks hold 64 decision rows, whatever the frames are.
Frames hold exactly `frame_ticks` records, also across seconds; heartbeats have no place in a channel that is never
silent, and none are written. The channels close their bars a quarter of a second apart.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from jobs.adapters.terms import make_term, opening_frames
from models.registry import Registry, reference
from schemas.config import Config, read
from schemas.control import Epoch, Term, control_frame
from schemas.features import SECOND_NS
from schemas.frame import Frame, Records, encode, log_tag
from schemas.instrument import Instrument, Universe
from schemas.records import TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import Source
from schemas.trading import ExchangeMode

CHANNELS = 4
INSTRUMENTS = 16  # a channel
TICKS_PER_S = 25_000  # a channel and second of channel time
START_NS = 1_700_000_000 * SECOND_NS
OPENING_S = 75
EVENTS, RECORDS = 10, 14  # 4 quotes of two records and 6 trades
_SEED = 20_240_809
_OPENING_WAIT_NS = SECOND_NS // 2
_IS_QUOTE = np.array([1, 0, 1, 0, 0, 1, 0, 1, 0, 0], bool)

Integers = npt.NDArray[np.int64]


class Log(NamedTuple):
    """A channel's messages. `position` is that of the first record of each message, and one past the end."""

    messages: list[bytes]
    dense: int  # the first message that is timed
    position: list[int]

    @property
    def dense_ticks(self) -> int:
        return self.position[-1] - self.position[self.dense]


@cache
def bench_config(mode: ExchangeMode = "lock-step") -> Config:
    """The demonstration's limits, fees and strategies over 64 instruments like its perpetuals."""
    demo = read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")
    like = next(one for one in demo.universe.instruments if one.venue == "binance-usdm")
    instruments = tuple(_instrument(like, number) for number in range(CHANNELS * INSTRUMENTS))
    exchange = msgspec.structs.replace(demo.exchange, mode=mode)
    return msgspec.structs.replace(demo, universe=Universe(instruments), exchange=exchange)


def bench_term(models: Path | None, mode: ExchangeMode = "lock-step") -> Term:
    """The term of every log here; the model is the one named `direction`."""
    return make_term(bench_config(mode), reference(Registry(models).find("direction")), "bench")


def make_log(term: Term, channel: int, dense: Records, frame_ticks: int) -> Log:
    """A whole log: genesis, term, the feed's epoch, the opening and `dense`, in frames of `frame_ticks` records."""
    tag = log_tag(term.log_id)
    begin = opening_frames(term, channel)
    announced = Epoch(source=Source.FEED, epoch=1)
    begin.append(control_frame(announced, channel=channel, source=Source.FEED, epoch=1, sequence=0, log=tag))
    begin += _frames(opening_ticks(channel), channel, 1, 1024, tag)
    sequence = begin[-1].sequence + len(begin[-1])
    frames = [*begin, *_frames(dense, channel, sequence, frame_ticks, tag)]
    position = [0, *np.cumsum([len(frame) for frame in frames]).tolist()]
    return Log([encode(frame) for frame in frames], len(begin), position)


def opening_ticks(channel: int) -> Records:
    """One quote of every instrument each half second."""
    rounds = OPENING_S * SECOND_NS // _OPENING_WAIT_NS
    random = np.random.default_rng([_SEED, channel])
    instrument = np.tile(np.arange(INSTRUMENTS), rounds)
    at_ns = np.repeat(np.arange(rounds) * _OPENING_WAIT_NS, INSTRUMENTS)
    return _ticks(channel, at_ns, instrument, np.ones(len(at_ns), bool), random)


def dense_ticks(channel: int, count: int, ticks_per_s: int = TICKS_PER_S) -> Records:
    """About `count` records (a multiple of the pattern's length), `ticks_per_s` a second of channel time."""
    patterns = max(count // RECORDS, 1)
    random = np.random.default_rng([_SEED, channel, 1])
    events = patterns * EVENTS
    at_ns = OPENING_S * SECOND_NS + np.arange(events) * (RECORDS * SECOND_NS // (EVENTS * ticks_per_s))
    return _ticks(channel, at_ns, random.integers(0, INSTRUMENTS, events), np.tile(_IS_QUOTE, patterns), random)


def _ticks(
    channel: int, at_ns: Integers, instrument: Integers, is_quote: npt.NDArray[np.bool_], random: np.random.Generator
) -> Records:
    """The records of events; a quote is a BID and an ASK with one time."""
    events = len(at_ns)
    receive_ns = START_NS + channel * SECOND_NS // CHANNELS + at_ns
    step = bench_config().universe.instruments[0].tick_sizes[0].step
    middle = step * (600_000 + np.cumsum(random.integers(-1, 2, events)) // 8 + 10 * instrument)
    first = np.zeros(events, TICK)
    first["venue_ns"], first["receive_ns"] = receive_ns - 1_000_000, receive_ns
    first["instrument"] = channel * INSTRUMENTS + instrument
    first["size"] = random.integers(1_000, 50_000, events)
    first["price"] = middle
    first["side"] = np.where(is_quote, Side.NONE, random.integers(0, 2, events))
    first["kind"] = np.where(is_quote, TickKind.BID, TickKind.TRADE)
    first["flags"] = np.where(is_quote, 0, TickFlag.LAST)
    second = first[is_quote]
    second["kind"], second["flags"] = TickKind.ASK, TickFlag.LAST
    second["price"] += step * random.integers(1, 4, len(second))
    second["size"] = random.integers(1_000, 50_000, len(second))
    place = np.arange(events) + np.cumsum(is_quote) - is_quote
    ticks = np.zeros(events + len(second), TICK)
    ticks[place], ticks[place[is_quote] + 1] = first, second
    return ticks


def _frames(ticks: Records, channel: int, sequence: int, size: int, tag: int) -> Iterator[Frame]:
    for at in range(0, len(ticks), size):
        yield Frame(Kind.TICKS, channel, Source.FEED, 1, sequence + at, ticks[at : at + size], log=tag)


def _instrument(like: Instrument, number: int) -> Instrument:
    return msgspec.structs.replace(like, number=number, symbol=f"BENCH{number:02d}", channel=number // INSTRUMENTS)


def interleaved(logs: Sequence[Log]) -> Iterator[tuple[int, bytes]]:
    """The messages of all channels in turn, with their channel: what a broker's partitions are filled with."""
    for place in range(max(len(log.messages) for log in logs)):
        for channel, log in enumerate(logs):
            if place < len(log.messages):
                yield channel, log.messages[place]
