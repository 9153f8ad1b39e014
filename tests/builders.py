"""Terms, ticks and logs that tests are made of."""

from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np

from jobs.adapters.capture import frames, read_capture
from jobs.adapters.strategies import load_strategy
from jobs.adapters.terms import make_term, opening_frames
from models.registry import Registry, open_model, reference
from schemas.config import Config, FeedConfig, read
from schemas.control import Epoch, Term, control_frame
from schemas.frame import Frame, Records, encode, log_tag
from schemas.records import TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import Source
from udfs.channel import Resources
from udfs.pipeline import resources

CAPTURE = Path(__file__).parent / "data" / "binance"
START_NS = 1_723_161_260_000_000_000
LOG_ID = "test"


@cache
def demo() -> Config:
    return read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")


def demo_term(mode: str = "lock-step") -> Term:
    """The demonstration's term, with the installed model, in a log of a fixed name."""
    config = msgspec.structs.replace(demo(), exchange=msgspec.structs.replace(demo().exchange, mode=mode))
    return make_term(config, reference(Registry().find("direction")), LOG_ID)


def demo_resources() -> Resources:
    return resources(partial(open_model, None), load_strategy)


@cache
def captured(channel: int, seconds: int) -> Records:
    """The first seconds of a channel's real ticks."""
    ticks = read_capture(CAPTURE, demo().universe)[channel]
    return ticks[: int(np.searchsorted(ticks["receive_ns"], ticks["receive_ns"][0] + seconds * 1_000_000_000))]


def generated(channel: int, seconds: int, seed: int = 1) -> Records:
    """Random but ugly ticks of a channel: walks, bursts, silence, crossed and one-sided books, clocks that jump."""
    random = np.random.default_rng(seed)
    count = seconds * 40
    ticks = np.zeros(2 * count, TICK)
    own = [one for one in demo().universe.instruments if one.channel == channel]
    walk = np.cumsum(random.integers(-3, 4, count))
    at_ns = START_NS + np.sort(random.integers(0, seconds * 1_000_000_000, count))
    at_ns[at_ns // 1_000_000_000 % 17 == 5] += 3_000_000_000  # silence, then a burst
    at_ns = np.maximum.accumulate(at_ns)
    place = 0
    for event, now_ns in enumerate(at_ns.tolist()):
        one = own[int(random.integers(len(own)))]
        step = one.tick_sizes[0].step
        base = 60_000 * 10**one.price_decimals + int(walk[event]) * step
        place = _event(ticks, place, one.number, base, step, now_ns, random)
    return ticks[:place]


def _event(
    ticks: Records, place: int, number: int, base: int, step: int, now_ns: int, random: np.random.Generator
) -> int:
    """One trade, or one best-quote update of two records."""
    venue_ns = now_ns - int(random.integers(-5, 50)) * 1_000_000
    sizes = random.integers(1, 5_000, 2).tolist()
    if random.random() < 0.3:
        side = int(random.integers(2))
        ticks[place] = (venue_ns, now_ns, base, sizes[0], number, TickKind.TRADE, side, TickFlag.LAST)
        return place + 1
    spread = int(random.integers(-1, 30)) if random.random() < 0.05 else int(random.integers(1, 30))
    gone = 0 if random.random() < 0.01 else sizes[1]
    ticks[place] = (0, now_ns, base - spread * step, sizes[0], number, TickKind.BID, Side.NONE, 0)
    ticks[place + 1] = (0, now_ns, base + spread * step, gone, number, TickKind.ASK, Side.NONE, TickFlag.LAST)
    return place + 2


def log(ticks: Records, term: Term, channel: int, feed: FeedConfig | None = None) -> Iterator[Frame]:
    """A whole log: genesis, term, the feed's epoch and its frames."""
    tag = log_tag(term.log_id)
    yield from opening_frames(term, channel)
    announced = Epoch(source=Source.FEED, epoch=1)
    yield control_frame(announced, channel=channel, source=Source.FEED, epoch=1, sequence=0, log=tag)
    yield from frames(ticks, channel, feed or FeedConfig(), Source.FEED, 1, 1, tag)


def messages(frames_: Iterable[Frame]) -> list[bytes]:
    return [encode(frame) for frame in frames_]


def tick_frame(ticks: Records, channel: int, sequence: int, epoch: int = 1) -> Frame:
    return Frame(Kind.TICKS, channel, Source.FEED, epoch, sequence, ticks, log=log_tag(LOG_ID))
