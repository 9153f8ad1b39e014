"""What the gateway has itself seen: terms and halts in the channels' logs, best quotes and time in marks.v1."""

from collections.abc import Mapping

import msgspec
import numpy as np

from schemas.config import Limits
from schemas.control import Epoch, Genesis, Halt, NewLimits, Resume, Term, read_control
from schemas.errors import BadFrame, Unsafe
from schemas.frame import Frame, Records, decode, log_tag
from schemas.instrument import Universe
from schemas.records import MARK, Kind
from schemas.topics import SOURCES_MAX, Source
from schemas.trading import ExchangeMode
from udfs.admission import ALLOWED, SPEAKERS
from udfs.market.quality import AHEAD_NS_MAX, VALUE_END

__all__ = ["Seen", "Watch"]

_KIND_AT = 3  # of a frame's header; ticks are not decoded here
_OF_MARKET = (Kind.TICKS, Kind.PREPROCESSED)


class Writer(msgspec.Struct):
    """The last announced epoch of a source, and the number of its next record."""

    epoch: int = 0
    sequence: int = 0


class Seen(msgspec.Struct, kw_only=True):
    """What was read of one channel's log, up to `offset`."""

    offset: int = 0
    log_id: str = ""
    term: int = 0
    modes: dict[int, ExchangeMode] = {}  # by term
    halted: bool = False
    limits: Limits | None = None  # of the last LIMITS control of the term
    now_ns: int = 0
    writers: list[Writer] = []


class Watch:
    """Follows logs and marks by the rules of the channel itself: repeats and ended epochs do not count."""

    def __init__(self, universe: Universe, kept: Mapping[int, bytes]) -> None:
        self._universe = universe
        self.channels = {channel: _fresh(kept.get(channel)) for channel in universe.channels}
        self.marks = np.zeros(len(universe.instruments), MARK)
        self.changed = False  # since the last `dump`: something that is worth keeping at once
        self.refused = 0  # messages that are no frames of ours

    def log(self, channel: int, offset: int, data: bytes) -> Frame | None:
        """Take a message of the channel's log; the frame when it is a control or reports, and counts."""
        seen = self.channels[channel]
        seen.offset = offset + 1
        if len(data) > _KIND_AT and data[_KIND_AT] in _OF_MARKET:
            return None
        try:
            frame = decode(data)
            if frame.channel == channel and frame.source < SOURCES_MAX and self._take(seen, frame):
                return frame
        except BadFrame:
            self.refused += 1
        return None

    def mark(self, channel: int, data: bytes) -> None:
        """Take a message of marks.v1; a mark of an older time than the one that is known does not count."""
        seen = self.channels[channel]
        try:
            frame = decode(data)
        except BadFrame:
            self.refused += 1
            return
        if frame.kind == Kind.CONTROL:
            return  # the feed announces itself here, too
        if (frame.kind, frame.channel) != (Kind.MARKS, channel) or frame.log not in (0, log_tag(seen.log_id)):
            self.refused += 1
            return
        for mark in frame.records:
            number = int(mark["instrument"])
            if number >= len(self.marks) or not self._advance(seen, int(mark["receive_ns"])):
                self.refused += 1
            elif mark["receive_ns"] >= self.marks[number]["receive_ns"]:
                self.marks[number] = mark

    def quote(self, instrument: int) -> Records:
        """The last MARK record (0-d) of an instrument; zeros when there is none."""
        return self.marks[instrument]

    def log_ids(self) -> dict[int, str]:
        return {channel: seen.log_id for channel, seen in self.channels.items()}

    def dump(self) -> dict[int, bytes]:
        self.changed = False
        return {channel: msgspec.json.encode(seen) for channel, seen in self.channels.items()}

    def _advance(self, seen: Seen, at_ns: int) -> bool:
        """Bring the channel's time forward; False for a time that cannot be, as in the channel itself."""
        if not 0 < at_ns < VALUE_END or (seen.now_ns and at_ns - seen.now_ns > AHEAD_NS_MAX):
            return False
        seen.now_ns = max(seen.now_ns, at_ns)
        return True

    def _take(self, seen: Seen, frame: Frame) -> bool:
        if seen.log_id and frame.log != log_tag(seen.log_id):
            raise Unsafe(f"ticks.v1[{frame.channel}] holds frames of another log than {seen.log_id}: made again?")
        if frame.source not in ALLOWED.get(Kind(frame.kind), ()):
            return False
        if frame.source == Source.FEED:  # its ticks are passed over here, so its numbers cannot be followed
            if frame.kind == Kind.HEARTBEAT:
                self._advance(seen, int(frame.records["receive_ns"].max()))
            return False
        control = read_control(frame) if frame.kind == Kind.CONTROL else None
        writer = seen.writers[frame.source]
        announced = isinstance(control, Epoch) and (control.source, control.epoch) == (frame.source, frame.epoch)
        end = frame.sequence + len(frame)
        if frame.epoch < writer.epoch or end <= writer.sequence or (frame.epoch > writer.epoch and not announced):
            return False
        if frame.sequence > writer.sequence:
            raise Unsafe(
                f"ticks.v1[{frame.channel}]: records of {Source(frame.source).name} are missing before {frame}"
            )
        writer.epoch, writer.sequence = frame.epoch, end
        self.changed = True
        if control is not None and frame.source not in SPEAKERS[type(control)]:
            return False
        if isinstance(control, Genesis):
            seen.log_id = control.log_id
        elif isinstance(control, Term):
            seen.term, seen.modes[control.number] = control.number, control.exchange.mode
            seen.limits = None
        elif isinstance(control, Halt | Resume):
            seen.halted = isinstance(control, Halt)
        elif isinstance(control, NewLimits):
            seen.limits = control.limits
        return True


def _fresh(kept: bytes | None) -> Seen:
    if kept is not None:
        return msgspec.json.decode(kept, type=Seen)
    return Seen(modes={}, writers=[Writer() for _ in range(SOURCES_MAX)])
