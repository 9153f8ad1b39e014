"""A folder of captured messages as the ticks of its channels, and ticks as the frames that a feed writes."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from jobs.adapters.binance import VENUES, parse
from jobs.adapters.events import Refused
from jobs.adapters.merge import merge
from schemas.config import FeedConfig
from schemas.errors import DataError
from schemas.frame import COUNT_MAX, Frame, Records
from schemas.instrument import Instrument, Universe
from schemas.records import NO_INSTRUMENT, PREPROCESSED, TICK, Kind, Side, TickFlag, TickKind
from udfs.market.quality import AHEAD_NS_MAX

DAY_NS = 24 * 3600 * 1_000_000_000


class Capture(dict[int, Records]):
    """Ticks by channel; beside them what was refused, and the parser's counts by (venue, symbol)."""

    def __init__(
        self,
        ticks: Mapping[int, Records],
        refused: Iterable[Refused] = (),
        counts: Mapping[tuple[str, str], Counter[str]] | None = None,
    ) -> None:
        super().__init__(ticks)
        self.refused = tuple(refused)
        self.counts = dict(counts or {})


def read_capture(folder: Path, universe: Universe) -> Capture:
    """The ticks of each channel of the universe from `folder/MARKET/SYMBOL_DATE.gz`, MARKET being `spot` or `usdm`.

    Files of instruments that are not in the universe are left alone. Raises DataError when the universe names an
    instrument without a file, and when a file cannot be read.
    """
    streams, counts = {}, {}
    refused: list[Refused] = []
    for instrument in universe.instruments:
        parsed = parse(instrument, [(str(path), _lines(path)) for path in _files(folder, instrument)])
        streams[instrument.number] = parsed.ticks
        counts[instrument.venue, instrument.symbol] = parsed.counts
        refused += parsed.refused
    return Capture(merge(universe, streams), refused, counts)


def _files(folder: Path, instrument: Instrument) -> list[Path]:
    if instrument.venue not in VENUES:
        raise DataError(f"a capture holds {', '.join(VENUES)}; {instrument.venue} {instrument.symbol} is not of these")
    pattern = f"{instrument.venue.removeprefix('binance-')}/{instrument.symbol.lower()}_*.gz"
    if not (files := sorted(folder.glob(pattern))):
        raise DataError(f"{folder} has no file {pattern} for {instrument.venue} {instrument.symbol}")
    return files


def _lines(path: Path) -> list[bytes]:
    try:
        if lines := gzip.decompress(path.read_bytes()).splitlines():
            return lines
        raise DataError(f"{path} is empty")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def frames(
    ticks: Records, channel: int, feed: FeedConfig, source: int, epoch: int, sequence: int, log: int = 0
) -> Iterator[Frame]:
    """The log that a feed makes of a channel's ticks, or of a block's records, numbered from `sequence`; pure.

    A frame ends at `frame_ticks_max` records, before a tick received `frame_wait_us_max` after its first, and at each
    heartbeat: one frame with one record at each multiple of `heartbeat_ns` after the first tick, before the ticks of
    that time or later; a last one follows the last tick. Raises DataError where receive time jumps ahead further than a
    channel takes (quality's `AHEAD_NS_MAX`): the silence would be filled with millions of heartbeats.
    """
    if not len(ticks):
        return
    cuts = _cuts(
        ticks["receive_ns"], min(feed.frame_ticks_max, COUNT_MAX), feed.frame_wait_us_max * 1000, feed.heartbeat_ns
    )
    kind = Kind.PREPROCESSED if ticks.dtype == PREPROCESSED else Kind.TICKS
    beat = int(ticks["receive_ns"][0]) // feed.heartbeat_ns
    for begin, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        now = int(ticks["receive_ns"][begin]) // feed.heartbeat_ns
        if (now - beat) * feed.heartbeat_ns > AHEAD_NS_MAX:
            days = (now - beat) * feed.heartbeat_ns // DAY_NS
            raise DataError(
                f"channel {channel}: receive time jumps ahead by {days} days at tick {begin}: mend the data"
            )
        while beat < now:
            beat += 1
            yield Frame(Kind.HEARTBEAT, channel, source, epoch, sequence, _heartbeat(beat * feed.heartbeat_ns), log=log)
            sequence += 1
        yield Frame(kind, channel, source, epoch, sequence, ticks[begin:end], log=log)
        sequence += end - begin
    yield Frame(Kind.HEARTBEAT, channel, source, epoch, sequence, _heartbeat((beat + 1) * feed.heartbeat_ns), log=log)


def _heartbeat(receive_ns: int) -> Records:
    return np.array([(0, receive_ns, 0, 0, NO_INSTRUMENT, TickKind.HEARTBEAT, Side.NONE, TickFlag.LAST)], TICK)


@njit(cache=True)
def _cuts(receive_ns: npt.NDArray[np.int64], ticks_max: int, wait_ns: int, heartbeat_ns: int) -> npt.NDArray[np.int64]:
    """The first tick of each frame, and the number of ticks."""
    cuts = np.zeros(len(receive_ns) + 1, np.int64)
    count, first = 1, 0
    for place in range(1, len(receive_ns)):
        is_full = place - first >= ticks_max or receive_ns[place] - receive_ns[first] >= wait_ns
        if is_full or receive_ns[place] // heartbeat_ns != receive_ns[first] // heartbeat_ns:
            cuts[count] = first = place
            count += 1
    cuts[count] = len(receive_ns)
    return cuts[: count + 1]
