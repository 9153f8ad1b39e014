"""A writer of frames: finds where its source stopped in a channel's log, announces a new epoch, goes on from there."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Message, Producer, Reader
from schemas.control import Control, Epoch, Genesis, control_frame, read_control
from schemas.errors import BadFrame, Unsafe
from schemas.frame import Frame, Records, decode, encode, log_tag
from schemas.records import Kind

_BLOCK = 1000  # messages of the first step backwards; each further step is twice as long
_GENESIS_WITHIN = 100  # messages from the start of a log


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a source stopped: its last announced epoch (0 = none) and the number of its next record."""

    epoch: int
    sequence: int
    end: int  # offset up to which the log was read


class Writer:
    """Writes records of one source into one channel's partition, numbered without holes over all its runs.

    A frame of a lower epoch, or of one that was never announced, does not count: readers refuse it. Raises Unsafe
    when another writer of the same source announces the same epoch.
    """

    def __init__(self, producer: Producer, bootstrap: str, topic: str, channel: int, source: int) -> None:
        self._producer, self._topic, self._channel, self._source = producer, topic, channel, source
        reader = Reader(bootstrap, topic, [channel], "beginning")
        try:
            self.log = find_log(reader, channel)
            tail = find_tail(reader, channel, source, self.log)
            self.epoch, self.sequence = tail.epoch + 1, tail.sequence
            self.written = tail.sequence - tail.epoch  # data records in the log: every announcement took one number
            self._announce(reader, tail)
        finally:
            reader.close()

    def write(self, kind: int, records: Records) -> None:
        """Send records in one frame, stamped with the wall clock; the numbers follow the last frame's."""
        self.send(self.encode(kind, records))

    def encode(self, kind: int, records: Records) -> bytes:
        """The message that carries records; whoever takes it must send it, for its numbers are used."""
        frame = Frame(kind, self._channel, self._source, self.epoch, self.sequence, records, wall_ns(), log=self.log)
        self.sequence += len(records)
        self.written += len(records)
        return encode(frame)

    def send(self, message: bytes) -> None:
        """Send a message as it is."""
        self._producer.send(self._topic, self._channel, message)

    def control(self, control: Control) -> None:
        """Send a control."""
        frame = self._frame(control)
        self._send(frame)
        self.written += len(frame)

    def _announce(self, reader: Reader, tail: Tail) -> None:
        announcement = self._frame(Epoch(source=self._source, epoch=self.epoch))
        self._send(announcement)
        self._producer.flush()
        high = reader.watermarks(self._channel)[1]
        for frame in _frames(reader.range(self._channel, tail.end, high)):
            if not _announces(frame, self._source, self.epoch):
                continue
            if frame.publish_ns != announcement.publish_ns:
                raise Unsafe(f"{self._topic}[{self._channel}]: source {self._source} is written by another process too")
            return
        raise Unsafe(f"{self._topic}[{self._channel}]: the announcement of epoch {self.epoch} is not in the log")

    def _frame(self, control: Control) -> Frame:
        return control_frame(
            control,
            channel=self._channel,
            source=self._source,
            epoch=self.epoch,
            sequence=self.sequence,
            publish_ns=wall_ns(),
            log=self.log,
        )

    def _send(self, frame: Frame) -> None:
        self.send(encode(frame))
        self.sequence = frame.sequence + len(frame)


def find_log(reader: Reader, channel: int) -> int:
    """The tag of the GENESIS near the start of a channel's log; 0 when there is none yet."""
    low, high = reader.watermarks(channel)
    for frame in _frames(reader.range(channel, low, min(high, low + _GENESIS_WITHIN))):
        if frame.kind == Kind.CONTROL and isinstance(control := _control(frame), Genesis):
            return log_tag(control.log_id)
    return 0


def find_tail(reader: Reader, channel: int, source: int, log: int) -> Tail:
    """Where a source stopped, read backwards to the announcement of its last epoch."""
    low, end = reader.watermarks(channel)
    next_of: dict[int, int] = {}  # by epoch
    begin, step = end, _BLOCK
    while begin > low:
        upper, begin = begin, max(low, begin - step)
        announced = 0
        for frame in _frames(reader.range(channel, begin, upper)):
            if frame.source != source or frame.log not in (log, 0):
                continue
            next_of[frame.epoch] = max(next_of.get(frame.epoch, 0), frame.sequence + len(frame))
            if _announces(frame, source):
                announced = max(announced, frame.epoch)
        if announced:
            return Tail(announced, next_of[announced], end)
        step *= 2
    return Tail(0, 0, end)


def _announces(frame: Frame, source: int, epoch: int | None = None) -> bool:
    if frame.kind != Kind.CONTROL or frame.source != source or epoch not in (None, frame.epoch):
        return False
    control = _control(frame)
    return isinstance(control, Epoch) and control.source == source and control.epoch == frame.epoch


def _control(frame: Frame) -> Control | None:
    try:
        return read_control(frame)
    except BadFrame:
        return None


def _frames(messages: Iterator[Message]) -> Iterator[Frame]:
    """The frames in messages; what is none is left to the reader that quarantines it."""
    for message in messages:
        try:
            yield decode(message.value)
        except BadFrame:
            continue
