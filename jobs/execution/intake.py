"""What the gateway reads and writes in Kafka: four topics in, the outbox's topics out."""

import time
from collections import deque
from collections.abc import Mapping

from jobs.adapters.kafka import Message, Producer, Reader
from jobs.execution.pair import Pair
from jobs.execution.watch import Watch
from schemas.errors import PenstockError, SetupError, Unsafe
from schemas.topics import MARKS, ORDERS, PROGRESS, TICKS

__all__ = ["READ", "DeliveryError", "Intake", "Outlet"]

READ = (TICKS.name, ORDERS.name, PROGRESS.name)  # whose messages must not be missed

POLL_S = 0.005
KEEP_S = 1.0  # at most this much of the log is read again after a crash, beside what is worth keeping at once
ROUNDS_MAX = 100
OPENING_S_MAX = 30.0


class DeliveryError(PenstockError):
    """Kafka did not take a frame: the process ends, the outbox keeps the frame for the next one."""


class Outlet:
    """Sends frames in order; what fails ends the process and is no reason to halt: nothing is lost."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer(bootstrap, linger_ms=0)

    def send(self, topic: str, partition: int, value: bytes) -> None:
        try:
            self._producer.send(topic, partition, value)
        except Unsafe as error:
            raise DeliveryError(str(error)) from error

    def flush(self) -> None:
        try:
            self._producer.flush()
        except Unsafe as error:
            raise DeliveryError(str(error)) from error


class Intake:
    """Logs and marks into the watch, orders to the caller. SetupError: broker, topic or log is not there."""

    def __init__(
        self, bootstrap: str, channels: tuple[int, ...], watch: Watch, pair: Pair, offsets: Mapping[int, int]
    ) -> None:
        self._channels, self._watch, self._pair = channels, watch, pair
        self._logs = Reader(bootstrap, TICKS.name, channels, {one: watch.channels[one].offset for one in channels})
        self._marks = Reader(bootstrap, MARKS.name, channels, "end")
        self._progress = _after(bootstrap, channels, {one: pair.channels[one].offset for one in channels})
        self._next = {channel: offsets.get(channel, 0) for channel in channels}
        self._orders = Reader(bootstrap, ORDERS.name, channels, self._next)
        self._held: deque[Message] = deque()
        self._kept = time.monotonic()

    def begin(self) -> None:
        """Read the logs to their ends, and wait until every one has a name and a term."""
        deadline = time.monotonic() + OPENING_S_MAX
        while True:
            self.catch_up()
            missing = [channel for channel, seen in self._watch.channels.items() if not (seen.log_id and seen.term)]
            if not missing:
                return
            if time.monotonic() > deadline:
                raise SetupError(f"the logs of channels {missing} have no GENESIS and TERM: begin them, `penstock run`")

    def catch_up(self) -> None:
        """Read the logs to where they end now."""
        ends = self._logs.high_watermarks()
        while any(self._watch.channels[channel].offset < end for channel, end in ends.items()):
            self._take_logs(self._logs.poll(POLL_S))

    def follow(self) -> bool:
        """Take what has come of logs, marks and progress, without waiting; whether it should be kept now."""
        for _ in range(ROUNDS_MAX):
            logs, marks = self._logs.poll(0), self._marks.poll(0)
            self._take_logs(logs)
            for message in marks:
                self._watch.mark(message.partition, message.value)
            progress = self._progress.poll(0)
            for message in progress:
                seen = self._watch.channels[message.partition]
                self._pair.take(message.partition, message.offset, message.value, seen.log_id, seen.now_ns)
            if not (logs or marks or progress):
                break
        if not self._watch.changed and time.monotonic() < self._kept + KEEP_S:
            return False
        self._kept = time.monotonic()
        return True

    def order(self) -> Message | None:
        """The next message of orders.v1; None when none has come."""
        if not self._held:
            self._held.extend(self._orders.poll(POLL_S))
        if not self._held:
            return None
        message = self._held.popleft()
        self._next[message.partition] = message.offset + 1
        return message

    def reached(self) -> dict[str, dict[int, int]]:
        """The next message of each partition, by topic, of those that must not be missed."""
        return {
            TICKS.name: {channel: seen.offset for channel, seen in self._watch.channels.items()},
            ORDERS.name: dict(self._next),
            PROGRESS.name: {channel: said.offset for channel, said in self._pair.channels.items()},
        }

    def is_drained(self) -> bool:
        """Whether every order that is in its topic now has been handed out."""
        return all(self._next[channel] >= end for channel, end in self._orders.high_watermarks().items())

    def close(self) -> None:
        for reader in (self._logs, self._marks, self._progress, self._orders):
            reader.close()

    def _take_logs(self, messages: list[Message]) -> None:
        for message in messages:
            self._watch.log(message.partition, message.offset, message.value)


def _after(bootstrap: str, channels: tuple[int, ...], wanted: Mapping[int, int]) -> Reader:
    """progress.v1 from where it was left; what its retention has cut off since cannot be compared any more."""
    reader = Reader(bootstrap, PROGRESS.name, channels, "beginning")
    try:
        marks = {channel: reader.watermarks(channel) for channel in channels}
    finally:
        reader.close()
    starts = {channel: min(max(low, wanted[channel]), high) for channel, (low, high) in marks.items()}
    return Reader(bootstrap, PROGRESS.name, channels, starts)
