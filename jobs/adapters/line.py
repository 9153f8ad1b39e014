"""One channel's side of a feed: its writer, its marks, and the faults among its messages."""

from collections.abc import Iterator, Sequence

import numpy as np

from jobs.adapters.capture import frames
from jobs.adapters.clock import wall_ns
from jobs.adapters.events import Refused
from jobs.adapters.faults import Injector
from jobs.adapters.kafka import Producer
from jobs.adapters.marks import Conflator
from jobs.adapters.writer import Writer
from schemas.config import Config
from schemas.errors import SetupError
from schemas.frame import Frame, Records, cut, encode
from schemas.instrument import Universe
from schemas.records import CLOCK, Kind, ticks_of
from schemas.topics import MARKS, QUARANTINE, STAMPS, TICKS, Source


class Line:
    """Writes the records that a channel's log does not hold yet; `fault_seed` puts faults among them."""

    def __init__(
        self, producer: Producer, bootstrap: str, config: Config, channel: int, fault_seed: int | None
    ) -> None:
        self._writer = Writer(producer, bootstrap, TICKS.name, channel, Source.FEED)
        self._producer, self._config, self._channel = producer, config, channel
        self._conflator, self._marks = Conflator(len(config.universe.instruments)), 0
        if fault_seed is not None and self.written:
            raise SetupError(f"channel {channel} holds records of a feed already: faults go into a fresh log only")
        self._injector = None if fault_seed is None else Injector(config.universe, channel, fault_seed)

    @property
    def written(self) -> int:
        """Records of this source in the log, of all its runs."""
        return self._writer.written

    def rest(self, ticks: Records) -> Iterator[Frame]:
        """The frames of the channel's ticks behind what the log holds; numbers and epoch are the writer's affair."""
        done = self.written
        for frame in frames(ticks, self._channel, self._config.feed, Source.FEED, 0, 0):
            if done < len(frame):
                yield cut(frame, done)[1] if done else frame
            done = max(done - len(frame), 0)

    def tell_clock(self, first_ns: int, start_ns: int, pace: float) -> None:
        """Say, for the latency ledger, when each record of this run is due: `schemas.records.CLOCK`."""
        told = np.array([(first_ns, start_ns, pace)], CLOCK)
        epoch, log = self._writer.epoch, self._writer.log
        frame = Frame(Kind.CLOCK, self._channel, Source.FEED, epoch, 0, told, wall_ns(), log=log)
        self._producer.send(STAMPS.name, self._channel, encode(frame))

    def write(self, frame: Frame) -> None:
        """Send a frame's records, and the marks that they make due."""
        message = self._writer.encode(frame.kind, frame.records)
        for one in self._injector.around(message) if self._injector else (message,):
            self._writer.send(one)
        if len(marks := self._conflator.step(ticks_of(frame.records))):
            epoch, log = self._writer.epoch, self._writer.log
            told = Frame(Kind.MARKS, self._channel, Source.FEED, epoch, self._marks, marks, wall_ns(), log=log)
            self._producer.send(MARKS.name, self._channel, encode(told))
            self._marks += len(marks)


def write_refused(producer: Producer, bootstrap: str, universe: Universe, refused: Sequence[Refused]) -> None:
    """Tell of every message that the parser refused, once over all runs of the feed."""
    for channel in universe.channels:
        own = [one for one in refused if universe.instruments[one.instrument].channel == channel]
        if not own:
            continue
        writer = Writer(producer, bootstrap, QUARANTINE.name, channel, Source.FEED)
        for one in own[writer.written :]:
            writer.write(Kind.QUARANTINE, one.document(writer.epoch, writer.sequence))
